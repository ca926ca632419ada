/** How an object is deleted: at once, or held by finalizers for its dependents, or for its grace period. */
import type { ResourceDefinition } from '../definition.ts'
import { deleting } from '../deleting.ts'
import type { ObjectStore } from '../store.ts'
import type { Stored } from '../stored.ts'
import type { KubeObject } from '../types.ts'

export type Propagation = 'Background' | 'Foreground' | 'Orphan'

const propagationFinalizer = { Background: undefined, Foreground: 'foregroundDeletion', Orphan: 'orphan' } as const

/** Without a propagation an object goes as it was to go before, else in the background. */
export function deleteObject(
  store: ObjectStore,
  definition: ResourceDefinition,
  key: string,
  propagation?: Propagation,
  graceSeconds?: number,
): Stored {
  const { value } = store.require(definition, key)
  const { finalizers, grace } = ofDeletion(definition, value, propagation, graceSeconds)
  return store.delete(definition, key, finalizers, grace)
}

/** What {@link deleteObject} would leave of the object; undefined where it would go at once. */
export function afterDeletion(
  definition: ResourceDefinition,
  object: KubeObject,
  propagation: Propagation | undefined,
  graceSeconds: number | undefined,
  nowMs: number,
): KubeObject | undefined {
  const { finalizers, grace = 0 } = ofDeletion(definition, object, propagation, graceSeconds)
  return deleting(definition, object, finalizers, grace, nowMs)
}

/** Source: k8s.io/apiserver/pkg/registry/generic/registry/store.go, deletionFinalizersForGarbageCollection. */
function ofDeletion(
  { deletionFinalizer, gracePeriod }: ResourceDefinition,
  object: KubeObject,
  propagation: Propagation | undefined,
  asked: number | undefined,
): { finalizers: readonly string[]; grace: number | undefined } {
  const { finalizers = [] } = object.metadata
  const others =
    propagation === undefined
      ? finalizers
      : finalizers.filter((each) => each !== 'orphan' && each !== 'foregroundDeletion')
  const added = deletionFinalizer ?? propagationFinalizer[propagation ?? 'Background']
  return {
    finalizers: added === undefined || others.includes(added) ? others : [...others, added],
    grace: gracePeriod?.(object, asked),
  }
}
