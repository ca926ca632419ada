/** When a job has failed, and when it has done enough. Source: k8s.io/kubernetes/pkg/apis/batch/validation. */
import {
  duplicate,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
  type StatusCause,
} from '../../kube/status.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'
import { oneOf, spelled, wrong } from './causes.ts'
import { nonNegative } from './numbers.ts'

type Cause = Required<StatusCause>

export interface FailureRule {
  readonly action?: string
  readonly onExitCodes?: {
    readonly containerName?: string
    readonly operator?: string
    readonly values?: readonly number[] | null
  }
  readonly onPodConditions?: readonly { readonly type?: string; readonly status?: string }[] | null
}

export interface SuccessRule {
  readonly succeededIndexes?: string
  readonly succeededCount?: number
}

export interface FailurePolicy {
  readonly rules?: readonly FailureRule[] | null
}

/** A condition of a pod that a policy looks for is true where it doesn't say what it is. */
export function withConditionStatus(policy: FailurePolicy | undefined): { readonly podFailurePolicy?: FailurePolicy } {
  if (!policy?.rules) return {}
  const rules = policy.rules.map((rule) =>
    rule.onPodConditions
      ? { ...rule, onPodConditions: rule.onPodConditions.map((each) => ({ ...each, status: each.status || 'True' })) }
      : rule,
  )
  return { podFailurePolicy: { ...policy, rules } }
}

const rulesMax = 20
const conditionsMax = 20
const codesMax = 255
const indexesBytesMax = 64 * 1024
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']

/** One of the choices; one has to be made. */
const chosen = (field: string, value: string, choices: readonly string[]): Cause[] =>
  value === ''
    ? [required(field, `valid values: [${choices.map((each) => JSON.stringify(each)).join(' ')}]`)]
    : oneOf(field, value, choices)

export function failurePolicyCauses(
  rules: readonly FailureRule[],
  at: string,
  containers: readonly string[],
  countsIndexes: boolean,
): Cause[] {
  return [
    ...(rules.length > rulesMax ? [tooMany(at, rules.length, rulesMax)] : []),
    ...rules.flatMap(({ action = '', onExitCodes, onPodConditions }, index) => {
      const path = `${at}[${index}]`
      const conditions = onPodConditions ?? []
      return [
        ...(action === 'FailIndex'
          ? countsIndexes
            ? []
            : [invalidValue(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set')]
          : chosen(`${path}.action`, action, actions)),
        ...(onExitCodes === undefined ? [] : exitCodeCauses(onExitCodes, `${path}.onExitCodes`, containers)),
        ...(conditions.length > conditionsMax
          ? [tooMany(`${path}.onPodConditions`, conditions.length, conditionsMax)]
          : []),
        ...conditions.flatMap(({ type = '', status = '' }, n) => [
          ...spelled(`${path}.onPodConditions[${n}].type`, type, qualifiedNameProblems),
          ...chosen(`${path}.onPodConditions[${n}].status`, status, ['False', 'True', 'Unknown']),
        ]),
        ...(onExitCodes !== undefined && conditions.length > 0
          ? [wrong(path, 'specifying both OnExitCodes and OnPodConditions is not supported')]
          : []),
        ...(onExitCodes === undefined && conditions.length === 0
          ? [wrong(path, 'specifying one of OnExitCodes and OnPodConditions is required')]
          : []),
      ]
    }),
  ]
}

function exitCodeCauses(
  { containerName, operator = '', values: given }: NonNullable<FailureRule['onExitCodes']>,
  at: string,
  containers: readonly string[],
): Cause[] {
  const values = given ?? []
  const field = `${at}.values`
  return [
    ...chosen(`${at}.operator`, operator, ['In', 'NotIn']),
    ...(containerName === undefined || containers.includes(containerName)
      ? []
      : [
          invalidValue(
            `${at}.containerName`,
            containerName,
            'must be one of the container or initContainer names in the pod template',
          ),
        ]),
    ...(values.length === 0 ? [invalidValue(field, given ?? null, 'at least one value is required')] : []),
    ...(values.length > codesMax ? [tooMany(field, values.length, codesMax)] : []),
    ...values.flatMap((value, index) => [
      ...(operator === 'In' && value === 0
        ? [invalidValue(`${field}[${index}]`, value, 'must not be 0 for the In operator')]
        : []),
      ...(values.indexOf(value) < index ? [duplicate(`${field}[${index}]`, value)] : []),
    ]),
    ...(values.some((value, index) => index > 0 && (values[index - 1] as number) > value)
      ? [invalidValue(field, values, 'must be ordered')]
      : []),
  ]
}

export function successPolicyCauses(rules: readonly SuccessRule[], at: string, completions: number): Cause[] {
  return [
    ...(rules.length === 0
      ? [required(at, 'at least one rules must be specified when the successPolicy is specified')]
      : []),
    ...(rules.length > rulesMax ? [tooMany(at, rules.length, rulesMax)] : []),
    ...rules.flatMap((rule, index) => successRuleCauses(rule, `${at}[${index}]`, completions)),
  ]
}

function successRuleCauses(rule: SuccessRule, at: string, completions: number): Cause[] {
  const { succeededIndexes: indexes, succeededCount: count } = rule
  const parsed = indexes === undefined ? 0 : numberOf(indexes, completions)
  const atMost = (most: number, of: string): Cause =>
    invalidValue(`${at}.succeededCount`, count, `must be less than or equal to ${most} (the number of ${of})`)
  const total = typeof parsed === 'number' ? parsed : 0
  return [
    ...(indexes === undefined && count === undefined
      ? [required(at, 'at least one of succeededCount or succeededIndexes must be specified')]
      : []),
    ...(indexes !== undefined && Buffer.byteLength(indexes) > indexesBytesMax
      ? [tooLong(`${at}.succeededIndexes`, indexesBytesMax)]
      : []),
    ...(typeof parsed === 'string'
      ? [invalidValue(`${at}.succeededIndexes`, indexes, `error parsing succeededIndexes: ${parsed}`)]
      : []),
    ...(count === undefined ? [] : nonNegative(`${at}.succeededCount`, count)),
    ...(count !== undefined && count > completions ? [atMost(completions, 'specified completions')] : []),
    ...(count !== undefined && indexes !== undefined && count > total
      ? [atMost(total, 'indexes in the specified succeededIndexes field')]
      : []),
  ]
}

/** How many indexes `1,3-5` names, below `completions`; a text says what is wrong with it. */
function numberOf(indexes: string, completions: number): number | string {
  let total = 0
  let last = -1
  for (const interval of indexes === '' ? [] : indexes.split(',')) {
    const parts = interval.split('-')
    if (parts.length > 2)
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`
    const ends: number[] = []
    for (const part of parts) {
      if (!/^\+?\d+$/.test(part)) return `cannot convert string to integer for index: ${JSON.stringify(part)}`
      if (Number(part) >= completions) return `too large index: ${JSON.stringify(part)}`
      ends.push(Number(part))
    }
    const [from = 0, to = from] = ends
    if (ends.length > 1 && from >= to) return `non-increasing order, previous: ${from}, current: ${to}`
    if (last >= from) return `non-increasing order, previous: ${last}, current: ${from}`
    total += to - from + 1
    last = to
  }
  return total
}

/** What replaces a pod, by whether failures are told apart. */
export const replacementCauses = (policy: string | undefined, at: string, tellsFailures: boolean): Cause[] =>
  policy === undefined
    ? []
    : tellsFailures
      ? policy === 'Failed'
        ? []
        : [notSupported(at, policy, ['Failed'])]
      : oneOf(at, policy, ['Failed', 'TerminatingOrFailed'])
