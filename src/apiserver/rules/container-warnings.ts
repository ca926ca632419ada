/** What is odd in a container, and allowed. Source: k8s.io/kubernetes/pkg/api/pod/warnings.go. */
import { isRecord, records } from '../../kube/object.ts'
import { canonicalQuantity, parseQuantity } from '../../kube/quantity.ts'

type Json = Record<string, unknown>

export function containerWarnings({ env, resources }: Json, at: string): string[] {
  const amounts = (list: string): Json => (isRecord(resources) && isRecord(resources[list]) ? resources[list] : {})
  return [
    ...['memory', 'ephemeral-storage'].flatMap((name) =>
      ['limits', 'requests'].flatMap((list) =>
        fractionWarnings(amounts(list)[name], `${at}.resources.${list}[${name}]`),
      ),
    ),
    ...variableWarnings(records(env), `${at}.env`),
  ]
}

/** One that names its earlier value goes on from there. */
function variableWarnings(variables: readonly Json[], at: string): string[] {
  return variables.flatMap(({ name, value = '', valueFrom }, index) => {
    const isFirst = variables.slice(0, index).every((other) => other['name'] !== name)
    const reference = `$(${String(name)})`
    const goesOn = valueFrom === undefined && value !== reference && String(value).includes(reference)
    return isFirst || goesOn
      ? []
      : [`${at}[${index}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`]
  })
}

/** There is no half of a byte. */
export const fractionWarnings = (amount: unknown, path: string): string[] =>
  typeof amount === 'string' && !Number.isInteger(parseQuantity(amount) ?? 0)
    ? [`${path}: fractional byte value ${JSON.stringify(canonicalQuantity(amount))} is invalid, must be an integer`]
    : []

/** Of a claim. Source: pkg/api/persistentvolumeclaim/util.go. */
export const claimWarnings = (spec: unknown, at: string): string[] =>
  ['requests', 'limits'].flatMap((list) => {
    const resources = isRecord(spec) && isRecord(spec['resources']) ? spec['resources'] : {}
    const amounts = isRecord(resources[list]) ? resources[list] : {}
    return fractionWarnings(amounts['storage'], `${at}.resources.${list}[storage]`)
  })
