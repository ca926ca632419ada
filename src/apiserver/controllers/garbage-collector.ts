/**
 * ownerReferences at work: an object goes when the last of its owners is gone or waits for it to go; by UID, never by
 * name alone. Who has an owner of a kind that is not served here stays, as does one of the cluster with an owner in a
 * namespace. Source: k8s.io/kubernetes/pkg/controller/garbagecollector, attemptToDeleteItem.
 */
import type { Clock } from '../../base/clock.ts'
import { deepEqual, objectKey, type OwnerReference } from '../../kube/object.ts'
import type { ResourceDefinition } from '../definition.ts'
import { ownedUpdate, ownWriter } from '../ownership.ts'
import { withoutFinalizer } from '../rules/finalizers.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { deleteObject } from './deletion.ts'
import { tellOfInvalidOwner } from './invalid-owners.ts'

interface Item {
  readonly definition: ResourceDefinition
  readonly key: string
  readonly uid: string
}

/** What an object's owners mean to it. */
interface Owners {
  /** They are there, and stay. */
  readonly solid: readonly OwnerReference[]
  /** They go when their dependents have gone. */
  readonly waiting: readonly OwnerReference[]
}

const waitsFor = ({ metadata: { deletionTimestamp, finalizers = [] } }: KubeObject, finalizer: string): boolean =>
  deletionTimestamp !== undefined && finalizers.includes(finalizer)

const deletesDependents = (object: KubeObject): boolean => waitsFor(object, 'foregroundDeletion')

export class GarbageCollector {
  readonly #store: ObjectStore
  readonly #clock: Clock
  readonly #later: (run: () => void) => void
  /** Objects by the UIDs of their owners. */
  readonly #dependents = new Map<string, Map<string, Item>>()

  /** `later` runs collection outside of the write that caused it. */
  constructor(store: ObjectStore, clock: Clock, later: (run: () => void) => void) {
    this.#store = store
    this.#clock = clock
    this.#later = later
    store.listen((definition, { type, stored: { key, value }, previous }) => {
      const item = { definition, key, uid: value.metadata.uid as string }
      const before = previous?.value
      if (before !== undefined) this.#unlink(before)
      if (type === 'DELETED') {
        this.#unlink(value)
        if (this.#dependents.has(item.uid)) later(() => this.#attemptDependents(item))
        this.#wakeOwners(value)
        return
      }
      this.#link(item, value)
      this.#observe(item, value, before)
    })
  }

  #observe(item: Item, object: KubeObject, before: KubeObject | undefined): void {
    const { ownerReferences } = object.metadata
    if (!deepEqual(ownerReferences, before?.metadata.ownerReferences)) {
      if (ownerReferences !== undefined) {
        this.#later(() => this.#attempt(item))
        if (ownerReferences.some((owner) => this.#find(owner, object.metadata.namespace)?.owner === undefined))
          this.#later(() => tellOfInvalidOwner(this.#store, item.definition, object))
      }
      if (before !== undefined) this.#wakeOwners(before)
    }
    const begins = (finalizer: string): boolean =>
      waitsFor(object, finalizer) && (before === undefined || !waitsFor(before, finalizer))
    if (begins('orphan')) this.#later(() => this.#orphanDependents(item))
    else if (begins('foregroundDeletion'))
      this.#later(() => {
        this.#attemptDependents(item)
        this.#deleteBlocking(item)
      })
  }

