/** Which pods a pod runs beside, and how they spread. Source: k8s.io/kubernetes/pkg/apis/core/validation, validatePodAffinity, validateTopologySpreadConstraints. */
import { isRecord, records } from '../../kube/object.ts'
import type { LabelSelector } from '../../kube/selector.ts'
import { duplicate, forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems, qualifiedNameProblems } from '../../kube/syntax.ts'
import { oneOf, spelled } from './causes.ts'
import { labelSelectorCauses } from './label-selector.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>

const weightMax = 100

export const weightCauses = (field: string, weight: unknown): Cause[] =>
  typeof weight === 'number' && weight >= 1 && weight <= weightMax
    ? []
    : [invalidValue(field, weight ?? 0, `must be in the range 1-${weightMax}`)]

export function podAffinityCauses(affinity: unknown, at: string): Cause[] {
  if (!isRecord(affinity)) return []
  const [must, should] = [
    'requiredDuringSchedulingIgnoredDuringExecution',
    'preferredDuringSchedulingIgnoredDuringExecution',
  ] as const
  return [
    ...records(affinity[must]).flatMap((term, index) => termCauses(term, `${at}.${must}[${index}]`)),
    ...records(affinity[should]).flatMap(({ weight, podAffinityTerm }, index) => {
      const path = `${at}.${should}[${index}]`
      return [
        ...weightCauses(`${path}.weight`, weight),
        ...termCauses(isRecord(podAffinityTerm) ? podAffinityTerm : {}, `${path}.podAffinityTerm`),
      ]
    }),
  ]
}

function termCauses(term: Json, at: string): Cause[] {
  const { labelSelector, namespaceSelector, namespaces, topologyKey = '' } = term
  const names = Array.isArray(namespaces) ? (namespaces as string[]) : []
  return [
    ...labelSelectorCauses(`${at}.labelSelector`, labelSelector as LabelSelector | undefined),
    ...labelSelectorCauses(`${at}.namespaceSelector`, namespaceSelector as LabelSelector | undefined),
    ...names.flatMap((name) => spelled(`${at}.namespace`, name, labelProblems)),
    ...labelKeysCauses(term, at),
    ...(topologyKey === '' ? [required(`${at}.topologyKey`, 'can not be empty')] : []),
    ...spelled(`${at}.topologyKey`, topologyKey as string, qualifiedNameProblems),
  ]
}

const actions = ['DoNotSchedule', 'ScheduleAnyway']
const policies = ['Honor', 'Ignore']

export const spreadCauses = (constraints: readonly Json[], at: string): Cause[] =>
  constraints.flatMap((constraint, index) => {
    const path = `${at}[${index}]`
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', labelSelector } = constraint
    const positive = (name: string, value: unknown): Cause[] =>
      (value as number) > 0 ? [] : [invalidValue(`${path}.${name}`, value, 'must be greater than zero')]
    const again = constraints
      .slice(index + 1)
      .some((other) => other['topologyKey'] === topologyKey && other['whenUnsatisfiable'] === whenUnsatisfiable)
    return [
      ...positive('maxSkew', maxSkew),
      ...(topologyKey === '' ? [required(`${path}.topologyKey`, 'can not be empty')] : []),
      ...oneOf(`${path}.whenUnsatisfiable`, whenUnsatisfiable, actions),
      ...(again
        ? [
            duplicate(
              `${path}.{topologyKey, whenUnsatisfiable}`,
              `{${String(topologyKey)}, ${String(whenUnsatisfiable)}}`,
            ),
          ]
        : []),
      ...domainCauses(constraint, `${path}.minDomains`),
      ...['nodeAffinityPolicy', 'nodeTaintsPolicy'].flatMap((name) =>
        constraint[name] === undefined ? [] : oneOf(`${path}.${name}`, constraint[name], policies),
      ),
      ...labelKeysCauses({ ...constraint, mismatchLabelKeys: [] }, path),
      ...labelSelectorCauses(`${path}.labelSelector`, labelSelector as LabelSelector | undefined),
    ]
  })

const keyLists = ['matchLabelKeys', 'mismatchLabelKeys'] as const
const keysOf = (constraint: Json, list: (typeof keyLists)[number]): readonly string[] =>
  Array.isArray(constraint[list]) ? (constraint[list] as string[]) : []

/** Labels by whose values pods are told apart. Source: ValidateMatchLabelKeysAndMismatchLabelKeys. */
function labelKeysCauses(constraint: Json, at: string): Cause[] {
  const selector = constraint['labelSelector'] as LabelSelector | undefined
  const matching = keysOf(constraint, 'matchLabelKeys')
  const selected = Object.keys(selector?.matchLabels ?? {})
  return [
    ...keyLists.flatMap((list) => {
      const keys = keysOf(constraint, list)
      if (keys.length === 0) return []
      if (selector === undefined)
        return [forbiddenValue(`${at}.${list}`, 'must not be specified when labelSelector is not set')]
      return keys.flatMap((key, index) => spelled(`${at}.${list}[${index}]`, key, qualifiedNameProblems))
    }),
    ...(selector?.matchExpressions ?? []).flatMap(({ key }) => {
      const again = selected.includes(key) && matching.includes(key)
      selected.push(key)
      return again
        ? [invalidValue(`${at}[${matching.lastIndexOf(key)}]`, key, 'exists in both matchLabelKeys and labelSelector')]
        : []
    }),
    ...matching.flatMap((key, index) =>
      keysOf(constraint, 'mismatchLabelKeys').includes(key)
        ? [invalidValue(`${at}.matchLabelKeys[${index}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys')]
        : [],
    ),
  ]
}

function domainCauses({ minDomains, whenUnsatisfiable = '' }: Json, field: string): Cause[] {
  if (minDomains === undefined) return []
  return [
    ...((minDomains as number) > 0 ? [] : [invalidValue(field, minDomains, 'must be greater than zero')]),
    ...(whenUnsatisfiable === 'DoNotSchedule'
      ? []
      : [
          invalidValue(
            field,
            minDomains,
            `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${String(whenUnsatisfiable)}`,
          ),
        ]),
  ]
}
