/**
 * What happens between a request's object and the store: identity checks, subresource rules, immutable metadata,
 * generation, defaults, validation. Source: k8s.io/apiserver/pkg/registry/generic/registry/store.go, rest/{create,update}.go.
 */
import { apiVersionOf, deepEqual, isRecord } from '../kube/object.ts'
import { badRequest, conflict, failure, forbiddenValue, invalid, invalidValue } from '../kube/status.ts'
import type { KubeRequest } from '../kube/request.ts'
import type { Admission } from './admission/admission.ts'
import type { ResourceDefinition } from './definition.ts'
import { emptyObject } from './ownership.ts'
import { storageKey } from './storage-key.ts'
import type { ObjectStore } from './store.ts'
import type { Stored } from './stored.ts'
import type { KubeObject } from './types.ts'
import { metadataCauses } from './rules/metadata.ts'
import { inVersion, toStorage } from './versions.ts'

/** The request's object with everything the path implies; throws 400 where they disagree. */
export function identified(definition: ResourceDefinition, request: KubeRequest, value: unknown): KubeObject {
  if (!isRecord(value)) throw badRequest(`the object provided is unrecognized (must be of type ${definition.kind})`)
  const metadata = isRecord(value['metadata']) ? value['metadata'] : {}
  const object = { ...value, metadata } as unknown as KubeObject
  const { kind, apiVersion } = object
  const expected = apiVersionOf(definition)
  if (apiVersion !== undefined && apiVersion !== '' && apiVersion !== expected) {
    throw definition.custom === true
      ? badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${expected})`)
      : badRequest(
          `${definition.kind} in version "${apiVersion.slice(apiVersion.indexOf('/') + 1)}" cannot be handled as a ${definition.kind}: no kind "${definition.kind}" is registered for version "${apiVersion}" in scheme "pkg/runtime/scheme.go:111"`,
        )
  }
  if (kind !== undefined && kind !== '' && kind !== definition.kind) {
    const { version, group } = definition
    if (definition.custom === true)
      throw invalid({ group, kind }, object.metadata.name ?? '', [
        invalidValue('kind', kind, `must be ${definition.kind}`),
      ])
    const why = `: converting (${version}.${kind}) to (${group === '' ? 'core' : (group.split('.')[0] as string)}.${definition.kind}): unknown conversion`
    throw badRequest(`${kind} in version "${version}" cannot be handled as a ${definition.kind}${why}`)
  }
  const namespace = object.metadata.namespace ?? ''
  if (!definition.namespaced) {
    if (namespace !== '')
      throw invalid(definition, object.metadata.name ?? '', [
        forbiddenValue('metadata.namespace', 'not allowed on this type'),
      ])
    return object
  }
  if (namespace !== '' && namespace !== request.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  return { ...object, metadata: { ...object.metadata, namespace: request.namespace } }
}

/** Records in an object who manages its fields; undefined where nobody asks (rehearsals). */
export type Own = (after: KubeObject) => KubeObject

export interface WriteOptions {
  readonly dryRun: boolean
  readonly own: Own | undefined
  /** Webhooks that see the write; undefined where there are none: then it is done within this turn. */
  readonly admission: Admission | undefined
}

export function createObject(
  store: ObjectStore,
  definition: ResourceDefinition,
  object: KubeObject,
  { dryRun, own, admission }: WriteOptions,
): KubeObject | Promise<KubeObject> {
  if (object.metadata.resourceVersion !== undefined && object.metadata.resourceVersion !== '') {
    throw failure(500, undefined, 'resourceVersion should not be set on objects to be created')
  }
  const named = store.named(definition, object)
  const ready = withDefaults(definition, newStatus(definition) ? withNewStatus(definition, named) : named)
  const owned = completed(store, definition, ownedBy(own, definition, ready, undefined))
  const put = (stored: KubeObject): KubeObject =>
    dryRun ? store.newObject(definition, stored) : store.create(definition, stored).value
  const commit = (final: KubeObject): KubeObject | Promise<KubeObject> => stored(definition, final, put)
  if (admission === undefined) {
    check(definition, owned, undefined)
    return commit(owned)
  }
  return admitted(admission, definition, owned, undefined, (mutated) => mutated).then(commit)
}

const newStatus = ({ status, bornWithStatus }: ResourceDefinition): boolean =>
  status === true && bornWithStatus !== true

/** Within this turn unless a webhook converts. */
function stored(
  definition: ResourceDefinition,
  object: KubeObject,
  put: (stored: KubeObject) => KubeObject,
): KubeObject | Promise<KubeObject> {
  const converted = toStorage(definition, object)
  return converted instanceof Promise ? converted.then(put) : put(converted)
}

async function admitted(
  admission: Admission,
  definition: ResourceDefinition,
  object: KubeObject,
  live: KubeObject | undefined,
  settle: (mutated: KubeObject) => KubeObject,
  subresource = '',
): Promise<KubeObject> {
  const mutated = (await admission.mutate(object, live)) as KubeObject
  const final = mutated === object ? object : settle(withDefaults(definition, mutated))
  check(definition, final, live, subresource)
  await admission.validate(final, live)
  return final
}

/**
 * Replaces what is stored by `wanted`, as far as the endpoint lets it. Returns what is stored afterwards. Where a
 * webhook converts, `before` has been converted ahead.
 */
export function updateObject(
  store: ObjectStore,
  definition: ResourceDefinition,
  before: Stored,
  wanted: KubeObject,
  subresource: string,
  { dryRun, own, admission }: WriteOptions,
): KubeObject | Promise<KubeObject> {
  const live = inVersion(definition, before).value
  checkPreconditions(definition, before, live, wanted)
  const allowed = (object: KubeObject): KubeObject =>
    subresource === 'status' ? statusUpdate(live, object, definition) : specUpdate(live, object, definition)
  const counted = (object: KubeObject): KubeObject =>
    subresource === 'status' ? object : withGeneration(live, object, definition)
  const said = ownedBy(own, definition, withDefaults(definition, allowed(wanted)), live)
  const after = counted(definition.keeps === undefined ? said : definition.keeps(said, live, store))
  const put = (stored: KubeObject): KubeObject =>
    dryRun ? stored : store.update(definition, stored, before.revision).value
  const commit = (final: KubeObject): KubeObject | Promise<KubeObject> => {
    definition.admitUpdate?.(final, live, store)
    return stored(definition, final, put)
  }
  if (admission === undefined) {
    check(definition, after, live, subresource)
    return commit(after)
  }
  return admitted(
    admission,
    definition,
    after,
    live,
    (mutated) => withFields(counted(allowed(mutated)), mutated),
    subresource,
  ).then(commit)
}

/** With its owners. What has no place in a list of maps can't be owned: its own validation says so better. */
function ownedBy(
  own: Own | undefined,
  definition: ResourceDefinition,
  object: KubeObject,
  live: KubeObject | undefined,
): KubeObject {
  if (own === undefined) return object
  try {
    return own(object)
  } catch (error) {
    check(definition, object, live)
    throw error
  }
}

/** managedFields as they were recorded: endpoints don't let them through otherwise. */
function withFields(object: KubeObject, { metadata: { managedFields } }: KubeObject): KubeObject {
  return managedFields === undefined ? object : { ...object, metadata: { ...object.metadata, managedFields } }
}

function checkPreconditions(
  definition: ResourceDefinition,
  before: Stored,
  live: KubeObject,
  { metadata }: KubeObject,
): void {
  const ref = { group: definition.group, resource: definition.resource, name: live.metadata.name }
  if (metadata.uid !== undefined && metadata.uid !== '' && metadata.uid !== live.metadata.uid) {
    throw conflict(
      ref,
      `StorageError: invalid object, Code: 4, Key: ${storageKey(definition, live)}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${live.metadata.uid}`,
    )
  }
  const version = metadata.resourceVersion ?? ''
  if (version === '' || version === '0' || Number(version) === before.revision) return
  if (!/^\d+$/.test(version))
    throw failure(500, undefined, `strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`)
  throw conflict(ref)
}

function statusUpdate(before: KubeObject, wanted: KubeObject, definition: ResourceDefinition): KubeObject {
  const { status } = wanted
  const metadata = definition.custom === true ? before.metadata : mutableMetadata(before, wanted)
  const { status: _, ...rest } = before
  return { ...rest, metadata, ...(status === undefined ? {} : { status }) }
}

function specUpdate(before: KubeObject, wanted: KubeObject, definition: ResourceDefinition): KubeObject {
  const body =
    definition.status === true
      ? { ...withoutStatus(wanted), ...(before.status === undefined ? {} : { status: before.status }) }
      : wanted
  const metadata = mutableMetadata(before, wanted)
  return { ...body, kind: before.kind, apiVersion: before.apiVersion, metadata }
}

function withGeneration(before: KubeObject, after: KubeObject, definition: ResourceDefinition): KubeObject {
  if (!definition.generation) return after
  const changed = Object.keys({ ...before, ...after }).some(
    (field) => field !== 'metadata' && field !== 'status' && !deepEqual(before[field], after[field]),
  )
  if (!changed && definition.alsoCounted?.(before, after) !== true) return after
  return { ...after, metadata: { ...after.metadata, generation: (before.metadata.generation ?? 0) + 1 } }
}

/** What a client can't change stays: identity, times, generation; finalizers can't be added while deleting. */
function mutableMetadata(before: KubeObject, wanted: KubeObject): KubeObject['metadata'] {
  const old = before.metadata
  const { labels, annotations, ownerReferences, finalizers } = wanted.metadata
  const { labels: _, annotations: __, ownerReferences: ___, finalizers: ____, ...identity } = old
  return {
    ...identity,
    ...(nonEmpty(labels) ? { labels } : {}),
    ...(nonEmpty(annotations) ? { annotations } : {}),
    ...(ownerReferences !== undefined && ownerReferences.length > 0 ? { ownerReferences } : {}),
    ...(finalizers !== undefined && finalizers.length > 0 ? { finalizers } : {}),
  }
}

const nonEmpty = (map: object | undefined): boolean => map !== undefined && Object.keys(map).length > 0

/** What the server adds to a new object on its own account: nobody manages it. */
const completed = (store: ObjectStore, definition: ResourceDefinition, object: KubeObject): KubeObject =>
  definition.complete === undefined ? object : definition.complete(object, store)

const withDefaults = (definition: ResourceDefinition, object: KubeObject): KubeObject =>
  definition.defaults === undefined ? object : definition.defaults(object)

/** A new object's status is empty, whatever the client says: `{}` where the type prints that. */
function withNewStatus(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const { status } = emptyObject(definition) as { status?: object }
  return status === undefined ? withoutStatus(object) : { ...object, status }
}

function withoutStatus(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object
  return rest
}

function check(
  definition: ResourceDefinition,
  object: KubeObject,
  before: KubeObject | undefined,
  subresource = '',
): void {
  const metadata = metadataCauses(definition.kind, object, before, definition.custom)
  // Updates of custom resources are looked at by the registry and by their own strategy.
  const twice = definition.custom === true && before !== undefined ? metadata : []
  const all = [...metadata, ...twice, ...(definition.validate?.(object, before, subresource) ?? [])]
  if (all.length > 0) throw invalid(definition.storage ?? definition, object.metadata.name ?? '', all)
}
