/**
 * OpenAPI documents on the protobuf wire, as github.com/google/gnostic-models lays them out: parts of which the tables
 * of one version and of the other are made. What a table has no place for is left out.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { goYaml } from '../../kube/go-yaml.ts'
import { isRecord } from '../../kube/object.ts'

/** Writes a value as field `number`. */
export type Encode = (value: unknown, number: number, writer: BinaryWriter) => void

export const text: Encode = (value, number, writer) => {
  writer.tag(number, WireType.LengthDelimited).string(String(value))
}
export const bool: Encode = (value, number, writer) => {
  writer.tag(number, WireType.Varint).bool(value === true)
}
export const int: Encode = (value, number, writer) => {
  writer.tag(number, WireType.Varint).int64(BigInt(Math.trunc(Number(value))))
}
export const double: Encode = (value, number, writer) => {
  writer.tag(number, WireType.Bit64).double(Number(value))
}
/** Anything, as YAML. */
export const any: Encode = (value, number, writer) => nested(number, writer, () => text(goYaml(value), 2, writer))

export const list =
  (each: Encode): Encode =>
  (value, number, writer) => {
    for (const item of Array.isArray(value) ? value : [value]) each(item, number, writer)
  }

/** A value as the one field of a message, or of several, each within the other. */
export const within =
  ([outer, ...inner]: readonly number[], encode: Encode): Encode =>
  (value, number, writer) =>
    nested(number, writer, () => (inner.length === 0 ? encode : within(inner, encode))(value, outer as number, writer))

/** The entries of a map: messages with the name as field 1 and the value as field 2. */
export const entries =
  (each: Encode): Encode =>
  (value, number, writer) => {
    for (const [name, item] of Object.entries(value as object))
      nested(number, writer, () => {
        text(name, 1, writer)
        each(item, 2, writer)
      })
  }

export type Fields = Readonly<Record<string, readonly [number: number, encode: Encode]>>

/** An object; what begins with `x-` are extensions, in a field of their own. */
export const message =
  (fields: () => Fields, extensions: number): Encode =>
  (value, number, writer) =>
    nested(number, writer, () => encodeFields(value, fields(), extensions, writer))

function encodeFields(value: unknown, fields: Fields, extensions: number, writer: BinaryWriter): void {
  if (!isRecord(value)) return
  for (const [name, item] of Object.entries(value)) {
    const field = fields[name]
    if (field !== undefined) field[1](item, field[0], writer)
    else if (name.startsWith('x-')) entries(any)({ [name]: item }, extensions, writer)
  }
}

function nested(number: number, writer: BinaryWriter, write: () => void): void {
  writer.tag(number, WireType.LengthDelimited).fork()
  write()
  writer.join()
}

/** What is a reference is written as one, anything else as itself. */
export const orReference =
  (itself: Encode): Encode =>
  (value, number, writer) =>
    isRecord(value) && typeof value['$ref'] === 'string'
      ? within([2], reference)(value, number, writer)
      : within([1], itself)(value, number, writer)

const reference: Encode = message(() => ({ $ref: [1, text] }), 0)

/** A schema, or whether anything is allowed. */
export const orBoolean =
  (schema: Encode): Encode =>
  (value, ...rest) =>
    isRecord(value) ? within([1], schema)(value, ...rest) : within([2], bool)(value, ...rest)

/** What both versions limit values by, in the same order from a number on. */
export const limitFields = (first: number): Fields =>
  Object.fromEntries(limits.map(([name, encode], index) => [name, [first + index, encode]]))

const limits: readonly (readonly [string, Encode])[] = [
  ['multipleOf', double],
  ['maximum', double],
  ['exclusiveMaximum', bool],
  ['minimum', double],
  ['exclusiveMinimum', bool],
  ['maxLength', int],
  ['minLength', int],
  ['pattern', text],
  ['maxItems', int],
  ['minItems', int],
  ['uniqueItems', bool],
  ['maxProperties', int],
  ['minProperties', int],
  ['required', list(text)],
  ['enum', list(any)],
]

/** What is done at a path, in the same order from a number on. */
export const methodFields = (first: number, operation: Encode): Fields => ({
  get: [first, operation],
  put: [first + 1, operation],
  post: [first + 2, operation],
  delete: [first + 3, operation],
  options: [first + 4, operation],
  head: [first + 5, operation],
  patch: [first + 6, operation],
})

export const externalDocs: Encode = message(() => ({ description: [1, text], url: [2, text] }), 3)

/** A whole document, which is no field. */
export function documentOnWire(document: object, fields: Fields, extensions: number): Buffer {
  const writer = new BinaryWriter()
  encodeFields(document, fields, extensions, writer)
  return Buffer.from(writer.finish())
}
