/** The verbs on resources, generic over their definitions. Each returns a reply or throws a StatusError. */
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { jsonReply, type EncodedValue, type Exchange, type Reply } from '../kube/handler.ts'
import { apiVersionOf, isRecord, objectKey } from '../kube/object.ts'
import { jsonPatch, mergePatch, PatchError } from '../kube/patch.ts'
import {
  badRequest,
  conflict,
  failure,
  invalid,
  methodNotAllowed,
  notFound,
  tooLargeResourceVersion,
} from '../kube/status.ts'
import { jsonPatchType, mergePatchType, readObject, readOptions, readPatch, strategicPatchType } from './body.ts'
import type { ResourceDefinition } from './definition.ts'
import { deleteObject, type Propagation } from './garbage-collector.ts'
import { admitCreate, admitDelete } from './namespaces.ts'
import { selectionOf } from './selection.ts'
import type { ObjectStore } from './store.ts'
import type { Stored } from './stored.ts'
import { strategicMergePatch } from './strategic-merge.ts'
import { table, tableStream, wantsTable, type IncludeObject, type TableOptions } from './table.ts'
import type { KubeObject } from './types.ts'
import { errorStream, Watcher } from './watcher.ts'
import { createObject, identified, updateObject } from './write.ts'

export interface VerbContext {
  readonly store: ObjectStore
  readonly clock: Clock
  readonly random: Random
  readonly watchers: Set<Watcher>
}

type VerbHandler = (context: VerbContext, definition: ResourceDefinition, exchange: Exchange) => Reply | Promise<Reply>

export const verbHandlers: Readonly<Record<string, VerbHandler>> = {
  get: getObject,
  list: listObjects,
  watch: watchObjects,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
  connect: () => {
    throw methodNotAllowed('connect')
  },
}

const keyOf = (exchange: Exchange): string => objectKey(exchange.request)

function tableOptions(context: VerbContext, exchange: Exchange): TableOptions {
  return {
    include: (exchange.request.query.get('includeObject') ?? 'Metadata') as IncludeObject,
    nowMs: context.clock.wallMs(),
  }
}

const acceptOf = (exchange: Exchange): string | undefined => {
  const { accept } = exchange.headers
  return typeof accept === 'string' ? accept : undefined
}

