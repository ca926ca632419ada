/**
 * Messages as Go's generated code writes them: fields by number, and all of those that are no pointers, empty ones
 * too. Source: the Marshal functions of k8s.io/api, generated.pb.go.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { isRecord } from '../object.ts'
import { isListMessage, messageOf, type Field, type FieldType, type Message, type ScalarName } from './tables.ts'

/** The message of a JSON value that fits its type. */
export function encodeMessage(message: Message, value: unknown): Uint8Array {
  const writer = new BinaryWriter()
  encodeFields(message, value, writer)
  return writer.finish()
}

const sorted = new WeakMap<Message, readonly Field[]>()

function fieldsOf(message: Message): readonly Field[] {
  let fields = sorted.get(message)
  if (fields === undefined) {
    fields = message.fields.filter(({ number }) => number !== 0).sort((a, b) => a.number - b.number)
    sorted.set(message, fields)
  }
  return fields
}

function encodeFields(message: Message, value: unknown, writer: BinaryWriter): void {
  if (!isRecord(value)) return
  for (const { number, name, type, inline } of fieldsOf(message)) {
    if (inline && type.kind === 'message') {
      writer.tag(number, WireType.LengthDelimited).bytes(encodeMessage(messageOf(type.name), value))
      continue
    }
    const item = value[name]
    if (item === undefined || item === null) {
      if (!type.pointer) encodeZero(number, type, writer)
    } else if (type.kind === 'list' && !isListMessage(type))
      for (const each of item as unknown[]) encodeField(number, type.element, each, writer)
    else if (type.kind === 'map') {
      for (const [key, each] of Object.entries(item)) {
        writer.tag(number, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string(key)
        encodeField(2, type.element, each, writer)
        writer.join()
      }
    } else encodeField(number, type, item, writer)
  }
}

const empties = new WeakMap<Message, Uint8Array>()

function emptyMessage(message: Message): Uint8Array {
  let bytes = empties.get(message)
  if (bytes === undefined) empties.set(message, (bytes = encodeMessage(message, {})))
  return bytes
}

const zeros: Partial<Record<ScalarName, unknown>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  uint32: 0,
  double: 0,
  duration: '0s',
  quantity: '0',
  intOrString: 0,
}
/** Messages that say nothing when nothing is set. */
const silent = new Set<ScalarName>(['time', 'microTime', 'raw'])

/** Lists, maps and bytes are not there when they are empty. */
function encodeZero(number: number, type: FieldType, writer: BinaryWriter): void {
  if (type.kind === 'message') writer.tag(number, WireType.LengthDelimited).bytes(emptyMessage(messageOf(type.name)))
  else if (type.kind !== 'scalar') return
  else if (type.name in zeros) encodeScalar(number, type.name, zeros[type.name], writer)
  else if (silent.has(type.name)) writer.tag(number, WireType.LengthDelimited).bytes(new Uint8Array())
}

function encodeField(number: number, type: FieldType, value: unknown, writer: BinaryWriter): void {
  if (type.kind === 'message') {
    writer.tag(number, WireType.LengthDelimited).fork()
    encodeFields(messageOf(type.name), value, writer)
    writer.join()
  } else if (type.kind === 'list') {
    // Inside of a map, or with a name of its own: a message with the items as field 1.
    writer.tag(number, WireType.LengthDelimited).fork()
    for (const item of value as unknown[]) encodeField(1, type.element, item, writer)
    writer.join()
  } else if (type.kind === 'scalar') encodeScalar(number, type.name, value, writer)
}

const exact = (value: unknown): bigint => BigInt(isRecord(value) ? (value['rawJSON'] as string) : (value as number))

function encodeScalar(number: number, name: ScalarName, value: unknown, writer: BinaryWriter): void {
  switch (name) {
    case 'string':
      return void writer.tag(number, WireType.LengthDelimited).string(value as string)
    case 'bool':
      return void writer.tag(number, WireType.Varint).bool(value as boolean)
    case 'int32':
      return void writer.tag(number, WireType.Varint).int32(value as number)
    case 'uint32':
      return void writer.tag(number, WireType.Varint).uint32(value as number)
    case 'int64':
      return void writer.tag(number, WireType.Varint).int64(exact(value))
    case 'double':
      return void writer.tag(number, WireType.Bit64).double(value as number)
    case 'bytes':
      return void writer.tag(number, WireType.LengthDelimited).bytes(Buffer.from(value as string, 'base64'))
    default:
      writer.tag(number, WireType.LengthDelimited).fork()
      encodeWrapped(name, value, writer)
      writer.join()
  }
}

function encodeWrapped(name: ScalarName, value: unknown, writer: BinaryWriter): void {
  if (name === 'time' || name === 'microTime') {
    const ms = Date.parse(value as string)
    const fraction = /\.(\d+)/.exec(value as string)?.[1] ?? ''
    writer.tag(1, WireType.Varint).int64(BigInt(Math.floor(ms / 1000)))
    writer.tag(2, WireType.Varint).int32(Number(fraction.padEnd(9, '0').slice(0, 9)))
  } else if (name === 'duration')
    writer.tag(1, WireType.Varint).int64(BigInt(Math.round(Number.parseFloat(value as string) * 1e9)))
  else if (name === 'quantity') writer.tag(1, WireType.LengthDelimited).string(String(value))
  else if (name === 'intOrString') {
    const isText = typeof value === 'string'
    writer.tag(1, WireType.Varint).int64(isText ? 1n : 0n)
    writer.tag(2, WireType.Varint).int32(isText ? 0 : (value as number))
    writer.tag(3, WireType.LengthDelimited).string(isText ? value : '')
  } else if (name === 'schemaOrBool' && typeof value === 'boolean') writer.tag(1, WireType.Varint).bool(value)
  else if (name === 'schemaOrBool' || name === 'schemaOrArray' || name === 'schemaOrStrings') {
    if (name === 'schemaOrBool') writer.tag(1, WireType.Varint).bool(true)
    writer
      .tag(name === 'schemaOrBool' ? 2 : 1, WireType.LengthDelimited)
      .bytes(encodeMessage(messageOf('apiextensions-v1.JSONSchemaProps'), value))
  } else writer.tag(1, WireType.LengthDelimited).string(JSON.stringify(value))
}
