/** Schemas of the types that Kubernetes defines itself, read off their tables. */
import { messageOf, messageOfKind, type Field, type FieldType } from '../../kube/types/tables.ts'
import {
  anyScalar,
  anySchema,
  anyWhole,
  type ListSchema,
  type ScalarSchema,
  type Schema,
  type StructSchema,
} from './schema.ts'

const scalars: Readonly<Record<string, Schema>> = {
  string: { kind: 'scalar', type: 'string' },
  bytes: { kind: 'scalar', type: 'string' },
  time: anyScalar,
  microTime: anyScalar,
  duration: { kind: 'scalar', type: 'string' },
  bool: { kind: 'scalar', type: 'boolean' },
  int32: { kind: 'scalar', type: 'number' },
  int64: { kind: 'scalar', type: 'number' },
  uint32: { kind: 'scalar', type: 'number' },
  double: { kind: 'scalar', type: 'number' },
  // Its published schema has no type: what is wrong with it the converter says.
  intOrString: anySchema,
  quantity: anyScalar,
  raw: anyWhole,
}

const structs = new Map<string, StructSchema>()

/** The schema of a built-in kind in version v1; undefined for other kinds. */
export function builtInSchema(group: string, version: string, kind: string): StructSchema | undefined {
  const message = messageOfKind(group, version, kind)
  return message === undefined ? undefined : structOf(message.name, false)
}

/** `metadata`, as every kind has it. */
export const metadataSchema = (): StructSchema => structOf('meta-v1.ObjectMeta', false)

function structOf(name: string, atomic: boolean): StructSchema {
  const key = atomic ? `${name}^` : name
  let schema = structs.get(key)
  if (schema === undefined) {
    const fields = new Map<string, Schema>()
    // Known before its fields are read: some types contain themselves.
    structs.set(key, (schema = { kind: 'struct', fields, atomic }))
    const { fields: own } = messageOf(name)
    if (own[0]?.type.kind === 'message' && own[0].type.name === 'meta-v1.ObjectMeta') {
      fields.set('apiVersion', scalars['string'] as ScalarSchema)
      fields.set('kind', scalars['string'] as ScalarSchema)
    }
    addFields(fields, own)
  }
  return schema
}

function addFields(fields: Map<string, Schema>, own: readonly Field[]): void {
  for (const field of own) {
    if (field.inline && field.type.kind === 'message') addFields(fields, messageOf(field.type.name).fields)
    else fields.set(field.name, schemaOf(field.type, field))
  }
}

function schemaOf(type: FieldType, field?: Field): Schema {
  if (type.kind === 'scalar') return scalars[type.name] ?? anySchema
  if (type.kind === 'message')
    return structOf(type.name, field?.map === undefined ? type.atomic : field.map === 'atomic')
  if (type.kind === 'map') return { kind: 'map', element: schemaOf(type.element), atomic: field?.map === 'atomic' }
  return listOf(type.element, field?.list)
}

const isNumber = (type: FieldType): boolean =>
  schemaOf(type) === scalars['int32'] || schemaOf(type) === scalars['int64']

/** With those of the structs that are inlined. */
const fieldsIn = (fields: readonly Field[]): readonly Field[] =>
  fields.flatMap((field) =>
    field.inline && field.type.kind === 'message' ? fieldsIn(messageOf(field.type.name).fields) : [field],
  )

function listOf(element: FieldType, list: Field['list']): ListSchema {
  if (list === undefined) return { kind: 'list', element: schemaOf(element), merge: 'atomic', keys: [] }
  if (list === 'set') return { kind: 'list', element: schemaOf(element), merge: 'set', keys: [] }
  const initials = element.kind === 'message' ? fieldsIn(messageOf(element.name).fields) : []
  const keys = list.map((name) => {
    const field = initials.find((each) => each.name === name)
    // What Go always prints is never missing.
    const zero = field?.always === true ? (isNumber(field.type) ? 0 : '') : undefined
    return { name, initial: field?.initial ?? zero }
  })
  return { kind: 'list', element: schemaOf(element), merge: 'map', keys }
}
