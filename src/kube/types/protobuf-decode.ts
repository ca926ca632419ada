/** Messages of the built-in types as Go's generated code reads them: what comes twice is merged, what isn't known passed over. */
import { rfc3339 } from '../../base/clock.ts'
import { decodeJson, rawNumber } from '../json.ts'
import { isRecord, setOwn } from '../object.ts'
import { quantityProblem } from '../quantity.ts'
import { isListMessage, messageOf, type FieldType, type ScalarName } from './tables.ts'
import { ProtobufError, requireWire, WireReader, wireTypes } from './wire-reader.ts'
import { itemsOf, wrappers, type WireField, type WireMessage } from './wire-wrappers.ts'

type Fields = Record<string, unknown>

/** The JSON form of a message, not yet as Go prints it: normalize() completes it. Throws {@link ProtobufError}. */
export function decodeMessage(message: WireMessage, bytes: Uint8Array, object: Fields = {}): Fields {
  const reader = new WireReader(bytes)
  const struct = message.name.slice(message.name.indexOf('.') + 1)
  while (reader.more) {
    const tag = reader.tag(struct)
    const field = message.byNumber.get(tag.number)
    if (field === undefined) reader.skip(tag)
    else decodeField(field, tag.wire, reader, object)
  }
  return object
}

function decodeField(field: WireField, wire: number, reader: WireReader, object: Fields): void {
  const { type, name, inline } = field
  const item = type.kind === 'list' && !isListMessage(type) ? type.element : type
  const isPacked = item !== type && wire === wireTypes.bytes && wireOf(item) === wireTypes.varint
  if (!isPacked) requireWire(wire, wireOf(item), field.goName)
  if (inline && type.kind === 'message') decodeMessage(messageOf(type.name), reader.bytes(), object)
  else if (item !== type) {
    const list = (object[name] ??= []) as unknown[]
    if (!isPacked) list.push(decodeValue(item, reader))
    else for (const end = reader.extent(); reader.at < end;) list.push(decodeValue(item, reader))
  } else if (type.kind === 'map') decodeEntry(type.element, reader, (object[name] ??= {}) as Fields)
  else object[name] = decodeValue(type, reader, object[name])
}

function wireOf(type: FieldType): number {
  if (type.kind !== 'scalar') return wireTypes.bytes
  if (type.name === 'double') return wireTypes.fixed64
  return ['bool', 'int32', 'int64', 'uint32'].includes(type.name) ? wireTypes.varint : wireTypes.bytes
}

/** Key and value are told apart by their numbers alone, and may go on behind their entry, where the next begins. */
function decodeEntry(element: FieldType, reader: WireReader, map: Fields): void {
  const end = reader.extent()
  let key = ''
  let value = element.kind === 'scalar' ? emptyScalars[element.name] : element.kind === 'list' ? [] : {}
  while (reader.at < end) {
    const tag = reader.key()
    if (tag.number === 1) key = reader.text()
    else if (tag.number === 2) value = decodeValue(element, reader)
    else reader.skip(tag, end)
  }
  reader.at = end
  setOwn(map, key, value)
}

const emptyScalars: Partial<Record<ScalarName, unknown>> = { string: '', bytes: '', quantity: '0' }

/** `before` is what the field has had until now. */
function decodeValue(type: FieldType, reader: WireReader, before?: unknown): unknown {
  if (type.kind === 'scalar') return decodeScalar(type.name, reader)
  const merged = isRecord(before) ? before : {}
  if (type.kind === 'message') return decodeMessage(messageOf(type.name), reader.bytes(), merged)
  if (type.kind === 'map') throw new ProtobufError('a map inside of a map')
  // A list with a name, and one inside of a map, is a message of its own.
  const list = itemsOf((type.goName ?? '').replace(/^.*\./, ''), type.element)
  return decodeMessage(list, reader.bytes())['items'] ?? []
}

/** Beyond 2⁵³ as raw JSON, as the JSON decoder keeps such numbers. */
function integer(bits: number | bigint): unknown {
  if (typeof bits === 'number') return bits
  const value = BigInt.asIntN(64, bits)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : rawNumber(String(value))
}

function decodeScalar(name: ScalarName, reader: WireReader): unknown {
  switch (name) {
    case 'string':
      return reader.text()
    case 'bool':
      return Number(reader.varint()) !== 0
    case 'int32':
      return Number(BigInt.asIntN(32, BigInt(reader.varint())))
    case 'uint32':
      return Number(BigInt.asUintN(32, BigInt(reader.varint())))
    case 'int64':
      return integer(reader.varint())
    case 'double':
      return reader.double()
    case 'bytes':
      return reader.bytes().toString('base64')
    default:
      return decodeWrapped(name, reader.bytes())
  }
}

function decodeWrapped(name: keyof typeof wrappers, bytes: Uint8Array): unknown {
  const fields = decodeMessage(wrappers[name], bytes)
  switch (name) {
    case 'time':
      return bytes.length === 0 ? null : timeOf(fields['seconds'])
    case 'microTime': {
      const micros = String(Math.floor(Number(fields['nanos'] ?? 0) / 1000)).padStart(6, '0')
      return bytes.length === 0 ? null : timeOf(fields['seconds']).replace('Z', `.${micros}Z`)
    }
    case 'duration':
      return `${Number(fields['duration'] ?? 0) / 1e9}s`
    case 'quantity':
      return quantityOf((fields['string_'] ?? '0') as string)
    case 'intOrString':
      return (fields['type'] ?? 0) === 0 ? (fields['intVal'] ?? 0) : (fields['strVal'] ?? '')
    case 'schemaOrBool':
      return fields['schema'] ?? fields['allows'] === true
    case 'schemaOrArray':
      return fields['schema'] ?? fields['jSONSchemas'] ?? []
    case 'schemaOrStrings':
      return fields['schema'] ?? fields['property'] ?? []
    default: {
      const text = Buffer.from((fields['raw'] ?? '') as string, 'base64').toString('utf8')
      return text === '' ? null : decodeJson(text).value
    }
  }
}

/** The one that is looked at before what comes behind it is read. */
function quantityOf(text: string): string {
  const problem = quantityProblem(text)
  if (problem !== undefined) throw new ProtobufError(problem)
  return text
}

/** The last second that can be shown. */
const lastSecond = 8.64e12

function timeOf(seconds: unknown = 0): string {
  if (typeof seconds !== 'number' || Math.abs(seconds) > lastSecond) throw new ProtobufError('timestamp out of range')
  return rfc3339(seconds * 1000)
}
