/**
 * Types that are small messages on the wire and something else in JSON.
 * Source: generated.proto of k8s.io/apimachinery and k8s.io/apiextensions-apiserver.
 */
import type { Field, FieldType, ScalarName } from './tables.ts'

/** As much of a field as decoding needs. */
export type WireField = Pick<Field, 'name' | 'goName' | 'inline' | 'type'>

/** A type on the wire; `name` is its table's and its own. */
export interface WireMessage {
  readonly name: string
  readonly byNumber: ReadonlyMap<number, WireField>
}

const scalar = (name: ScalarName): FieldType => ({ kind: 'scalar', name, pointer: false })
const listOf = (element: FieldType): FieldType => ({ kind: 'list', element, pointer: false })
const schema: FieldType = { kind: 'message', name: 'apiextensions-v1.JSONSchemaProps', atomic: false, pointer: true }

const message = (name: string, fields: Readonly<Record<string, FieldType>>): WireMessage => ({
  name: `.${name}`,
  byNumber: new Map(
    Object.entries(fields).map(([goName, type], index) => [
      index + 1,
      { name: goName.charAt(0).toLowerCase() + goName.slice(1), goName, inline: false, type },
    ]),
  ),
})

/** The items of a list that is a type of its own. */
export const itemsOf = (name: string, element: FieldType): WireMessage => message(name, { Items: listOf(element) })

const timestamp = message('Timestamp', { Seconds: scalar('int64'), Nanos: scalar('int32') })
const raw = { Raw: scalar('bytes') }

export const wrappers = {
  time: timestamp,
  microTime: timestamp,
  duration: message('Duration', { Duration: scalar('int64') }),
  quantity: message('Quantity', { String_: scalar('string') }),
  intOrString: message('IntOrString', { Type: scalar('int64'), IntVal: scalar('int32'), StrVal: scalar('string') }),
  raw: message('RawExtension', raw),
  json: message('JSON', raw),
  fieldsV1: message('FieldsV1', raw),
  schemaOrBool: message('JSONSchemaPropsOrBool', { Allows: scalar('bool'), Schema: schema }),
  schemaOrArray: message('JSONSchemaPropsOrArray', { Schema: schema, JSONSchemas: listOf(schema) }),
  schemaOrStrings: message('JSONSchemaPropsOrStringArray', { Schema: schema, Property: listOf(scalar('string')) }),
} satisfies Partial<Record<ScalarName, WireMessage>>
