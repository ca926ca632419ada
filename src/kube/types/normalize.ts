/**
 * A JSON value as Go would hold and print it: unknown fields dropped, fields in the order of the struct, empty ones
 * left out unless the type prints them. Source: encoding/json over the struct tags of k8s.io/api.
 */
import { isMap, isRecord, setOwn } from '../object.ts'
import { resourceQuantity } from '../quantity.ts'
import { goTypeName, mismatch, scalarValue, TypeMismatch, type Place } from './go-value.ts'
import { noteEmpty } from './said-empty.ts'
import { messageOf, type Field, type FieldType, type Message } from './tables.ts'

/** How a value is read. */
interface Reading {
  /** Told the path of each unknown field. */
  readonly report: (path: string) => void
  /** Integers that are too long are cut, as Go's converter of maps cuts them; its decoder refuses them. */
  readonly cuts: boolean
  /**
   * Fields are met as they are written, and nothing is made of them: for what Go's decoder says. That is the first
   * mismatch, unless one comes that ends it.
   */
  readonly inOrder?: { mismatch?: TypeMismatch }
}

/**
 * Throws {@link TypeMismatch}; reports each unknown field by its path. What `value` shares with `before`, which is
 * normal already, is taken over as it is: a patch leaves most of an object alone.
 */
export function normalize(
  message: Message,
  value: unknown,
  report: Reading['report'],
  before?: unknown,
  cuts = false,
): Record<string, unknown> {
  const top = { struct: message, above: undefined, step: '', goStep: '' }
  if (!isMap(value)) throw mismatch(top, value, `v1.${message.name.split('.')[1]}`, 'struct')
  const normal: Record<string, unknown> = {}
  for (const key of ['kind', 'apiVersion']) if (value[key] !== undefined && value[key] !== '') normal[key] = value[key]
  try {
    return fill(normal, message, value, { report, cuts }, undefined, before)
  } catch (error) {
    if (!(error instanceof TypeMismatch) || cuts) throw error
    const inOrder: NonNullable<Reading['inOrder']> = {}
    fill({}, message, value, { ...silent, inOrder }, undefined, undefined)
    throw inOrder.mismatch ?? error
  }
}

/** The one kind that is a part of another, whole: of a stateful set's templates. */
const claim = 'core-v1.PersistentVolumeClaim'

function fill(
  normal: Record<string, unknown>,
  message: Message,
  value: Record<string, unknown>,
  reading: Reading,
  above: Place | undefined,
  before: unknown,
): Record<string, unknown> {
  const known = new Set(above === undefined || message.name === claim ? ['kind', 'apiVersion'] : [])
  const old = isRecord(before) ? before : undefined
  const parts = reading.inOrder !== undefined ? Object.entries(value).map(([key, item]) => ({ [key]: item })) : [value]
  for (const part of parts) addFields(message, part, normal, known, reading, above, old)
  for (const key of Object.keys(value)) if (!known.has(key)) reading.report(pathOf(above, key))
  return normal
}

function addFields(
  message: Message,
  value: Record<string, unknown>,
  normal: Record<string, unknown>,
  known: Set<string>,
  reading: Reading,
  above: Place | undefined,
  before: Record<string, unknown> | undefined,
  struct = message,
  embedded = '',
): void {
  for (const field of message.fields) {
    if (field.inline && field.type.kind === 'message') {
      const inner = messageOf(field.type.name)
      const named = `${embedded}${inner.name.split('.')[1]}.`
      addFields(inner, value, normal, known, reading, above, before, struct, named)
      continue
    }
    const { name, type } = field
    known.add(name)
    const given = value[name]
    const old = before?.[name]
    if (given !== undefined && given === old && typeof given === 'object') {
      normal[name] = given
      continue
    }
    const after =
      given === undefined || given === null
        ? zeroOf(field)
        : normalValue(type, given, reading, { struct, above, step: name, goStep: `${embedded}${name}` }, old)
    if (printed(field, after) || isSaidZeroTime(field, given, after)) normal[name] = after
    else if (typeof after === 'object' && after !== null) noteEmpty(normal, name, after)
  }
}

const pathOf = (place: Place | undefined, key: string): string =>
  place === undefined ? key : `${pathOf(place.above, place.step)}${key.startsWith('[') ? '' : '.'}${key}`

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

/** A pointer to the zero time points to something. */
const isSaidZeroTime = ({ omitZero }: Field, given: unknown, after: unknown): boolean =>
  after === null && typeof given === 'string' && !omitZero

const silent: Reading = { report: () => {}, cuts: false }

/** What an absent field is: `{}` for a struct, null for pointers, lists and maps, else the type's zero. */
function zeroOf({ type, omitZero }: Pick<Field, 'type' | 'omitZero'>): unknown {
  if (type.pointer || omitZero || type.kind === 'list' || type.kind === 'map') return null
  if (type.kind === 'message') return fill({}, messageOf(type.name), {}, silent, undefined, undefined)
  if (type.name === 'string') return ''
  if (type.name === 'bool') return false
  if (type.name === 'int32' || type.name === 'int64' || type.name === 'uint32' || type.name === 'double') return 0
  if (type.name === 'quantity') return '0'
  if (type.name === 'intOrString') return 0
  if (type.name === 'duration') return '0s'
  return null
}

/** Null among a list's items or a map's values; bytes come back from storage empty, not null. */
const zeroElement = (type: FieldType): unknown =>
  type.kind === 'scalar' && type.name === 'bytes' ? '' : zeroOf({ type, omitZero: false })

/** What goes wrong is remembered where more is to be read behind it. */
function toleratedValue(
  type: FieldType,
  value: unknown,
  reading: Reading,
  place: Place,
  inOrder: NonNullable<Reading['inOrder']>,
): unknown {
  try {
    return valueOf(type, value, reading, place)
  } catch (error) {
    if (!(error instanceof TypeMismatch) || error.ends) throw error
    inOrder.mismatch ??= error
    return undefined
  }
}

const normalValue = (type: FieldType, value: unknown, reading: Reading, place: Place, before?: unknown): unknown =>
  reading.inOrder === undefined
    ? valueOf(type, value, reading, place, before)
    : toleratedValue(type, value, reading, place, reading.inOrder)

function valueOf(type: FieldType, value: unknown, reading: Reading, place: Place, before?: unknown): unknown {
  if (type.kind === 'scalar') return scalarValue(type, value, place, reading.cuts)
  if (type.kind === 'message') {
    if (!isMap(value)) throw mismatch(place, value, goTypeName(type), 'struct')
    return fill({}, messageOf(type.name), value, reading, place, before)
  }
  const { element } = type
  const inside = (item: unknown, step: string): unknown =>
    item === null
      ? zeroElement(element)
      : normalValue(element, item, reading, { struct: place.struct, above: place, step, goStep: '' })
  const isAmount = type.kind === 'map' && element.kind === 'scalar' && element.name === 'quantity'
  if (type.kind === 'list') {
    if (!Array.isArray(value)) throw mismatch(place, value, goTypeName(type), 'slice')
    return value.map((item, index) => inside(item, `[${index}]`))
  }
  if (!isRecord(value)) throw mismatch(place, value, goTypeName(type), 'map')
  const normal: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    const item = inside(value[key], key)
    setOwn(normal, key, isAmount && typeof item === 'string' ? resourceQuantity(item) : item)
  }
  return normal
}
