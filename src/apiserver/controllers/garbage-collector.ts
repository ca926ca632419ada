/**
 * ownerReferences at work: when the last owner of an object is gone, the object goes; by UID, never by name alone.
 * An owner of a kind that is not served here keeps its dependents. Source: kube-controller-manager garbagecollector.
 */
import { objectKey, type OwnerReference } from '../../kube/object.ts'
import type { ResourceDefinition } from '../definition.ts'
import { withoutFinalizer } from '../rules/finalizers.ts'
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
  store: ObjectStore,
  definition: ResourceDefinition,
  object: KubeObject,
  propagation: Propagation | undefined,
  graceSeconds?: number,
): KubeObject | undefined {
  const { finalizers, grace } = ofDeletion(definition, object, propagation, graceSeconds)
  return store.deleting(definition, object, finalizers, grace)
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

interface Dependent {
  readonly definition: ResourceDefinition
  readonly key: string
  readonly uid: string
}

export class GarbageCollector {
  readonly #store: ObjectStore
  readonly #later: (run: () => void) => void
  /** Objects by the UIDs of their owners. */
  readonly #dependents = new Map<string, Map<string, Dependent>>()

  /** `later` runs collection outside of the write that caused it. */
  constructor(store: ObjectStore, later: (run: () => void) => void) {
    this.#store = store
    this.#later = later
    store.listen((definition, change) => {
      const { value } = change.stored
      if (change.previous !== undefined) this.#unlink(change.previous.value)
      if (change.type === 'DELETED') {
        this.#unlink(value)
        if (this.#dependents.has(value.metadata.uid ?? '')) later(() => this.#ownerGone(value.metadata.uid as string))
        this.#ownersMayFinish(value)
        return
      }
      this.#link(definition, value)
      if (change.type === 'ADDED' && value.metadata.ownerReferences !== undefined)
        later(() => this.#collectIfOrphan({ definition, key: change.stored.key, uid: value.metadata.uid as string }))
      if (value.metadata.deletionTimestamp !== undefined) this.#handleFinalizers(definition, change.stored.key, value)
    })
  }

  #link(definition: ResourceDefinition, object: KubeObject): void {
    for (const owner of object.metadata.ownerReferences ?? []) {
      let dependents = this.#dependents.get(owner.uid)
      if (dependents === undefined) this.#dependents.set(owner.uid, (dependents = new Map<string, Dependent>()))
      const uid = object.metadata.uid as string
      dependents.set(uid, { definition, key: objectKey(object.metadata), uid })
    }
  }

  #unlink(object: KubeObject): void {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid)
      dependents?.delete(object.metadata.uid as string)
      if (dependents?.size === 0) this.#dependents.delete(owner.uid)
    }
  }

  #ownerGone(uid: string): void {
    for (const dependent of [...(this.#dependents.get(uid)?.values() ?? [])]) this.#collectIfOrphan(dependent)
  }

  #collectIfOrphan(dependent: Dependent): void {
    const stored = this.#current(dependent)
    const owners = stored?.value.metadata.ownerReferences ?? []
    if (stored === undefined || owners.length === 0 || stored.value.metadata.deletionTimestamp !== undefined) return
    const namespace = stored.value.metadata.namespace
    const missing = owners.filter((owner) => this.#isMissing(owner, namespace))
    if (missing.length === owners.length) deleteObject(this.#store, dependent.definition, dependent.key)
    else if (missing.length > 0)
      this.#setOwners(
        dependent,
        owners.filter((owner) => !missing.includes(owner)),
      )
  }

  #isMissing(owner: OwnerReference, namespace: string | undefined): boolean {
    const definition = this.#store.registry.byKind(owner.apiVersion, owner.kind)
    if (definition === undefined) return false
    const key = objectKey({ name: owner.name, ...(definition.namespaced ? { namespace } : {}) })
    return this.#store.get(definition, key)?.value.metadata.uid !== owner.uid
  }

  #handleFinalizers(definition: ResourceDefinition, key: string, object: KubeObject): void {
    const finalizers = object.metadata.finalizers ?? []
    const uid = object.metadata.uid as string
    if (finalizers.includes('orphan')) this.#later(() => this.#orphanDependents(definition, key, uid))
    else if (finalizers.includes('foregroundDeletion'))
      this.#later(() => this.#deleteDependentsFirst(definition, key, uid))
  }

  #orphanDependents(definition: ResourceDefinition, key: string, uid: string): void {
    for (const dependent of [...(this.#dependents.get(uid)?.values() ?? [])]) {
      const owners = this.#current(dependent)?.value.metadata.ownerReferences ?? []
      this.#setOwners(
        dependent,
        owners.filter((owner) => owner.uid !== uid),
      )
    }
    this.#removeFinalizer({ definition, key, uid }, 'orphan')
  }

  #deleteDependentsFirst(definition: ResourceDefinition, key: string, uid: string): void {
    const dependents = [...(this.#dependents.get(uid)?.values() ?? [])]
    let blocked = false
    for (const dependent of dependents) {
      const stored = this.#current(dependent)
      if (stored === undefined) continue
      const blocks = stored.value.metadata.ownerReferences?.some(
        (owner) => owner.uid === uid && owner.blockOwnerDeletion === true,
      )
      blocked ||= blocks === true
      if (stored.value.metadata.deletionTimestamp === undefined)
        deleteObject(this.#store, dependent.definition, dependent.key, 'Foreground')
    }
    if (!blocked) this.#removeFinalizer({ definition, key, uid }, 'foregroundDeletion')
  }

  /** A dependent that held up a foreground deletion has gone. */
  #ownersMayFinish(object: KubeObject): void {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const definition = this.#store.registry.byKind(owner.apiVersion, owner.kind)
      if (definition === undefined) continue
      const key = objectKey({
        name: owner.name,
        ...(definition.namespaced ? { namespace: object.metadata.namespace } : {}),
      })
      const stored = this.#store.get(definition, key)
      if (
        stored?.value.metadata.uid === owner.uid &&
        stored.value.metadata.finalizers?.includes('foregroundDeletion') === true
      ) {
        this.#later(() => this.#deleteDependentsFirst(definition, key, owner.uid))
      }
    }
  }

  #current(dependent: Dependent): Stored | undefined {
    const stored = this.#store.get(dependent.definition, dependent.key)
    return stored?.value.metadata.uid === dependent.uid ? stored : undefined
  }

  #setOwners(dependent: Dependent, owners: readonly OwnerReference[]): void {
    const stored = this.#current(dependent)
    if (stored === undefined) return
    const { ownerReferences: _, ...metadata } = stored.value.metadata
    this.#store.update(dependent.definition, {
      ...stored.value,
      metadata: { ...metadata, ...(owners.length === 0 ? {} : { ownerReferences: owners }) },
    })
  }

  #removeFinalizer(dependent: Dependent, finalizer: string): void {
    const stored = this.#current(dependent)
    if (stored === undefined) return
    const released = withoutFinalizer(stored.value, finalizer)
    if (released !== stored.value) this.#store.update(dependent.definition, released)
  }
}
