/** get, list and watch, generic over the resource. Each returns a reply or throws a StatusError. */
import { jsonReply, type EncodedValue, type Exchange, type Reply } from '../../kube/handler.ts'
import { apiVersionOf } from '../../kube/object.ts'
import { badRequest, failure, invalid, tooLargeResourceVersion } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import { selectionOf } from '../selection.ts'
import type { ObjectStore } from '../store.ts'
import type { Stored } from '../stored.ts'
import { table, tableStream, wantsTable, type IncludeObject, type TableOptions } from '../table.ts'
import { inVersion, versionStream } from '../versions.ts'
import { errorStream, Watcher } from '../watcher.ts'
import { keyOf, type VerbContext } from './context.ts'

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

export function getObject(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Reply {
  const stored = inVersion(definition, context.store.require(definition, keyOf(exchange)))
  if (wantsTable(acceptOf(exchange))) {
    return jsonReply(
      200,
      table(definition, [stored.value], stored.value.metadata.resourceVersion, tableOptions(context, exchange)),
    )
  }
  return { status: 200, body: { kind: 'value', value: stored } }
}

export function listObjects(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Reply {
  const { store } = context
  const { request } = exchange
  checkListVersion(store, request.query)
  const selection = selectionOf(definition, request, false)
  const all = store.collection(definition).list(request.namespace)
  const found = selection === undefined ? all : all.filter((stored) => selection(stored.value))
  const chosen = definition.storage === undefined ? found : found.map((stored) => inVersion(definition, stored))
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
export class EncodedList implements EncodedValue {
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

export function watchObjects(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Reply {
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
  const stream = versionStream(definition, watcher)
  return watchReply(
    wantsTable(acceptOf(exchange)) ? tableStream(definition, stream, () => tableOptions(context, exchange)) : stream,
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
