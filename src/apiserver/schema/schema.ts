/**
 * The shape of an object as merging, pruning and ownership need it: one form for the built-in types and for custom
 * resource definitions. Source: sigs.k8s.io/structured-merge-diff, schema/elements.go.
 */
import { isMap } from '../../kube/object.ts'

export type Schema = StructSchema | MapSchema | ListSchema | ScalarSchema | AnySchema

export interface StructSchema {
  readonly kind: 'struct'
  readonly fields: ReadonlyMap<string, Schema>
  /** What other fields are; undefined refuses them. */
  readonly rest?: Schema
  readonly atomic: boolean
}

export interface MapSchema {
  readonly kind: 'map'
  readonly element: Schema
  readonly atomic: boolean
}

export interface ListSchema {
  readonly kind: 'list'
  readonly element: Schema
  readonly merge: 'atomic' | 'set' | 'map'
  /** Of `merge: 'map'`: the fields that identify an item, and what stands in for a missing one. */
  readonly keys: readonly { readonly name: string; readonly initial?: unknown }[]
}

export interface ScalarSchema {
  readonly kind: 'scalar'
  readonly type: 'string' | 'number' | 'boolean' | 'any'
}

/** Deduced from the value: maps merge by key unless that is `whole`, lists are atomic. */
export interface AnySchema {
  readonly kind: 'any'
  readonly whole?: true
}

export const anySchema: AnySchema = { kind: 'any' }
/** A whole object of somebody else's, or whatever it is: it has one owner. */
export const anyWhole: AnySchema = { kind: 'any', whole: true }
export const anyScalar: ScalarSchema = { kind: 'scalar', type: 'any' }
const deducedMap: MapSchema = { kind: 'map', element: anySchema, atomic: false }
const wholeMap: MapSchema = { kind: 'map', element: anySchema, atomic: true }
const deducedList: ListSchema = { kind: 'list', element: anySchema, merge: 'atomic', keys: [] }

/** The schema that holds for this value: {@link AnySchema} takes the value's own form. */
export function resolved(schema: Schema, value: unknown): Exclude<Schema, AnySchema> {
  if (schema.kind !== 'any') return schema
  if (Array.isArray(value)) return deducedList
  if (!isMap(value)) return anyScalar
  return schema.whole === true ? wholeMap : deducedMap
}

/** What a struct or map says of one of its fields; undefined when it refuses it. */
export const fieldOf = (schema: StructSchema | MapSchema, name: string): Schema | undefined =>
  schema.kind === 'map' ? schema.element : (schema.fields.get(name) ?? schema.rest)

/** True for fields that the schema names, false for the keys of maps. */
export const isNamed = (schema: Schema, name: string): boolean => schema.kind === 'struct' && schema.fields.has(name)
