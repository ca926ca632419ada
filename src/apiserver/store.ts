/**
 * The objects of one API server, with one revision counter, as etcd has. Every write is synchronous and atomic;
 * whoever needs to know is told in commit order.
 */
import type { Clock } from '../base/clock.ts'
import { rfc3339 } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { apiVersionOf, deepEqual, objectKey, resourceId, type ObjectMeta } from '../kube/object.ts'
import { alreadyExists, conflict, failure, notFound } from '../kube/status.ts'
import { Collection } from './collection.ts'
import type { ResourceDefinition } from './definition.ts'
import { deleting, ended } from './deleting.ts'
import { ResourceRegistry } from './registry.ts'
import { ChangeEvent, type ChangeType, type Defer } from './event-log.ts'
import { Stored } from './stored.ts'
import type { KubeObject } from './types.ts'

export interface StoreOptions {
  /** Names this store in keyed draws (UIDs, generated names). */
  readonly name: string
  readonly clock: Clock
  readonly random: Random
  readonly registry: ResourceRegistry
  readonly defer: Defer
  /** Events kept per kind for resuming watches. */
  readonly historyMax?: number
}

/** What a new object is known by. */
export type Identity = Required<Pick<ObjectMeta, 'uid' | 'creationTimestamp'>>

export type StoreListener = (definition: ResourceDefinition, change: ChangeEvent) => void

/** Names that generateName may collide on are retried this often, as the real server does. */
const generateAttempts = 8

export class ObjectStore {
  readonly #options: StoreOptions
  readonly registry: ResourceRegistry
  readonly #collections = new Map<ResourceDefinition, Collection>()
  readonly #listeners = new Set<StoreListener>()
  readonly #unfurnished = new Map<ResourceDefinition, (() => void)[]>()
  #furnishing = false
  #revision = 1
  #uids = 0
  #known = 0
  /** Nothing is known of what happened up to this revision, only what was there. */
  #resumedAt = 0

  constructor(options: StoreOptions) {
    this.#options = options
    this.registry = new ResourceRegistry([], options.registry)
  }

  get revision(): number {
    return this.#revision
  }

  /** Made on first use: a kind that nobody touches costs nothing. */
  collection(definition: ResourceDefinition): Collection {
    const storage = definition.storage ?? definition
    let collection = this.#collections.get(storage)
    if (collection === undefined) {
      collection = new Collection(storage, this.#options.historyMax ?? 1000, this.#options.defer, this.#resumedAt)
      this.#collections.set(storage, collection)
      const makes = this.#unfurnished.get(storage) ?? []
      this.#unfurnished.delete(storage)
      for (const make of makes) this.#furnishWith(make)
    }
    return collection
  }

  /** `make` creates what there is of a kind from the start, when somebody first looks: few clusters are ever asked. */
  furnish(definition: ResourceDefinition, make: () => void): void {
    if (this.#collections.has(definition)) return this.#furnishWith(make)
    const makes = this.#unfurnished.get(definition)
    if (makes === undefined) this.#unfurnished.set(definition, [make])
    else makes.push(make)
  }

  #furnishWith(make: () => void): void {
    const before = this.#furnishing
    this.#furnishing = true
    try {
      make()
    } finally {
      this.#furnishing = before
    }
  }

  /** The kind's collection, if there is or was anything in it. */
  #existing(definition: ResourceDefinition): Collection | undefined {
    const storage = definition.storage ?? definition
    const found = this.#collections.get(storage)
    return found === undefined && this.#unfurnished.has(storage) ? this.collection(storage) : found
  }

  /** A definition has changed: what is stored under the old one is found under both. */
  redefine(before: ResourceDefinition, after: ResourceDefinition): void {
    const collection = this.collection(before)
    collection.definition = after
    this.#collections.set(after, collection)
  }

