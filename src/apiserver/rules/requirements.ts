/** What a container asks for and may have. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateContainerResourceRequirements. */
import { isRecord } from '../../kube/object.ts'
import { canonicalQuantity, parseQuantity } from '../../kube/quantity.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { containerResourceNameCauses, isOvercommitAllowed, resourceValueCauses } from './resources.ts'
import type { Amounts } from './amounts.ts'
import { isHugePages } from './pod-amounts.ts'

type Cause = Required<StatusCause>

/** `nameCauses` says what has no place there. */
export function requirementCauses(
  resources: unknown,
  at: string,
  nameCauses: typeof containerResourceNameCauses = containerResourceNameCauses,
): Cause[] {
  const amounts = (name: string): Amounts => {
    const given = isRecord(resources) ? resources[name] : undefined
    return isRecord(given) ? (given as Amounts) : {}
  }
  const [limits, requests] = [amounts('limits'), amounts('requests')]
  const named = (list: string, name: string, amount: string): Cause[] => [
    ...nameCauses(`${at}.${list}[${name}]`, name),
    ...resourceValueCauses(`${at}.${list}[${name}]`, name, amount),
    ...pageCauses(`${at}.${list}[${name}]`, name, amount),
  ]
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  const lonely = names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')
  return [
    ...Object.entries(limits).flatMap(([name, amount]) => named('limits', name, amount)),
    ...Object.entries(requests).flatMap(([name, amount]) => [
      ...named('requests', name, amount),
      ...limitCauses(name, amount, limits[name], at),
    ]),
    ...(lonely ? [forbiddenValue(at, 'HugePages require cpu or memory')] : []),
  ]
}

/** Pages are had whole. */
function pageCauses(field: string, name: string, amount: string): Cause[] {
  if (!isHugePages(name)) return []
  const [size = 0, wanted = 0] = [name.slice('hugepages-'.length), amount].map(parseQuantity)
  if (size > 0 && wanted % size === 0) return []
  const text = canonicalQuantity(amount)
  return [invalidValue(field, text, `${text} is not positive integer multiple of ${name}`)]
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
