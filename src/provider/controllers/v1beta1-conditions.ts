/**
 * What older versions of the contract read of a DevMachine: its conditions in their form, without `Paused`.
 * Source: cluster-api util/conditions/deprecated/v1beta1, test/infrastructure/docker, in-memory backend.
 */
import type { Condition } from '../../kube/object.ts'
import type { V1Beta1Condition } from '../kinds/dev-machine.ts'

/** `Ready` comes first; while it is false it has the reason of the first part that is missing, and counts. */
export function v1beta1Conditions(conditions: readonly Condition[]): readonly V1Beta1Condition[] {
  const parts = conditions.filter(({ type }) => type !== 'Paused' && type !== 'Ready')
  const done = parts.filter(({ status }) => status === 'True').length
  const missing = parts.find(({ status }) => status !== 'True')
  const summary = { reason: missing?.reason, message: `${done} of ${parts.length} completed` }
  return conditions
    .filter(({ type }) => type !== 'Paused')
    .map((condition) => {
      const { type, status, lastTransitionTime, reason } = condition
      const head = { type, status, ...(lastTransitionTime === undefined ? {} : { lastTransitionTime }) }
      if (status === 'True') return head
      return { ...head, severity: 'Info', reason, ...(type === 'Ready' ? summary : {}) }
    })
}