function getObject(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Reply {
  const stored = context.store.require(definition, keyOf(exchange))
  if (wantsTable(acceptOf(exchange))) {
    return jsonReply(
      200,
      table(definition, [stored.value], stored.value.metadata.resourceVersion, tableOptions(context, exchange)),
    )
  }
  return { status: 200, body: { kind: 'value', value: stored } }
}

function listObjects(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Reply {
  const { store } = context
  const { request } = exchange
  checkListVersion(store, request.query)
  const selection = selectionOf(definition, request, false)
  const all = store.collection(definition).list(request.namespace)
  const chosen = selection === undefined ? all : all.filter((stored) => selection(stored.value))
  if (wantsTable(acceptOf(exchange))) {
    const objects = chosen.map((stored) => stored.value)
    return jsonReply(200, table(definition, objects, String(store.revision), tableOptions(context, exchange)))
  }
  return { status: 200, body: { kind: 'value', value: new EncodedList(definition, chosen, store.revision) } }
}

function checkListVersion(store: ObjectStore, query: URLSearchParams): void {
  if (query.get('continue'))
    throw failure(400, 'BadRequest', 'continue key is not valid: this server does not paginate')
  const version = query.get('resourceVersion') ?? ''
  if (version === '') return
  if (!/^\d+$/.test(version)) throw invalidVersion(version)
  if (Number(version) > store.revision) throw tooLargeResourceVersion(Number(version), store.revision)
}

const invalidVersion = (version: string): Error =>
  badRequest(
    `Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
  )

/** A list made of the bytes of its objects. Lists of built-in kinds leave out each item's kind, as Go's typed lists do. */
class EncodedList implements EncodedValue {
  readonly #definition: ResourceDefinition
  readonly #items: readonly Stored[]
  readonly #revision: number

  constructor(definition: ResourceDefinition, items: readonly Stored[], revision: number) {
    this.#definition = definition
    this.#items = items
    this.#revision = revision
  }

  get value(): unknown {
    return { ...this.#head(), items: this.#items.map((stored) => stored.value) }
  }

  bytes(): Buffer {
    const head = JSON.stringify(this.#head())
    const { kind, custom } = this.#definition
    const skip = custom === true ? 0 : `{"kind":"${kind}","apiVersion":"${apiVersionOf(this.#definition)}",`.length
    const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"items":[`)]
    for (const [index, stored] of this.#items.entries()) {
      const bytes = stored.bytes()
      if (skip > 0) parts.push(index === 0 ? open : nextOpen, bytes.subarray(skip, -1))
      else {
        if (index > 0) parts.push(comma)
        parts.push(bytes.subarray(0, -1))
      }
    }
    parts.push(end)
    return Buffer.concat(parts)
  }

  #head(): object {
    return {
      kind: `${this.#definition.kind}List`,
      apiVersion: apiVersionOf(this.#definition),
      metadata: { resourceVersion: String(this.#revision) },
    }
  }
}

const open = Buffer.from('{')
const nextOpen = Buffer.from(',{')
const comma = Buffer.from(',')
const end = Buffer.from(']}\n')

/** The client's `timeoutSeconds`, else a random half hour to an hour, as the real server draws it. */
const watchTimeoutMin = 1800

function watchObjects(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Reply {
  const { store, clock, random, watchers } = context
  const { query } = exchange.request
  const collection = store.collection(definition)
  const version = query.get('resourceVersion') ?? ''
  if (version !== '' && !/^\d+$/.test(version)) throw invalidVersion(version)
  const revision = Number(version === '' ? 0 : version)
  const sendInitial = query.get('sendInitialEvents')
  const bookmarks = isTrue(query.get('allowWatchBookmarks'))
  if (sendInitial !== null) checkInitialEvents(query)
  if (revision > store.revision) {
    const status = tooLargeResourceVersion(revision, store.revision)
    if (sendInitial !== null) throw status
    return watchReply(errorStream(status.status))
  }
  const selection = selectionOf(definition, exchange.request, true)
  const withState = sendInitial === null ? revision === 0 : isTrue(sendInitial)
  const seconds = Number(query.get('timeoutSeconds') ?? 0)
  const timeout =
    seconds > 0 ? seconds : watchTimeoutMin * (1 + random.draw('watch-timeout', store.revision, watchers.size))
  const { name, namespace } = exchange.request
  const wanted = (stored: Stored): boolean => selection === undefined || selection(stored.value)
  const watcher: Watcher = new Watcher({
    collection,
    clock,
    filter: name === '' && namespace === '' && selection === undefined ? undefined : selection,
    from: withState ? store.revision : revision,
    initial: withState
      ? { objects: collection.list(namespace).filter(wanted), bookmark: isTrue(sendInitial) }
      : undefined,
    bookmarks,
    revision: () => store.revision,
    timeout: timeout * 1000,
    onClose: () => watchers.delete(watcher),
  })
  watchers.add(watcher)
  return watchReply(
    wantsTable(acceptOf(exchange)) ? tableStream(definition, watcher, () => tableOptions(context, exchange)) : watcher,
  )
}

const watchReply = (stream: Parameters<typeof tableStream>[1]): Reply => ({
  status: 200,
  body: { kind: 'watch', stream },
})
const isTrue = (value: string | null): boolean => value === 'true' || value === '1'

/** Source: k8s.io/apimachinery/pkg/apis/meta/internalversion/validation. */
function checkInitialEvents(query: URLSearchParams): void {
  if (query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      {
        reason: 'FieldValueForbidden',
        field: 'resourceVersionMatch',
        message: 'Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
      },
    ])
  }
}

const isDryRun = (exchange: Exchange): boolean => exchange.request.query.get('dryRun') === 'All'

const warningHeaders = (warnings: readonly string[]): { headers?: Record<string, string[]> } =>
  warnings.length === 0
    ? {}
    : { headers: { warning: warnings.map((text) => `299 - "${text.replaceAll('"', '\\"')}"`) } }

const valueReply = (
  context: VerbContext,
  definition: ResourceDefinition,
  status: number,
  object: KubeObject,
  warnings: readonly string[] = [],
): Reply => {
  const stored = context.store.get(definition, objectKey(object.metadata))
  if (stored?.value === object) return { status, ...warningHeaders(warnings), body: { kind: 'value', value: stored } }
  return { ...jsonReply(status, object), ...warningHeaders(warnings) }
}

async function create(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const { request } = exchange
  if (request.name !== '')
    throw request.subresource === '' ? methodNotAllowed('create') : subresourceMissing(definition, exchange)
  const { value, warnings } = await readObject(exchange)
  const object = identified(definition, request, value)
  admitCreate(context.store, definition, object)
  return valueReply(
    context,
    definition,
    201,
    createObject(context.store, definition, object, isDryRun(exchange)),
    warnings,
  )
}

async function update(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const { request } = exchange
  const { value, warnings } = await readObject(exchange)
  const object = identified(definition, request, value)
  const { name = '' } = object.metadata
  if (name !== request.name) {
    throw badRequest(
      name === ''
        ? 'name must be provided'
        : `the name of the object (${name}) does not match the name on the URL (${request.name})`,
    )
  }
  const before = context.store.require(definition, keyOf(exchange))
  if (definition.custom === true && (object.metadata.resourceVersion ?? '') === '') {
    throw invalid(definition, name, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ])
  }
  const after = updateObject(context.store, definition, before, object, request.subresource, isDryRun(exchange))
  return valueReply(context, definition, 200, after, warnings)
}

