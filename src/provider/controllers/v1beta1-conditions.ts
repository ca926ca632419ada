/**
 * What older versions of the contract read of a DevMachine: its conditions in their form, without `Paused`.
 * Source: cluster-api util/conditions/deprecated/v1beta1, test/infrastructure/docker, in-memory backend.
 */
import type { Condition } from '../../kube/object.ts'
import type { V1Beta1Condition } from '../kinds/dev-machine.ts'

/** `Ready` comes first; while it is false it has the reason of the first part that is missing, and counts. */
export function v1beta1Conditions(conditions: readonly Condition[]): readonly V1Beta1Condition[] {
  const shown = conditions.filter(({ type }) => type !== 'Paused')
  const parts = shown.filter(({ type }) => type !== 'Ready')
  const missing = parts.filter(({ status }) => status !== 'True')
  const message = `${parts.length - missing.length} of ${parts.length} completed`
  return shown.map(({ type, status, lastTransitionTime = '', reason = '' }): V1Beta1Condition => {
    if (status === 'True') return { type, status, lastTransitionTime }
    if (type !== 'Ready') return { type, status, severity: 'Info', lastTransitionTime, reason }
    return { type, status, severity: 'Info', lastTransitionTime, reason: missing[0]?.reason ?? reason, message }
  })
}
