/** One value as Go's decoder takes it, and its words for one of another type. Source: encoding/json, sigs.k8s.io/json. */
import { canonicalMicroTime, canonicalTime, TimeProblem } from '../go-time.ts'
import { jsonType } from '../go-print.ts'
import { isRecord } from '../object.ts'
import { canonicalQuantity, quantityProblem } from '../quantity.ts'
import type { FieldType, Message, ScalarName } from './tables.ts'

/** Where a value stands: a field's name, a list's `[0]` or a map's key, below the rest. */
export interface Place {
  /** The struct whose field it is in. */
  readonly struct: Message
  readonly above: Place | undefined
  readonly step: string
  /** The step in the words of Go's decoder, which counts no items, knows no keys, and names structs that are inlined. */
  readonly goStep: string
}

/** What Go's decoder says of a value of the wrong type. */
export class TypeMismatch extends Error {
  override readonly name = 'TypeMismatch'
  /** What its converter of maps says, which strategic merges go through. Source: apimachinery/pkg/runtime/converter.go. */
  readonly unstructured: string
  /** Of a type that decodes itself: the decoder ends there, where it goes on behind any other value. */
  readonly ends: boolean

  constructor(message: string, unstructured = message, ends = false) {
    super(message)
    this.unstructured = unstructured
    this.ends = ends
  }
}

const goNames: Partial<Record<ScalarName, string>> = {
  bytes: '[]uint8',
  raw: 'runtime.RawExtension',
  double: 'float64',
  time: 'v1.Time',
  microTime: 'v1.MicroTime',
  duration: 'v1.Duration',
  quantity: 'resource.Quantity',
  intOrString: 'intstr.IntOrString',
}

/** As Go prints a type. Every package of types is called by its version. */
export function goTypeName(type: FieldType): string {
  if (type.goName !== undefined) return type.goName
  if (type.kind === 'scalar') return goNames[type.name] ?? type.name
  if (type.kind === 'message') return type.name.replace(/^.*-/, '')
  return `${type.kind === 'list' ? '[]' : 'map[string]'}${goTypeName(type.element)}`
}

type Scalar = FieldType & { readonly kind: 'scalar' }

const bits: Partial<Record<ScalarName, readonly [least: number, most: number]>> = {
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 63), 2 ** 63],
  uint32: [0, 2 ** 32 - 1],
}

/** The value as Go prints it; an integer that is too long is cut where that is asked for. Throws {@link TypeMismatch}. */
export function scalarValue(type: Scalar, value: unknown, place: Place, cuts = false): unknown {
  const { name } = type
  const refused = (wanted = goTypeName(type), kind = goNames[name] ?? name): TypeMismatch =>
    mismatch(place, value, wanted, kind)
  switch (name) {
    case 'string':
      if (typeof value !== 'string') throw refused()
      return value
    case 'bool':
      if (typeof value !== 'boolean') throw refused()
      return value
    case 'int32':
    case 'int64':
    case 'uint32':
      if (isInteger(value, name)) return typeof value === 'number' ? value : Number(textOf(value))
      if (!cuts || !isWhole(value)) throw refused()
      return cut(textOf(value), name)
    case 'double':
      if (typeof value !== 'number') throw refused()
      return value
    case 'bytes':
      if (Array.isArray(value)) return Buffer.from(value.map((item) => byteOf(item, place, cuts))).toString('base64')
      if (typeof value !== 'string') throw refused()
      checkBase64(value)
      return value
    // These decode themselves, from a string.
    case 'time':
    case 'microTime':
    case 'duration':
      if (typeof value !== 'string') throw refused('string', 'own')
      return name === 'duration' ? value : time(name, value)
    case 'intOrString':
      if (typeof value === 'string') return value
      if (!isInteger(value, 'int32')) throw refused('int32', 'own')
      return value
    case 'quantity':
      return quantity(typeof value === 'string' ? value : JSON.stringify(value))
    default:
      return value
  }
}

/** A number as it came, where it is too long for a double; no rule asks for the last digits of one. */
const textOf = (value: unknown): string => (isRecord(value) ? String(value['rawJSON']) : String(value))

const [leastInt64, mostInt64] = [-(2n ** 63n), 2n ** 63n - 1n]

const isWhole = (value: unknown): boolean => Number.isInteger(value) || (isRecord(value) && 'rawJSON' in value)

