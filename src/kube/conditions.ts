/** Setting conditions (metav1.Condition) as Cluster API's v1beta2 objects have them. Source: cluster-api util/conditions. */
import type { Condition } from './object.ts'

export interface Wanted {
  readonly type: string
  readonly status: Condition['status']
  readonly reason: string
  readonly message?: string
  /** Of a mirrored condition: when the original changed. */
  readonly lastTransitionTime?: string
}

/** Sets conditions; one whose status stays keeps its transition time. The same array comes back when nothing changes. */
export function withConditions(
  before: readonly Condition[] | undefined,
  wanted: readonly (Wanted | undefined)[],
  now: string,
  observedGeneration: number | undefined,
): readonly Condition[] {
  let changed = false
  const result = [...(before ?? [])]
  for (const want of wanted) {
    if (want === undefined) continue
    const { type, status, reason, message = '', lastTransitionTime } = want
    const at = result.findIndex((condition) => condition.type === type)
    const old = result[at]
    const since = lastTransitionTime ?? (old?.status === status ? old.lastTransitionTime : undefined) ?? now
    if (
      old?.status === status &&
      old.reason === reason &&
      (old.message ?? '') === message &&
      old.observedGeneration === observedGeneration &&
      old.lastTransitionTime === since
    )
      continue
    changed = true
    const condition: Condition = {
      type,
      status,
      reason,
      message,
      lastTransitionTime: since,
      ...(observedGeneration === undefined ? {} : { observedGeneration }),
    }
    if (at < 0) result.push(condition)
    else result[at] = condition
  }
  if (!changed) return before ?? []
  return result.sort((a, b) => order(a.type) - order(b.type) || (a.type < b.type ? -1 : 1))
}

/** Available and Ready come first, as people read. */
const first = ['Available', 'Ready']
const order = (type: string): number => (first.includes(type) ? first.indexOf(type) : first.length)
