/** Where a pod may run. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateTolerations, validateAffinity. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { labelValueProblems, qualifiedNameProblems, subdomainProblems } from '../../kube/syntax.ts'
import { oneOf, spelled } from './causes.ts'
import { selectorOperatorCauses } from './label-selector.ts'
import { podAffinityCauses, weightCauses } from './pod-affinity.ts'

type Cause = Required<StatusCause>

/** What a taint does, and what a toleration bears. */
export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

export interface Toleration {
  readonly key?: string
  readonly operator?: string
  readonly value?: string
  readonly effect?: string
  readonly tolerationSeconds?: number
}

export function tolerationCauses(tolerations: readonly Toleration[], at: string): Cause[] {
  return tolerations.flatMap(({ key = '', operator = '', value = '', effect = '', tolerationSeconds }, index) => {
    const path = `${at}[${index}]`
    const causes = key === '' ? [] : spelled(`${path}.key`, key, qualifiedNameProblems)
    if (key === '' && operator !== 'Exists')
      causes.push(
        invalidValue(
          `${path}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      causes.push(invalidValue(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if (operator === '' || operator === 'Equal') {
      const problems = labelValueProblems(value)
      if (problems.length > 0) causes.push(invalidValue(`${path}.operator`, value, problems.join(';')))
    } else if (operator === 'Exists') {
      if (value !== '')
        causes.push(invalidValue(`${path}.operator`, value, "value must be empty when `operator` is 'Exists'"))
    } else causes.push(notSupported(`${path}.operator`, operator, operatorsBeside(operator)))
    if (effect !== '') causes.push(...oneOf(`${path}.effect`, effect, taintEffects))
    return causes
  })
}

/** Comparisons are behind a gate that is shut by default; who asks for one is told of both. */
const operatorsBeside = (operator: string): string[] => [
  'Equal',
  'Exists',
  ...(operator === 'Lt' || operator === 'Gt' ? ['Lt', 'Gt'] : []),
]

export function affinityCauses(affinity: unknown, at: string): Cause[] {
  if (!isRecord(affinity)) return []
  const node = isRecord(affinity['nodeAffinity']) ? affinity['nodeAffinity'] : {}
  const [must, should] = [
    'requiredDuringSchedulingIgnoredDuringExecution',
    'preferredDuringSchedulingIgnoredDuringExecution',
  ] as const
  const { [must]: demand, [should]: wishes } = node
  return [
    ...(isRecord(demand) ? nodeSelectorCauses(`${at}.nodeAffinity.${must}`, demand) : []),
    ...(Array.isArray(wishes) ? wishes : []).flatMap(({ weight, preference = {} }: Wish, index) => {
      const path = `${at}.nodeAffinity.${should}[${index}]`
      return [...weightCauses(`${path}.weight`, weight), ...termCauses(`${path}.preference`, preference)]
    }),
    ...['podAffinity', 'podAntiAffinity'].flatMap((name) => podAffinityCauses(affinity[name], `${at}.${name}`)),
  ]
}

interface Wish {
  readonly weight?: number
  readonly preference?: NodeSelectorTerm
}

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[]
}

interface NodeSelectorTerm {
  readonly matchExpressions?: readonly Requirement[]
  readonly matchFields?: readonly Requirement[]
}

/** Source: ValidateNodeSelector. */
export function nodeSelectorCauses(
  at: string,
  { nodeSelectorTerms }: { readonly nodeSelectorTerms?: readonly NodeSelectorTerm[] | null },
): Cause[] {
  const terms = nodeSelectorTerms ?? []
  const path = `${at}.nodeSelectorTerms`
  return terms.length === 0
    ? [required(path, 'must have at least one node selector term')]
    : terms.flatMap((term, index) => termCauses(`${path}[${index}]`, term))
}

const termCauses = (at: string, { matchExpressions = [], matchFields = [] }: NodeSelectorTerm): Cause[] => [
  ...matchExpressions.flatMap((each, n) => expressionCauses(`${at}.matchExpressions[${n}]`, each)),
  ...matchFields.flatMap((each, n) => fieldCauses(`${at}.matchFields[${n}]`, each)),
]

function expressionCauses(at: string, { key, operator, values = [] }: Requirement): Cause[] {
  return [
    ...operatorCauses(at, operator, values),
    ...spelled(`${at}.key`, key, qualifiedNameProblems),
    ...values.flatMap((value, index) => spelled(`${at}.values[${index}]`, value, labelValueProblems)),
  ]
}

function operatorCauses(at: string, operator: string, values: readonly string[]): Cause[] {
  if (operator === 'Gt' || operator === 'Lt')
    return values.length === 1
      ? []
      : [required(`${at}.values`, "must be specified single value when `operator` is 'Lt' or 'Gt'")]
  return selectorOperatorCauses(at, operator, values)
}

function fieldCauses(at: string, { key, operator, values = [] }: Requirement): Cause[] {
  return [
    ...(operator !== 'In' && operator !== 'NotIn'
      ? [invalidValue(`${at}.operator`, operator, 'not a valid selector operator')]
      : values.length === 1
        ? []
        : [
            required(
              `${at}.values`,
              "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
            ),
          ]),
    ...(key === 'metadata.name'
      ? values.flatMap((value, index) => spelled(`${at}.values[${index}]`, value, subdomainProblems))
      : [invalidValue(`${at}.key`, key, 'not a valid field selector key')]),
  ]
}
