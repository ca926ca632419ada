/**
 * Kubernetes' protobuf encoding of the built-in types, from the type tables. An object on the wire is an envelope
 * (`k8s\0` and a runtime.Unknown) around the message. Source: k8s.io/apimachinery/pkg/runtime/serializer/protobuf.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { rfc3339 } from '../../base/clock.ts'
import { decodeJson, rawNumber } from '../json.ts'
import { setOwn } from '../object.ts'
import { messageOf, type FieldType, type Message, type ScalarName } from './tables.ts'

export const protobufType = 'application/vnd.kubernetes.protobuf'

const magic = Buffer.from('k8s\0', 'latin1')

export class ProtobufError extends Error {
  override readonly name = 'ProtobufError'
}

export interface Envelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Uint8Array
}

export function openEnvelope(bytes: Buffer): Envelope {
  if (bytes.length === 0) throw new ProtobufError('empty data')
  if (!bytes.subarray(0, 4).equals(magic))
    throw new ProtobufError('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]')
  let [apiVersion, kind] = ['', '']
  let raw: Uint8Array = new Uint8Array()
  eachField(bytes.subarray(4), (number, reader, wire) => {
    if (number === 1)
      eachField(reader.bytes(), (inner, typeMeta, innerWire) => {
        if (inner === 1) apiVersion = typeMeta.string()
        else if (inner === 2) kind = typeMeta.string()
        else typeMeta.skip(innerWire)
      })
    else if (number === 2) raw = reader.bytes()
    else reader.skip(wire)
  })
  return { apiVersion, kind, raw }
}

export function closeEnvelope({ apiVersion, kind, raw }: Envelope): Buffer {
  const typeMeta = new BinaryWriter().tag(1, 2).string(apiVersion).tag(2, 2).string(kind).finish()
  const writer = new BinaryWriter().tag(1, 2).bytes(typeMeta).tag(2, 2).bytes(raw)
  const unknown = writer.tag(3, 2).string('').tag(4, 2).string('').finish()
  return Buffer.concat([magic, unknown])
}

function eachField(bytes: Uint8Array, read: (number: number, reader: BinaryReader, wire: WireType) => void): void {
  try {
    const reader = new BinaryReader(bytes)
    while (reader.pos < reader.len) {
      const [number, wire] = reader.tag()
      read(number, reader, wire)
    }
  } catch (error) {
    if (error instanceof ProtobufError) throw error
    throw new ProtobufError((error as Error).message, { cause: error })
  }
}

/** The JSON form of a message, not yet as Go prints it: normalize() completes it. Throws {@link ProtobufError}. */
export function decodeMessage(message: Message, bytes: Uint8Array): Record<string, unknown> {
  const object: Record<string, unknown> = {}
  eachField(bytes, (number, reader, wire) => {
    const field = message.byNumber.get(number)
    if (field === undefined) return reader.skip(wire)
    const { type, name } = field
    if (field.inline && type.kind === 'message')
      Object.assign(object, decodeMessage(messageOf(type.name), reader.bytes()))
    else if (type.kind === 'list') {
      const list = (object[name] ??= []) as unknown[]
      if (wire === WireType.LengthDelimited && isVarint(type.element)) {
        const packed = new BinaryReader(reader.bytes())
        while (packed.pos < packed.len) list.push(decodeValue(type.element, packed))
      } else list.push(decodeValue(type.element, reader))
    } else if (type.kind === 'map') {
      const [key, value] = decodeEntry(type.element, reader.bytes())
      setOwn((object[name] ??= {}) as Record<string, unknown>, key, value)
    } else object[name] = decodeValue(type, reader)
  })
  return object
}

const varints = new Set<ScalarName>(['bool', 'int32', 'int64', 'uint32'])
const isVarint = (type: FieldType): boolean => type.kind === 'scalar' && varints.has(type.name)

function decodeEntry(element: FieldType, bytes: Uint8Array): [string, unknown] {
  let key = ''
  let value: unknown = element.kind === 'scalar' && element.name === 'string' ? '' : element.kind === 'list' ? [] : {}
  eachField(bytes, (number, reader, wire) => {
    if (number === 1) key = reader.string()
    else if (number === 2) value = decodeValue(element, reader)
    else reader.skip(wire)
  })
  return [key, value]
}

function decodeValue(type: FieldType, reader: BinaryReader): unknown {
  if (type.kind === 'message') return decodeMessage(messageOf(type.name), reader.bytes())
  if (type.kind === 'list') {
    // A list inside of a map is a message of its own, with the items as field 1.
    const items: unknown[] = []
    eachField(reader.bytes(), (number, inner, wire) => {
      if (number === 1) items.push(decodeValue(type.element, inner))
      else inner.skip(wire)
    })
    return items
  }
  if (type.kind === 'map') throw new ProtobufError('a map inside of a map')
  return decodeScalar(type.name, reader)
}

/** Beyond 2⁵³ as raw JSON, as the JSON decoder keeps such numbers. */
function integer(value: bigint | string): unknown {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : rawNumber(String(value))
}

function decodeScalar(name: ScalarName, reader: BinaryReader): unknown {
  switch (name) {
    case 'string':
      return reader.string()
    case 'bool':
      return reader.bool()
    case 'int32':
      return reader.int32()
    case 'uint32':
      return reader.uint32()
    case 'int64':
      return integer(reader.int64())
    case 'double':
      return reader.double()
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64')
    default:
      return decodeWrapped(name, reader.bytes())
  }
}

/** Types that are small messages on the wire and scalars in JSON. */
function decodeWrapped(name: ScalarName, bytes: Uint8Array): unknown {
  const fields = new Map<number, unknown>()
  eachField(bytes, (number, reader, wire) => {
    fields.set(
      number,
      wire === WireType.Varint
        ? reader.int64()
        : wire === WireType.LengthDelimited
          ? reader.bytes()
          : reader.skip(wire),
    )
  })
  const text = (number: number): string =>
    Buffer.from((fields.get(number) as Uint8Array | undefined) ?? []).toString('utf8')
  const count = (number: number): number => Number(fields.get(number) ?? 0)
  if (name === 'time') return fields.has(1) ? rfc3339(count(1) * 1000) : null
  if (name === 'microTime') {
    if (!fields.has(1)) return null
    const micros = String(Math.floor(count(2) / 1000)).padStart(6, '0')
    return rfc3339(count(1) * 1000).replace('Z', `.${micros}Z`)
  }
  if (name === 'duration') return `${count(1) / 1e9}s`
  if (name === 'quantity') return text(1)
  if (name === 'intOrString') return count(1) === 0 ? count(2) : text(3)
  if (name === 'raw' || name === 'json' || name === 'fieldsV1') return text(1) === '' ? null : decodeJson(text(1)).value
  const schema = messageOf('apiextensions-v1.JSONSchemaProps')
  if (name === 'schemaOrBool')
    return fields.has(2) ? decodeMessage(schema, fields.get(2) as Uint8Array) : count(1) !== 0
  return fields.has(1) ? decodeMessage(schema, fields.get(1) as Uint8Array) : []
}
