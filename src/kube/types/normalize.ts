/**
 * A JSON value as Go would hold and print it: unknown fields dropped, fields in the order of the struct, empty ones
 * left out unless the type prints them. Source: encoding/json over the struct tags of k8s.io/api.
 */
import { canonicalMicroTime, canonicalTime, TimeProblem } from '../go-time.ts'
import { canonicalQuantity, quantityProblem } from '../quantity.ts'
import { isRecord, setOwn } from '../object.ts'
import { messageOf, type Field, type FieldType, type Message, type ScalarName } from './tables.ts'

/** What Go's decoder says of a value of the wrong type. */
export class TypeMismatch extends Error {
  override readonly name = 'TypeMismatch'
  /** What its converter of maps says, which strategic merges go through. Source: apimachinery/pkg/runtime/converter.go. */
  readonly unstructured: string

  constructor(message: string, unstructured = message) {
    super(message)
    this.unstructured = unstructured
  }
}

const goNames: Partial<Record<ScalarName, string>> = {
  bytes: '[]uint8',
  double: 'float64',
  time: 'v1.Time',
  quantity: 'resource.Quantity',
}

/**
 * Throws {@link TypeMismatch}; reports each unknown field by its path. What `value` shares with `before`, which is
 * normal already, is taken over as it is: a patch leaves most of an object alone.
 */
export function normalize(
  message: Message,
  value: unknown,
  report: (path: string) => void,
  path = '',
  before?: unknown,
): Record<string, unknown> {
  if (!isRecord(value) || 'rawJSON' in value) throw mismatch(message, path, value, message.name.split('.')[1] as string)
  const normal: Record<string, unknown> = {}
  const known = new Set<string>()
  if (path === '') {
    for (const key of ['kind', 'apiVersion']) {
      known.add(key)
      if (value[key] !== undefined && value[key] !== '') normal[key] = value[key]
    }
  }
  addFields(message, value, normal, known, report, path, isRecord(before) ? before : undefined)
  for (const key of Object.keys(value)) if (!known.has(key)) report(path === '' ? key : `${path}.${key}`)
  return normal
}

function addFields(
  message: Message,
  value: Record<string, unknown>,
  normal: Record<string, unknown>,
  known: Set<string>,
  report: (path: string) => void,
  path: string,
  before: Record<string, unknown> | undefined,
): void {
  for (const field of message.fields) {
    if (field.inline && field.type.kind === 'message') {
      addFields(messageOf(field.type.name), value, normal, known, report, path, before)
      continue
    }
    known.add(field.name)
    const given = value[field.name]
    const old = before?.[field.name]
    if (given !== undefined && given === old && typeof given === 'object') {
      normal[field.name] = given
      continue
    }
    const at = path === '' ? field.name : `${path}.${field.name}`
    const after =
      given === undefined || given === null ? zeroOf(field) : normalValue(message, field.type, given, report, at, old)
    if (printed(field, after)) normal[field.name] = after
  }
}

/** Whether Go prints a field that holds this: `omitempty` hides zero values, but not structs and not what a pointer points to. */
function printed(field: Field, value: unknown): boolean {
  if (field.always || isZeroTime(field)) return true
  if (value === null || value === undefined) return false
  const { type } = field
  if (type.kind === 'list' || type.kind === 'map') return type.pointer || Object.keys(value).length > 0
  if (type.pointer || type.kind === 'message') return true
  return value !== '' && value !== 0 && value !== false
}

/** A time that is a struct: `omitempty` does not hide it, and the zero time prints as null. */
const isZeroTime = ({ type, omitZero }: Field): boolean =>
  type.kind === 'scalar' && !type.pointer && !omitZero && (type.name === 'time' || type.name === 'microTime')

/** What an absent field is: `{}` for a struct, null for pointers, lists and maps, else the type's zero. */
function zeroOf({ type, omitZero }: Field): unknown {
  if (type.pointer || omitZero || type.kind === 'list' || type.kind === 'map') return null
  if (type.kind === 'message') return normalize(messageOf(type.name), {}, () => {}, '.')
  if (type.name === 'string') return ''
  if (type.name === 'bool') return false
  if (type.name === 'int32' || type.name === 'int64' || type.name === 'uint32' || type.name === 'double') return 0
  if (type.name === 'quantity') return '0'
  if (type.name === 'intOrString') return 0
  if (type.name === 'duration') return '0s'
  return null
}

