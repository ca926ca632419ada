/** Reading and summing up conditions in Cluster API's v1beta2 manner. Source: cluster-api util/conditions. */
import type { Wanted } from '../kube/conditions.ts'
import { conditionOf, type Condition, type KubeObject } from '../kube/object.ts'

interface WithConditions extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[] }
}

export const getCondition = (object: KubeObject, type: string): Condition | undefined =>
  conditionOf((object as WithConditions).status?.conditions, type)
export const isTrue = (object: KubeObject, type: string): boolean => getCondition(object, type)?.status === 'True'
export const isFalse = (object: KubeObject, type: string): boolean => getCondition(object, type)?.status === 'False'

/** The controller's own verdict that a machine has to go: marked unhealthy, and its owner asked to act. */
export const needsRemediation = (machine: KubeObject): boolean =>
  isFalse(machine, 'HealthCheckSucceeded') &&
  isFalse(machine, 'OwnerRemediated') &&
  machine.metadata.deletionTimestamp === undefined

export const yes = (type: string, reason: string, message?: string): Wanted => ({
  type,
  status: 'True',
  reason,
  ...(message === undefined ? {} : { message }),
})
export const no = (type: string, reason: string, message?: string): Wanted => ({
  type,
  status: 'False',
  reason,
  ...(message === undefined ? {} : { message }),
})
export const unknown = (type: string, reason: string, message?: string): Wanted => ({
  type,
  status: 'Unknown',
  reason,
  ...(message === undefined ? {} : { message }),
})
export const when = (
  type: string,
  value: boolean,
  trueReason: string,
  falseReason: string,
  message?: string,
): Wanted => (value ? yes(type, trueReason) : no(type, falseReason, message))

/** All of `parts` True → True; any Unknown and none False → Unknown; else False with what is wrong. */
export function summary(
  type: string,
  object: KubeObject,
  parts: readonly string[],
  reasons: { readonly true: string; readonly false: string; readonly unknown: string },
  extra: readonly (Wanted | undefined)[] = [],
): Wanted {
  const states = parts
    .map((part) => extra.find((each) => each?.type === part) ?? getCondition(object, part))
    .map(
      (state, index) =>
        state ?? { type: parts[index] as string, status: 'Unknown' as const, reason: 'NotYetReported', message: '' },
    )
  const bad = states.filter((state) => state.status !== 'True')
  if (bad.length === 0) return yes(type, reasons.true)
  const message = bad
    .map(
      (state) =>
        `* ${state.type}: ${state.message === undefined || state.message === '' ? (state.reason ?? state.status) : state.message}`,
    )
    .join('\n')
  return bad.some((state) => state.status === 'False')
    ? no(type, reasons.false, message)
    : unknown(type, reasons.unknown, message)
}
