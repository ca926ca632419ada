/** Objects, lists and watches in the form a client asked for: JSON, YAML or protobuf; whole, as tables or as metadata alone. */
import { internalType } from '../kube/go-print.ts'
import { goYaml } from '../kube/go-yaml.ts'
import type { EncodedValue, Exchange, Reply, WatchEvent, WatchStream } from '../kube/handler.ts'
import { encoded } from '../kube/handler.ts'
import { apiVersionOf } from '../kube/object.ts'
import { batchOf, watchEvent } from '../kube/watch-codec.ts'
import { failure } from '../kube/status.ts'
import { closeEnvelope, protobufType } from '../kube/types/protobuf.ts'
import { encodeMessage } from '../kube/types/protobuf-encode.ts'
import { listMessageOf, messageOf, messageOfKind, type Message } from '../kube/types/tables.ts'
import type { ResourceDefinition } from './definition.ts'
import { mediaTypes, plainFormatOf, type Wanted } from './negotiate.ts'
import { partialObject } from './partial-object.ts'
import type { Stored } from './stored.ts'
import { table, tableStream, type TableOptions } from './table.ts'
import type { KubeObject } from './types.ts'

/** The type of a kind on the protobuf wire; custom resources have none. */
export const wireType = (definition: ResourceDefinition): Message | undefined =>
  definition.custom === true ? undefined : messageOfKind(definition.group, definition.version, definition.kind)