  get collections(): IterableIterator<Collection> {
    return new Set(this.#collections.values()).values()
  }

  /** The version that objects of the resource are stored in, served or not, where there are or were any. */
  storedAs(group: string, resource: string): ResourceDefinition | undefined {
    for (const { definition } of this.collections)
      if (definition.group === group && definition.resource === resource) return definition
    return undefined
  }

  /** Called for every change, in commit order, before the write returns. */
  listen(listener: StoreListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  get(definition: ResourceDefinition, key: string): Stored | undefined {
    return this.#existing(definition)?.get(key)
  }

  all(definition: ResourceDefinition): KubeObject[] {
    return (
      this.#existing(definition)
        ?.list()
        .map(({ value }) => value) ?? []
    )
  }

  suffix(...key: readonly string[]): string {
    return this.#options.random.suffix(5, ...key, this.#options.name, this.#uids)
  }

  require(definition: ResourceDefinition, key: string): Stored {
    const stored = this.get(definition, key)
    if (stored === undefined) throw notFound(nameOf(definition, key))
    return stored
  }

  now(): string {
    return rfc3339(this.#options.clock.wallMs())
  }

  /** What a new object will be known by, for those who look at it before it is stored. */
  identity({ generation }: ResourceDefinition): Identity {
    const { random, name } = this.#options
    // By the revision too: after a restart the count begins anew, and revisions don't.
    const uid = random.uuid('uid', name, this.#revision, 'known', this.#known++)
    return { uid, creationTimestamp: this.now(), ...(generation ? { generation: 1 } : {}) }
  }

  create(definition: ResourceDefinition, object: KubeObject, identity?: Identity): Stored {
    const created = this.newObject(definition, object, identity)
    this.#uids++
    return this.#commit(this.collection(definition), 'ADDED', objectKey(created.metadata), created, undefined)
  }

  get clock(): Clock {
    return this.#options.clock
  }

  /** The object with the name that its `generateName` or its kind gets it, where it has none. */
  named(definition: ResourceDefinition, object: KubeObject): KubeObject {
    const { metadata } = object
    if ((metadata.name ?? '') !== '') return object
    const generates = (metadata.generateName ?? '') !== ''
    if (!generates && definition.namesItself !== true) return object
    const name = generates
      ? this.#generateName(definition, metadata, this.collection(definition))
      : this.#options.random.uuid('name', this.#options.name, this.#uids)
    return { ...object, metadata: { ...metadata, name } }
  }

  /** What {@link create} would store, apart from its resourceVersion; throws what that would throw. */
  newObject(definition: ResourceDefinition, object: KubeObject, identity?: Identity): KubeObject {
    const collection = this.collection(definition)
    const metadata = { ...this.#newMetadata(definition, object.metadata, collection), ...identity }
    const key = objectKey(metadata)
    const there = collection.get(key)?.value
    if (there !== undefined) {
      const isGoing = there.metadata.deletionTimestamp !== undefined
      throw alreadyExists(nameOf(definition, key), metadata.generateName, isGoing)
    }
    const made = { ...withHead(definition.storage ?? definition, object), metadata }
    return definition.settle === undefined ? made : definition.settle(made)
  }

  /**
   * Replaces what is stored. With `expected`, only if that is still the stored revision. Writing what is already
   * there changes nothing, not even the revision. An object whose last finalizer goes while it is being deleted goes too.
   */
  update(definition: ResourceDefinition, object: KubeObject, expected?: number): Stored {
    const key = objectKey(object.metadata)
    const before = this.require(definition, key)
    if (expected !== undefined && expected !== before.revision) throw conflict(nameOf(definition, key))
    if (deepEqual(object, before.value)) return before
    return this.replace(definition, object, before)
  }

  /** {@link update} for a writer that knows that something changes and has `before` at hand. */
  replace(definition: ResourceDefinition, object: KubeObject, before: Stored): Stored {
    const key = before.key
    const collection = this.collection(definition)
    const { deletionTimestamp, deletionGracePeriodSeconds = 0, finalizers = [] } = object.metadata
    const free =
      finalizers.length === 0 && deletionGracePeriodSeconds === 0 && definition.termination?.holds(object) !== true
    if (deletionTimestamp === undefined || !free) return this.#commit(collection, 'MODIFIED', key, object, before)
    // The write itself is never stored: watches see what was there until then.
    const { revision } = this.#commit(collection, 'DELETED', key, before.value, before)
    return new Stored(atRevision(object, revision), revision)
  }

  /** Removes the object at once, or marks it as being deleted while finalizers hold it or for `grace` seconds. */
  delete(definition: ResourceDefinition, key: string, finalizers?: readonly string[], grace = 0): Stored {
    const before = this.require(definition, key)
    const collection = this.collection(definition)
    const nowMs = this.#options.clock.wallMs()
    const marked = deleting(definition, before.value, finalizers, grace, nowMs)
    const write = (object: KubeObject): Stored =>
      object === before.value ? before : this.#commit(collection, 'MODIFIED', key, object, before)
    if (marked !== undefined) return write(marked)
    const last = write(ended(definition, before.value, nowMs))
    // Whoever was told of the end may have made it.
    return collection.get(key) === last ? this.#commit(collection, 'DELETED', key, last.value, last) : last
  }

  /** Puts back an object exactly as it was stored, with its revision: no event, but listeners are told. */
  restore(definition: ResourceDefinition, object: KubeObject): Stored {
    const revision = Number(object.metadata.resourceVersion)
    const stored = new Stored(object, revision)
    this.#revision = Math.max(this.#revision, revision)
    this.collection(definition).set(stored.key, stored)
    for (const listener of this.#listeners) listener(definition, new ChangeEvent('ADDED', stored, undefined))
    return stored
  }

  /** After the last {@link restore}: revisions go on from here, watches can't be resumed from before. */
  resumeAt(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
    this.#resumedAt = this.#revision
    this.#uids = this.#revision // every UID took a revision: none comes twice
    for (const collection of this.collections) collection.log.forget(this.#revision)
  }

  #newMetadata(definition: ResourceDefinition, given: ObjectMeta, collection: Collection): ObjectMeta {
    const { clock } = this.#options
    const { resourceVersion: _, ...metadata } = given
    return {
      ...metadata,
      name: given.name || this.#generateName(definition, given, collection),
      uid: this.#options.random.uuid('uid', this.#options.name, this.#uids),
      creationTimestamp: rfc3339(clock.wallMs()),
      ...(definition.generation ? { generation: 1 } : {}),
    }
  }

  #generateName(definition: ResourceDefinition, metadata: ObjectMeta, collection: Collection): string {
    const prefix = metadata.generateName as string
    for (let attempt = 0; attempt < generateAttempts; attempt++) {
      const name =
        prefix.slice(0, 58) + this.#options.random.suffix(5, 'generateName', this.#options.name, this.#uids, attempt)
      if (collection.get(objectKey({ ...metadata, name })) === undefined) return name
    }
    throw failure(500, 'ServerTimeout', `could not find a unique name for ${resourceId(definition)} "${prefix}"`)
  }

  #commit(
    collection: Collection,
    type: ChangeType,
    key: string,
    object: KubeObject,
    before: Stored | undefined,
  ): Stored {
    const revision = ++this.#revision
    const stored = new Stored(atRevision(object, revision), revision, !this.#furnishing)
    if (type === 'DELETED') collection.delete(key)
    else collection.set(key, stored)
    const event = new ChangeEvent(type, stored, before)
    collection.log.append(event)
    for (const listener of this.#listeners) listener(collection.definition, event)
    return stored
  }
}

/** `kind` and `apiVersion` first, as the real server encodes; lists of built-in kinds rely on that prefix. */
function atRevision({ kind, apiVersion, metadata, ...rest }: KubeObject, revision: number): KubeObject {
  return { kind, apiVersion, metadata: inOrder(metadata, String(revision)), ...rest }
}

/** Who an object is and since when stands first, as Go prints it. */
function inOrder(metadata: ObjectMeta, resourceVersion: string): ObjectMeta {
  const { name, generateName, namespace, uid, generation, creationTimestamp, ...others } = metadata
  const { deletionTimestamp, deletionGracePeriodSeconds, resourceVersion: _, ...said } = others
  return {
    name,
    ...(generateName === undefined ? undefined : { generateName }),
    ...(namespace === undefined ? undefined : { namespace }),
    uid,
    resourceVersion,
    ...(generation === undefined ? undefined : { generation }),
    creationTimestamp,
    ...(deletionTimestamp === undefined ? undefined : { deletionTimestamp }),
    ...(deletionGracePeriodSeconds === undefined ? undefined : { deletionGracePeriodSeconds }),
    ...said,
  } as ObjectMeta
}

export function nameOf(definition: ResourceDefinition, key: string): { group: string; resource: string; name: string } {
  return { group: definition.group, resource: definition.resource, name: key.slice(key.indexOf('/') + 1) }
}

const withHead = (definition: ResourceDefinition, object: KubeObject): KubeObject => {
  const { kind: _, apiVersion: __, metadata, ...rest } = object
  return { kind: definition.kind, apiVersion: apiVersionOf(definition), metadata, ...rest }
}