async function patch(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const { request } = exchange
  const accepted = [jsonPatchType, mergePatchType, ...(definition.custom === true ? [] : [strategicPatchType])]
  const { value, type, warnings } = await readPatch(exchange, accepted)
  const before = context.store.require(definition, keyOf(exchange))
  const object = identified(definition, request, applied(type, before.value, value))
  // A patch without a resourceVersion is no optimistic lock: the merged object still holds the stored one.
  const after = updateObject(context.store, definition, before, object, request.subresource, isDryRun(exchange))
  return valueReply(context, definition, 200, after, warnings)
}

function applied(type: string, target: KubeObject, change: unknown): unknown {
  if (type === jsonPatchType) {
    try {
      return jsonPatch(target, change)
    } catch (error) {
      if (error instanceof PatchError)
        throw failure(
          422,
          'Invalid',
          `the server rejected our request due to an error in our request: ${error.message}`,
        )
      throw error
    }
  }
  if (!isRecord(change)) throw badRequest('json: cannot unmarshal patch: it must be an object')
  return type === mergePatchType ? mergePatch(target, change) : strategicMergePatch(target, change)
}

function subresourceMissing(definition: ResourceDefinition, exchange: Exchange): Error {
  return notFound({ group: definition.group, resource: definition.resource, name: exchange.request.name })
}

interface DeleteOptions {
  readonly propagationPolicy?: string
  readonly orphanDependents?: boolean
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: readonly string[]
}

async function deleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const options = await readOptions(exchange)
  const policy = exchange.request.query.get('propagationPolicy')
  return {
    ...(isRecord(options) ? options : {}),
    ...(policy === null ? {} : { propagationPolicy: policy }),
  }
}

const propagationOf = (options: DeleteOptions): Propagation =>
  options.orphanDependents === true ? 'Orphan' : ((options.propagationPolicy ?? 'Background') as Propagation)

async function remove(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const options = await deleteOptions(exchange)
  const { store } = context
  const key = keyOf(exchange)
  const before = store.require(definition, key)
  admitDelete(definition, before.value)
  const { uid, resourceVersion } = options.preconditions ?? {}
  const ref = { group: definition.group, resource: definition.resource, name: exchange.request.name }
  const actual = before.value.metadata
  if (uid !== undefined && uid !== actual.uid) {
    throw conflict(ref, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actual.uid}`)
  }
  if (resourceVersion !== undefined && resourceVersion !== actual.resourceVersion) {
    throw conflict(
      ref,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${actual.resourceVersion}`,
    )
  }
  if (isDryRun(exchange) || options.dryRun?.includes('All') === true)
    return { status: 200, body: { kind: 'value', value: before } }
  const after = deleteObject(store, definition, key, propagationOf(options))
  if (store.get(definition, key) !== undefined) return { status: 200, body: { kind: 'value', value: after } }
  return jsonReply(200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: actual.name,
      ...(definition.group === '' ? {} : { group: definition.group }),
      kind: definition.resource,
      uid: actual.uid,
    },
  })
}

async function removeCollection(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
): Promise<Reply> {
  const options = await deleteOptions(exchange)
  const { store } = context
  const selection = selectionOf(definition, exchange.request, false)
  const chosen = store
    .collection(definition)
    .list(exchange.request.namespace)
    .filter((stored) => selection === undefined || selection(stored.value))
  if (!isDryRun(exchange)) {
    for (const stored of chosen) {
      admitDelete(definition, stored.value)
      deleteObject(store, definition, stored.key, propagationOf(options))
    }
  }
  return { status: 200, body: { kind: 'value', value: new EncodedList(definition, chosen, store.revision) } }
}