function normalValue(
  message: Message,
  type: FieldType,
  value: unknown,
  report: (path: string) => void,
  path: string,
  before?: unknown,
): unknown {
  if (type.kind === 'message') return normalize(messageOf(type.name), value, report, path, before)
  if (type.kind === 'list') {
    if (!Array.isArray(value)) throw mismatch(message, path, value, `[]${goName(type.element)}`)
    return value.map((item, index) =>
      item === null ? zeroElement(type.element) : normalValue(message, type.element, item, report, `${path}[${index}]`),
    )
  }
  if (type.kind === 'map') {
    if (!isRecord(value)) throw mismatch(message, path, value, `map[string]${goName(type.element)}`)
    const normal: Record<string, unknown> = {}
    for (const key of Object.keys(value).sort())
      setOwn(
        normal,
        key,
        value[key] === null
          ? zeroElement(type.element)
          : normalValue(
              message,
              type.element,
              value[key],
              report,
              type.element.kind === 'scalar' ? path : `${path}.${key}`,
            ),
      )
    return normal
  }
  return scalarValue(message, type.name, value, path)
}

const zeroElement = (type: FieldType): unknown =>
  zeroOf({
    number: 0,
    name: '',
    inline: false,
    type,
    always: false,
    omitZero: false,
    retainKeys: false,
    atomicMap: false,
  })

const goName = (type: FieldType): string =>
  type.kind === 'scalar'
    ? (goNames[type.name] ?? type.name)
    : type.kind === 'message'
      ? type.name.replace(/^.*-/, '')
      : type.kind

function scalarValue(message: Message, name: ScalarName, value: unknown, path: string): unknown {
  const fits =
    name === 'string' || name === 'bytes' || name === 'time' || name === 'microTime'
      ? typeof value === 'string'
      : name === 'bool'
        ? typeof value === 'boolean'
        : name === 'int32' || name === 'int64' || name === 'uint32'
          ? Number.isInteger(value) || (isRecord(value) && 'rawJSON' in value)
          : name === 'double'
            ? typeof value === 'number'
            : name === 'intOrString' || name === 'quantity'
              ? typeof value === 'number' || typeof value === 'string'
              : true
  if (!fits) throw mismatch(message, path, value, goNames[name] ?? name)
  if (name === 'quantity') return quantity(String(value))
  if (name === 'time' || name === 'microTime') return time(name, value as string)
  if (name === 'bytes') checkBase64(value as string)
  return value
}

function quantity(text: string): string {
  const problem = quantityProblem(text)
  if (problem !== undefined) throw new TypeMismatch(problem)
  return canonicalQuantity(text)
}

function time(name: 'time' | 'microTime', text: string): string {
  try {
    return name === 'time' ? canonicalTime(text) : canonicalMicroTime(text)
  } catch (error) {
    throw error instanceof TimeProblem ? new TypeMismatch(error.message) : (error as Error)
  }
}

/** In the words of Go's decoder, which counts from where it could not go on. */
function checkBase64(text: string): void {
  const bad = text.search(/[^A-Za-z0-9+/=\r\n]/)
  const wrongLength = text.replaceAll(/[\r\n]/g, '').length % 4 !== 0
  if (bad < 0 && !wrongLength) return
  throw new TypeMismatch(`illegal base64 data at input byte ${bad < 0 ? Math.floor(text.length / 4) * 4 : bad}`)
}

function mismatch(message: Message, path: string, value: unknown, wanted: string): TypeMismatch {
  const actual = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  const struct = message.name.split('.')[1] as string
  const field = path.replaceAll(/\[\d+\]/g, '')
  return new TypeMismatch(
    `json: cannot unmarshal ${actual}${typeof value === 'number' && wanted.startsWith('int') ? ` ${value}` : ''} into Go struct field ${struct}.${field} of type ${wanted}`,
    notRestored(value, wanted),
  )
}

function notRestored(value: unknown, wanted: string): string | undefined {
  const kind = Array.isArray(value)
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
  if (wanted.startsWith('[]') && wanted !== '[]uint8') return `cannot restore slice from ${kind}`
  if (wanted.startsWith('map')) return `cannot restore map from ${kind}`
  if (/^(string|bool|u?int\d+|float64)$/.test(wanted)) return `unrecognized type: ${wanted}`
  // What decodes itself says so itself.
  return /^(\[\]uint8|v1\.|resource\.|intstr\.|intOrString)/.test(wanted)
    ? undefined
    : `cannot restore struct from: ${kind}`
}
