/** Schemas of the types that Kubernetes defines itself. Source: k8s.io/kube-openapi/pkg/generators. */
import { messageOf, type Field, type FieldType, type Message, type ScalarName } from '../../kube/types/tables.ts'
import { described, versionTwo, type Dialect, type Json } from './dialects.ts'
import { proseOf, proseOfNamed } from './prose.ts'

/** `io.k8s.api.core.v1.Pod`, as the published documents name it. */
export function nameOf(message: string): string {
  const [table = '', type = ''] = message.split('.')
  const [group = '', version = ''] = table.split('-')
  if (group === 'meta') return `io.k8s.apimachinery.pkg.apis.meta.${version}.${type}`
  if (group === 'apiextensions') return `${extensions}.${type}`
  if (group === 'apiregistration') return `io.k8s.kube-aggregator.pkg.apis.apiregistration.${version}.${type}`
  return `io.k8s.api.${group}.${version}.${type}`
}

const extensions = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1'
const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1'

/** Types with an encoding of their own, that others refer to. */
const named: Partial<Record<ScalarName, readonly [name: string, schema: Json]>> = {
  time: [`${meta}.Time`, { type: 'string', format: 'date-time' }],
  microTime: [`${meta}.MicroTime`, { type: 'string', format: 'date-time' }],
  duration: [`${meta}.Duration`, { type: 'string' }],
  fieldsV1: [`${meta}.FieldsV1`, { type: 'object' }],
  intOrString: [
    'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  ],
  quantity: ['io.k8s.apimachinery.pkg.api.resource.Quantity', { oneOf: [{ type: 'string' }, { type: 'number' }] }],
  raw: ['io.k8s.apimachinery.pkg.runtime.RawExtension', { type: 'object' }],
  json: [`${extensions}.JSON`, {}],
  schemaOrBool: [`${extensions}.JSONSchemaPropsOrBool`, {}],
  schemaOrArray: [`${extensions}.JSONSchemaPropsOrArray`, {}],
  schemaOrStrings: [`${extensions}.JSONSchemaPropsOrStringArray`, {}],
}

/** Version 2 has one type for what is of two. */
const plain: Partial<Record<ScalarName, Json>> = {
  intOrString: { type: 'string', format: 'int-or-string' },
  quantity: { type: 'string' },
}

const scalars: Partial<Record<ScalarName, readonly [schema: Json, zero?: unknown]>> = {
  string: [{ type: 'string' }, ''],
  bytes: [{ type: 'string', format: 'byte' }],
  bool: [{ type: 'boolean' }, false],
  int32: [{ type: 'integer', format: 'int32' }, 0],
  int64: [{ type: 'integer', format: 'int64' }, 0],
  uint32: [{ type: 'integer', format: 'int64' }, 0],
  double: [{ type: 'number', format: 'double' }, 0],
}

/** Adds the schema of a type, and of all that it mentions. */
export function addMessage(message: string, schemas: Json, dialect: Dialect): void {
  const name = nameOf(message)
  if (Object.hasOwn(schemas, name)) return
  const properties: Json = {}
  const prose = proseOf(message)
  const schema: Json = { ...described(prose.text), type: 'object', properties }
  schemas[name] = schema
  const required: string[] = []
  const addFields = (fields: Message['fields']): void => {
    for (const field of fields) {
      if (field.inline && field.type.kind === 'message') addFields(messageOf(field.type.name).fields)
      else {
        if (field.required || (field.always && !field.optional)) required.push(field.name)
        const { $ref, ...beside } = {
          ...described(prose.fields.get(field.name)),
          ...schemaOfField(field, schemas, dialect),
          ...mergeRules(field),
        }
        properties[field.name] = typeof $ref === 'string' ? dialect.referring($ref, beside) : beside
      }
    }
  }
  addFields(messageOf(message).fields)
  if (required.length > 0) schema['required'] = required
  Object.assign(schema, unionOf(messageOf(message)))
  if (Object.keys(properties).length === 0) delete schema['properties']
}

/** One of the fields says which of the others is meant, by their names in Go. */
function unionOf({ fields }: Message): Json {
  const discriminator = fields.find((field) => field.discriminator)
  if (discriminator === undefined) return {}
  const members = fields.filter((field) => field !== discriminator).map(({ name, goName }) => [name, goName])
  const union = { discriminator: discriminator.name, 'fields-to-discriminateBy': Object.fromEntries(members) as Json }
  return { 'x-kubernetes-unions': [union] }
}

function mergeRules({ list, saysAtomic, map, mergeKey, retainKeys, replaced }: Field): Json {
  const keys = list === undefined || list === 'set' ? {} : { 'x-kubernetes-list-map-keys': list }
  const listType = saysAtomic ? 'atomic' : list === undefined || list === 'set' ? list : 'map'
  const strategy = [
    ...(mergeKey === undefined ? [] : ['merge']),
    ...(retainKeys ? ['retainKeys'] : []),
    ...(replaced ? ['replace'] : []),
  ]
  return {
    ...(listType === undefined ? {} : { 'x-kubernetes-list-type': listType, ...keys }),
    ...(map === undefined ? {} : { 'x-kubernetes-map-type': map }),
    ...(strategy.length === 0 ? {} : { 'x-kubernetes-patch-strategy': strategy.join(',') }),
    ...(mergeKey === undefined || mergeKey === '' ? {} : { 'x-kubernetes-patch-merge-key': mergeKey }),
  }
}

/** What is always there and no pointer has its zero value by default, a struct nothing. */
function schemaOfField({ type, initial, always, values }: Field, schemas: Json, dialect: Dialect): Json {
  const isSet = dialect.defaults && !type.pointer && (always || type.kind === 'message')
  const schema = schemaOfType(type, schemas, dialect, isSet, values)
  const names = dialect.defaults && initial !== undefined && type.kind !== 'list'
  return names ? { ...schema, default: initial } : schema
}

function schemaOfType(
  type: FieldType,
  schemas: Json,
  dialect: Dialect,
  isSet: boolean,
  values?: readonly string[],
): Json {
  const within = (element: FieldType): Json =>
    schemaOfType(element, schemas, dialect, dialect.defaults && !element.pointer, values)
  if (type.kind === 'list') return { type: 'array', items: within(type.element) }
  if (type.kind === 'map') return { type: 'object', additionalProperties: within(type.element) }
  if (type.kind === 'message') {
    addMessage(type.name, schemas, dialect)
    const name = nameOf(type.name)
    if (type.atomic) (schemas[name] as Json)['x-kubernetes-map-type'] = 'atomic'
    return dialect.referring(dialect.prefix + name, isSet ? { default: {} } : {})
  }
  const own = named[type.name]
  if (own !== undefined) {
    const [name, schema] = own
    schemas[name] ??= {
      ...described(proseOfNamed(name).text),
      ...((dialect === versionTwo ? plain[type.name] : undefined) ?? schema),
    }
    return { $ref: dialect.prefix + name }
  }
  const [schema, zero] = scalars[type.name] ?? [{}]
  return {
    ...schema,
    ...(isSet && zero !== undefined ? { default: zero } : {}),
    ...(values === undefined ? {} : { enum: values }),
  }
}
