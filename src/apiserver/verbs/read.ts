/** get and list, generic over the resource. Each returns a reply or throws a StatusError. */
import type { EncodedValue, Exchange, Reply } from '../../kube/handler.ts'
import { apiVersionOf } from '../../kube/object.ts'
import { isTrue } from '../../kube/request.ts'
import { badRequest, failure, tooLargeResourceVersion } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import { wantedOf, type Wanted } from '../negotiate.ts'
import { listOptionsOf } from '../list-options.ts'
import { pageOf, versionProblem } from '../paging.ts'
import { listReply, objectReply, wireType, type ListHead } from '../represent.ts'
import { requireStorable } from '../storage-key.ts'
import type { Stored } from '../stored.ts'
import type { IncludeObject, TableOptions } from '../table.ts'
import { convertAhead, inVersion, isAsStored, viewIn } from '../versions.ts'
import { keyOf, type VerbContext } from './context.ts'

const inclusions = ['Metadata', 'Object', 'None']

export function tableOptions(context: VerbContext, exchange: Exchange): TableOptions {
  const include = exchange.request.query.get('includeObject') || 'Metadata'
  if (!inclusions.includes(include))
    throw badRequest(
      `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
    )
  return {
    include: include as IncludeObject,
    nowMs: context.clock.wallMs(),
  }
}

export function getObject(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
): Reply | Promise<Reply> {
  const wanted = wantedIn(definition, exchange)
  const key = keyOf(definition, exchange)
  checkGetOptions(context, definition, exchange)
  const shown = viewIn(definition, context.store.require(definition, key))
  const reply = (stored: Stored): Reply =>
    objectReply(200, definition, stored, wanted, () => tableOptions(context, exchange))
  return shown instanceof Promise ? shown.then(reply) : reply(shown)
}

/** A cache has to be as new as the version that is asked for. */
function checkGetOptions(
  { store }: VerbContext,
  { uncached }: ResourceDefinition,
  { request: { query } }: Exchange,
): void {
  if (query.size === 0) return
  if (isTrue(query.get('export')))
    throw badRequest('the export parameter, deprecated since v1.14, is no longer supported')
  const version = query.get('resourceVersion') ?? ''
  if (version === '') return
  const problem = versionProblem(version)
  if (problem !== undefined)
    throw uncached === true ? badRequest(`invalid resource version: ${problem}`) : failure(500, undefined, problem)
  if (Number(version) > store.revision)
    throw tooLargeResourceVersion(Number(version), store.revision, uncached !== true)
}

export const wantedIn = (definition: ResourceDefinition, exchange: Exchange): Wanted =>
  wantedOf(exchange, {
    protobuf: wireType(definition) !== undefined,
    tables:
      definition.review === undefined &&
      definition.untabled !== 'all' &&
      (definition.untabled !== 'status' || exchange.request.subresource !== 'status'),
  })

export function listObjects(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
): Reply | Promise<Reply> {
  const { store } = context
  const { request } = exchange
  const wanted = wantedIn(definition, exchange)
  const options = listOptionsOf(definition, request)
  requireStorable(definition, request)
  const page = pageOf(store, definition, request.namespace, options)
  const reply = (items: readonly Stored[]): Reply =>
    listReply(
      definition,
      items,
      page.head,
      wanted,
      () => tableOptions(context, exchange),
      () => new EncodedList(definition, items, page.head),
    )
  if (isAsStored(definition)) return reply(page.items)
  const shown = (): Reply => reply(page.items.map((stored) => inVersion(definition, stored)))
  const objects = page.items.map(({ value }) => value)
  return convertAhead(definition, objects)?.then(shown) ?? shown()
}

/** A list made of the bytes of its objects. Lists of built-in kinds leave out each item's kind, as Go's typed lists do. */
export class EncodedList implements EncodedValue {
  readonly #definition: ResourceDefinition
  readonly #items: readonly Stored[]
  readonly #metadata: ListHead

  constructor(definition: ResourceDefinition, items: readonly Stored[], metadata: ListHead) {
    this.#definition = definition
    this.#items = items
    // Lists of custom resources say that there is no more of them.
    this.#metadata = definition.custom === true ? { continue: '', ...metadata } : metadata
  }

  get value(): unknown {
    const { custom } = this.#definition
    const items = this.#items.map(({ value }) => value)
    return {
      ...this.#head(),
      items: custom === true ? items : items.map(({ kind: _, apiVersion: __, ...rest }) => rest),
    }
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
      metadata: this.#metadata,
    }
  }
}

const open = Buffer.from('{')
const nextOpen = Buffer.from(',{')
const comma = Buffer.from(',')
const end = Buffer.from(']}\n')
