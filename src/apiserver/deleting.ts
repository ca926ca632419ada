/** What a deletion makes of an object that stays for a while. Source: k8s.io/apiserver/pkg/registry/rest/delete.go. */
import { rfc3339 } from '../base/clock.ts'
import { deepEqual, type ObjectMeta } from '../kube/object.ts'
import type { ResourceDefinition } from './definition.ts'
import type { KubeObject } from './types.ts'

/** Undefined where it goes at once. `wanted` are its finalizers from now on, `grace` is in seconds. */
export function deleting(
  { termination }: ResourceDefinition,
  object: KubeObject,
  wanted: readonly string[] | undefined,
  grace: number,
  nowMs: number,
): KubeObject | undefined {
  const { metadata } = object
  const { finalizers: old = [] } = metadata
  const finalizers = wanted ?? old
  const held = finalizers.length > 0 || termination?.holds(object) === true
  if (!held && grace === 0) return undefined
  // A grace that has begun can be shortened.
  const { deletionTimestamp, deletionGracePeriodSeconds: given } = metadata
  if (deletionTimestamp !== undefined && given !== undefined && grace >= given)
    return deepEqual(finalizers, old) ? object : { ...object, metadata: { ...metadata, finalizers } }
  const marked = withGrace(object, finalizers, grace, nowMs)
  return termination?.shown(marked) ?? marked
}

/** The last state of an object that goes: with none of its grace left, which watches see before it is gone. */
export function ended({ gracePeriod }: ResourceDefinition, object: KubeObject, nowMs: number): KubeObject {
  const { deletionGracePeriodSeconds: left, finalizers = [] } = object.metadata
  return gracePeriod === undefined || left === 0 ? object : withGrace(object, finalizers, 0, nowMs)
}

/** Another grace counts from when the first one did. */
function withGrace(object: KubeObject, finalizers: readonly string[], grace: number, nowMs: number): KubeObject {
  const { deletionTimestamp: ends, deletionGracePeriodSeconds: given = 0, generation = 0 } = object.metadata
  const begun = ends === undefined ? nowMs : Date.parse(ends) - given * 1000
  const metadata: ObjectMeta = {
    ...object.metadata,
    deletionTimestamp: rfc3339(begun + grace * 1000),
    deletionGracePeriodSeconds: grace,
    ...(generation > 0 && ends === undefined ? { generation: generation + 1 } : {}),
    ...(finalizers.length === 0 ? {} : { finalizers }),
  }
  return { ...object, metadata }
}
