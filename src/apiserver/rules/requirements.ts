/** What a container asks for and may have. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateContainerResourceRequirements. */
import { isRecord } from '../../kube/object.ts'
import { canonicalQuantity, parseQuantity } from '../../kube/quantity.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { containerResourceNameCauses, isOvercommitAllowed, resourceValueCauses } from './resources.ts'

type Cause = Required<StatusCause>
type Amounts = Readonly<Record<string, string>>

export function requirementCauses(resources: unknown, at: string): Cause[] {
  const amounts = (name: string): Amounts => {
    const given = isRecord(resources) ? resources[name] : undefined
    return isRecord(given) ? (given as Amounts) : {}
  }
  const [limits, requests] = [amounts('limits'), amounts('requests')]
  const named = (list: string, name: string, amount: string): Cause[] => [
    ...containerResourceNameCauses(`${at}.${list}[${name}]`, name),
    ...resourceValueCauses(`${at}.${list}[${name}]`, name, amount),
  ]
  return [
    ...Object.entries(limits).flatMap(([name, amount]) => named('limits', name, amount)),
    ...Object.entries(requests).flatMap(([name, amount]) => [
      ...named('requests', name, amount),
      ...limitCauses(name, amount, limits[name], at),
    ]),
  ]
}

/** No more than the limit, and just that of what is not shared out twice. */
function limitCauses(name: string, amount: string, limit: string | undefined, at: string): Cause[] {
  const shared = isOvercommitAllowed(name)
  if (limit === undefined)
    return shared ? [] : [required(`${at}.limits`, 'Limit must be set for non overcommitable resources')]
  const [asked, most] = [parseQuantity(amount) ?? 0, parseQuantity(limit) ?? 0]
  const wrong = (what: string): Cause[] => [
    invalidValue(
      `${at}.requests`,
      canonicalQuantity(amount),
      `must be ${what} to ${name} limit of ${canonicalQuantity(limit)}`,
    ),
  ]
  if (!shared && asked !== most) return wrong('equal')
  return asked > most ? wrong('less than or equal') : []
}