  #link(item: Item, object: KubeObject): void {
    for (const owner of object.metadata.ownerReferences ?? []) {
      let dependents = this.#dependents.get(owner.uid)
      if (dependents === undefined) this.#dependents.set(owner.uid, (dependents = new Map<string, Item>()))
      dependents.set(item.uid, item)
    }
  }

  #unlink(object: KubeObject): void {
    for (const owner of object.metadata.ownerReferences ?? []) {
      const dependents = this.#dependents.get(owner.uid)
      dependents?.delete(object.metadata.uid as string)
      if (dependents?.size === 0) this.#dependents.delete(owner.uid)
    }
  }

  #dependentsOf({ uid }: Item): Item[] {
    return [...(this.#dependents.get(uid)?.values() ?? [])]
  }

  #attemptDependents(owner: Item): void {
    for (const dependent of this.#dependentsOf(owner)) this.#attempt(dependent)
  }

  #attempt(item: Item): void {
    const object = this.#current(item)
    if (object === undefined) return
    if (deletesDependents(object)) return this.#deleteBlocking(item)
    const { ownerReferences: owners = [], deletionTimestamp } = object.metadata
    const found = deletionTimestamp === undefined && owners.length > 0 ? this.#ownersOf(object, owners) : undefined
    if (found === undefined) return
    const { solid, waiting } = found
    if (solid.length > 0) {
      // Who waits for an object that stays would wait for ever.
      if (solid.length < owners.length) this.#setOwners(item, solid)
      return
    }
    const dependents = this.#dependentsOf(item).map((each) => this.#current(each))
    if (waiting.length === 0 || dependents.length === 0) deleteObject(this.#store, item.definition, item.key)
    else {
      // Two that wait for each other would, too.
      if (dependents.some((each) => each !== undefined && deletesDependents(each)))
        this.#setOwners(item, owners.map(unblocked))
      deleteObject(this.#store, item.definition, item.key, 'Foreground')
    }
  }

  /** Undefined where nobody can tell. */
  #ownersOf({ metadata: { namespace } }: KubeObject, owners: readonly OwnerReference[]): Owners | undefined {
    const solid: OwnerReference[] = []
    const waiting: OwnerReference[] = []
    for (const reference of owners) {
      const found = this.#find(reference, namespace)
      if (found === undefined) return undefined
      if (found.owner !== undefined) (deletesDependents(found.owner) ? waiting : solid).push(reference)
    }
    return { solid, waiting }
  }

  /** Undefined for owners of unknown kinds and those that can't be: of an object of the cluster, in a namespace. */
  #find(
    { apiVersion, kind, name, uid }: OwnerReference,
    namespace: string | undefined,
  ): { readonly item: Item; readonly owner: KubeObject | undefined } | undefined {
    const definition = this.#store.registry.byKind(apiVersion, kind)
    if (definition === undefined || (definition.namespaced && namespace === undefined)) return undefined
    const item = { definition, uid, key: objectKey({ name, ...(definition.namespaced ? { namespace } : {}) }) }
    return { item, owner: this.#current(item) }
  }

  #orphanDependents(owner: Item): void {
    for (const dependent of this.#dependentsOf(owner)) {
      const owners = this.#current(dependent)?.metadata.ownerReferences ?? []
      this.#setOwners(
        dependent,
        owners.filter(({ uid }) => uid !== owner.uid),
      )
    }
    this.#removeFinalizer(owner, 'orphan')
  }

  /** Source: processDeletingDependentsItem. */
  #deleteBlocking(owner: Item): void {
    const blocking = this.#dependentsOf(owner).filter((dependent) =>
      this.#current(dependent)?.metadata.ownerReferences?.some(
        ({ uid, blockOwnerDeletion }) => uid === owner.uid && blockOwnerDeletion === true,
      ),
    )
    if (blocking.length === 0) return this.#removeFinalizer(owner, 'foregroundDeletion')
    for (const dependent of blocking) {
      const object = this.#current(dependent)
      if (object !== undefined && !deletesDependents(object)) this.#attempt(dependent)
    }
  }

  /** A dependent that may have held up its owners has gone, or lets them go. */
  #wakeOwners({ metadata: { ownerReferences = [], namespace } }: KubeObject): void {
    for (const reference of ownerReferences) {
      const found = this.#find(reference, namespace)
      if (found?.owner !== undefined && deletesDependents(found.owner))
        this.#later(() => this.#deleteBlocking(found.item))
    }
  }

  #current({ definition, key, uid }: Item): KubeObject | undefined {
    const object = this.#store.get(definition, key)?.value
    return object?.metadata.uid === uid ? object : undefined
  }

  #setOwners(item: Item, owners: readonly OwnerReference[]): void {
    const object = this.#current(item)
    if (object === undefined) return
    const { ownerReferences: _, ...metadata } = object.metadata
    this.#write(item, object, {
      ...object,
      metadata: { ...metadata, ...(owners.length === 0 ? {} : { ownerReferences: owners }) },
    })
  }

  #removeFinalizer(item: Item, finalizer: string): void {
    const object = this.#current(item)
    if (object === undefined) return
    const released = withoutFinalizer(object, finalizer)
    if (released !== object) this.#write(item, object, released)
  }

  #write({ definition }: Item, before: KubeObject, after: KubeObject): void {
    const writer = ownWriter(definition, this.#clock, 'kube-controller-manager', '')
    this.#store.update(definition, ownedUpdate(definition, before, after, writer))
  }
}

const unblocked = (owner: OwnerReference): OwnerReference =>
  owner.blockOwnerDeletion === true ? { ...owner, blockOwnerDeletion: false } : owner