/** What is beyond 64 bits is the least there is, of the rest the last bits count: as Go does it on most machines. */
function cut(text: string, name: 'int32' | 'int64' | 'uint32'): number {
  const whole = BigInt(Number(text))
  const long = whole > mostInt64 || whole < leastInt64 ? leastInt64 : whole
  if (name === 'int64') return Number(long)
  return Number(name === 'int32' ? BigInt.asIntN(32, long) : BigInt.asUintN(32, long))
}

function isInteger(value: unknown, name: 'int32' | 'int64' | 'uint32'): boolean {
  if (isRecord(value)) {
    if (!('rawJSON' in value) || name !== 'int64') return false
    const exact = BigInt(textOf(value))
    return exact >= leastInt64 && exact <= mostInt64
  }
  const [least, most] = bits[name] as readonly [number, number]
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most
}

/** Microseconds after it, it is zero no more, and nobody tells them apart. */
const zeroTime = '0001-01-01T00:00:00'

function quantity(text: string): string {
  const problem = quantityProblem(text)
  if (problem !== undefined) throw new TypeMismatch(problem, problem, true)
  return canonicalQuantity(text)
}

/** Null is how the zero time is printed. */
function time(name: 'time' | 'microTime', text: string): string | null {
  try {
    const time = name === 'time' ? canonicalTime(text) : canonicalMicroTime(text)
    return time.startsWith(zeroTime) ? null : time
  } catch (error) {
    throw error instanceof TimeProblem ? new TypeMismatch(error.message, error.message, true) : (error as Error)
  }
}

/** Go reads bytes from numbers, too. */
function byteOf(item: unknown, place: Place, cuts: boolean): number {
  if (item === null) return 0
  if (typeof item === 'number' && Number.isInteger(item) && (cuts || (item >= 0 && item < 256))) return item & 255
  throw mismatch(place, item, 'uint8', 'uint8')
}

/** In the words of Go's decoder, which counts from where it could not go on. */
function checkBase64(text: string): void {
  const bad = text.search(/[^A-Za-z0-9+/=\r\n]/)
  const wrongLength = text.replaceAll(/[\r\n]/g, '').length % 4 !== 0
  if (bad < 0 && !wrongLength) return
  const problem = `illegal base64 data at input byte ${bad < 0 ? Math.floor(text.length / 4) * 4 : bad}`
  throw new TypeMismatch(problem, `error decoding from json: ${problem}`)
}

/** `kind`: what Go's reflection calls the type's kind; `own` for types that decode themselves. */
export function mismatch(place: Place, value: unknown, wanted: string, kind: string): TypeMismatch {
  const actual = jsonType(value)
  const number = actual === 'number' && /^(u?int|float)/.test(kind === 'own' ? wanted : kind) ? ` ${textOf(value)}` : ''
  const field = fieldOf(place)
  const into = field === '' ? 'value' : `struct field ${place.struct.name.split('.')[1]}.${field}`
  return new TypeMismatch(
    `json: cannot unmarshal ${actual}${number} into Go ${into} of type ${wanted}`,
    kind === 'own'
      ? `json: cannot unmarshal ${actual}${number} into Go value of type ${wanted}`
      : notRestored(value, kind, wanted),
    kind === 'own',
  )
}

function fieldOf({ above, goStep }: Place): string {
  const before = above === undefined ? '' : fieldOf(above)
  return before === '' || goStep === '' ? `${before}${goStep}` : `${before}.${goStep}`
}

/** Go would make a character of an integer, and cut a fraction: those are refused in other words. */
function notRestored(value: unknown, kind: string, wanted: string): string {
  const from = Array.isArray(value)
    ? 'slice'
    : typeof value === 'object'
      ? 'map'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value === 'number'
          ? Number.isInteger(value)
            ? 'int64'
            : 'float64'
          : 'string'
  if (kind === '[]uint8') return `cannot restore slice from ${from}`
  if (kind === 'slice' || kind === 'map') return `cannot restore ${kind} from ${from}`
  if (kind === 'struct') return `cannot restore struct from: ${from}`
  const cuts = (kind === 'string' && from === 'int64') || (/^u?int/.test(kind) && from === 'float64')
  if (cuts) return `cannot convert ${from} to ${wanted}`
  return `unrecognized type: ${kind}`
}