export interface ListHead {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

/** Metadata of one object is no list's, and the other way round. */
function refuseForm({ as }: Wanted, definition: ResourceDefinition, list: boolean): void {
  if (as !== (list ? 'PartialObjectMetadata' : 'PartialObjectMetadataList')) return
  const type = definition.custom === true ? 'unstructured.Unstructured' : internalType(definition)
  throw failure(
    406,
    'NotAcceptable',
    list
      ? `you requested PartialObjectMetadata, but the requested object is a list (*${type}List)`
      : `you requested PartialObjectMetadataList, but the requested object is not a list (*${type})`,
  )
}

const protobufs = new WeakMap<Stored, Buffer>()

/** A stored object's envelope: made once and shared. */
function protobufOf(definition: ResourceDefinition, stored: Stored): Buffer {
  let bytes = protobufs.get(stored)
  if (bytes === undefined) protobufs.set(stored, (bytes = protobufBytes(wireType(definition) as Message, stored.value)))
  return bytes
}

const protobufBytes = (message: Message, object: { apiVersion: string; kind: string }): Buffer =>
  closeEnvelope({ apiVersion: object.apiVersion, kind: object.kind, raw: encodeMessage(message, object) })

const partialMessage = (): Message => messageOf('meta-v1.PartialObjectMetadata')

function reply(status: number, wanted: Pick<Wanted, 'format'>, value: EncodedValue, headers?: Reply['headers']): Reply {
  if (wanted.format === 'json')
    return headers === undefined
      ? { status, body: { kind: 'value', value } }
      : { status, headers, body: { kind: 'value', value } }
  const shown = wanted.format === 'yaml' ? { value: value.value, bytes: () => Buffer.from(goYaml(value.value)) } : value
  return {
    status,
    headers: { 'content-type': mediaTypes[wanted.format], ...headers },
    body: { kind: 'value', value: shown },
  }
}

/** What the server says of itself, as an object: a Status, a list of groups. */
export interface MetaObject {
  readonly kind: string
  readonly apiVersion?: string
  readonly [field: string]: unknown
}

/** An object of meta/v1. */
export const metaReply = (object: MetaObject, format: Wanted['format']): Reply =>
  wholeReply(200, format, messageOf(`meta-v1.${object.kind}`), object)

/** An object that is nowhere stored. */
export function wholeReply(
  status: number,
  format: Wanted['format'],
  message: Message,
  object: MetaObject,
  headers?: Reply['headers'],
): Reply {
  const { apiVersion = '', kind } = object
  const bytes = (): Buffer => protobufBytes(message, { ...object, apiVersion, kind })
  return reply(status, { format }, format === 'protobuf' ? { value: object, bytes } : encoded(object), headers)
}

/**
 * A Status, a Scale or a TokenRequest in the format that the client prefers; any other reply as it is. A client that
 * accepts none of the formats gets JSON. Source: k8s.io/apiserver endpoints/handlers/responsewriters (ErrorNegotiated).
 */
export function inWantedFormat(exchange: Exchange, given: Reply): Reply {
  const { accept = '' } = exchange.headers
  if (given.body.kind !== 'value' || given.headers?.['content-type'] !== undefined) return given
  if (accept === '' || accept === 'application/json') return given
  const object = given.body.value.value as MetaObject
  const { apiVersion = '', kind = '' } = object
  if (!exchange.request.isResource && kind !== 'Status') return given
  const format = plainFormatOf(accept, given.status < 300)
  if (format === 'json') return given
  const [version = '', group = ''] = apiVersion.split('/').toReversed()
  const message = kind === 'Status' ? messageOf('meta-v1.Status') : messageOfKind(group, version, kind)
  return message === undefined ? given : wholeReply(given.status, format, message, object, given.headers)
}

export function objectReply(
  status: number,
  definition: ResourceDefinition,
  stored: Stored,
  wanted: Wanted,
  tables: () => TableOptions,
  headers?: Reply['headers'],
): Reply {
  const { value } = stored
  refuseForm(wanted, definition, false)
  if (wanted.as === 'Table') {
    const shown = table(definition, [value], value.metadata.resourceVersion, { ...tables(), ...wanted })
    return reply(status, wanted, encoded(shown), headers)
  }
  const protobuf = wanted.format === 'protobuf'
  if (wanted.as !== 'object') {
    const metadata = partialObject(definition, value, wanted.apiVersion)
    return reply(
      status,
      wanted,
      protobuf ? { value: metadata, bytes: () => protobufBytes(partialMessage(), metadata) } : encoded(metadata),
      headers,
    )
  }
  return reply(status, wanted, protobuf ? { value, bytes: () => protobufOf(definition, stored) } : stored, headers)
}

export function listReply(
  definition: ResourceDefinition,
  items: readonly Stored[],
  head: ListHead,
  wanted: Wanted,
  tables: () => TableOptions,
  json: () => EncodedValue,
): Reply {
  const objects = (): KubeObject[] => items.map(({ value }) => value)
  refuseForm(wanted, definition, true)
  if (wanted.as === 'Table')
    return reply(200, wanted, encoded(table(definition, objects(), head, { ...tables(), ...wanted })))
  if (wanted.as !== 'object') {
    const list = {
      kind: 'PartialObjectMetadataList',
      apiVersion: wanted.apiVersion,
      metadata: head,
      // Go's list of none is null here.
      items:
        items.length === 0 ? null : objects().map((object) => partialObject(definition, object, wanted.apiVersion)),
    }
    const bytes = (): Buffer => protobufBytes(messageOf('meta-v1.PartialObjectMetadataList'), list)
    return reply(200, wanted, wanted.format === 'protobuf' ? { value: list, bytes } : encoded(list))
  }
  if (wanted.format !== 'protobuf') return reply(200, wanted, json())
  const message = wireType(definition) as Message
  const whole = {
    kind: `${definition.kind}List`,
    apiVersion: apiVersionOf(definition),
    metadata: head,
    items: objects(),
  }
  return reply(200, wanted, { value: whole, bytes: () => protobufBytes(listMessageOf(message), whole) })
}

export function watchReply(
  definition: ResourceDefinition,
  stream: WatchStream,
  wanted: Wanted,
  tables: () => TableOptions,
): Reply {
  const shown =
    wanted.as === 'Table'
      ? tableStream(definition, stream, () => ({ ...tables(), ...wanted }))
      : wanted.as === 'object'
        ? stream
        : partialStream(definition, stream, wanted.apiVersion)
  return {
    status: 200,
    ...(wanted.format === 'protobuf' ? { headers: { 'content-type': `${protobufType};stream=watch` } } : {}),
    body: { kind: 'watch', stream: shown },
  }
}

function partialStream(definition: ResourceDefinition, source: WatchStream, apiVersion: string): WatchStream {
  const convert = (event: WatchEvent): WatchEvent =>
    event.type === 'ERROR'
      ? event
      : watchEvent(event.type, partialObject(definition, event.object as KubeObject, apiVersion))
  return {
    async next() {
      const batch = await source.next()
      return batch === undefined ? undefined : batchOf(batch.events.map(convert))
    },
    close: () => source.close(),
  }
}
