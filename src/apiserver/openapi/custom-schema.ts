/**
 * Schemas of custom resources as the documents show them: with what every object has, and in version 2 without what
 * old clients stumble over.
 * Source: k8s.io/apiextensions-apiserver/pkg/controller/openapi/{builder,v2}, pkg/apiserver/schema/unfold.go.
 */
import { isRecord } from '../../kube/object.ts'
import type { ResourceDefinition } from '../definition.ts'
import { described, versionTwo, type Dialect, type Json } from './dialects.ts'
import { envelope } from './meta.ts'
import { proseOf, type Prose } from './prose.ts'
import { nameOf } from './types.ts'

const conventions = 'https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md'

/** What is said of lists of them. */
export function customList({ kind, resource }: Pick<ResourceDefinition, 'kind' | 'resource'>): Prose {
  return {
    text: `${kind}List is a list of ${kind}`,
    fields: new Map([
      ['items', `List of ${resource}. More info: ${conventions}`],
      ['metadata', proseOf('core-v1.PodList').fields.get('metadata') ?? ''],
    ]),
  }
}

const preserves = (schema: Json): boolean => schema['x-kubernetes-preserve-unknown-fields'] === true

export function customSchema(schema: Json, dialect: Dialect): Json {
  // Clients would refuse what is not named.
  if (dialect === versionTwo && preserves(schema)) return { type: 'object' }
  const { properties, ...shown } = published(schema, dialect)
  return { ...shown, properties: { ...(properties as Json | undefined), ...envelope(), metadata: metadataOf(dialect) } }
}

const metadataOf = (dialect: Dialect): Json =>
  dialect.referring(
    dialect.prefix + nameOf('meta-v1.ObjectMeta'),
    described(proseOf('core-v1.Pod').fields.get('metadata')),
  )

function published(schema: Json, dialect: Dialect): Json {
  const shown = unfolded(said(schema))
  if (dialect === versionTwo) simplify(shown)
  const { properties, items, additionalProperties } = shown
  if (isRecord(properties))
    shown['properties'] = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, published(property as Json, dialect)]),
    )
  if (isRecord(items)) shown['items'] = published(items, dialect)
  if (isRecord(additionalProperties)) shown['additionalProperties'] = published(additionalProperties, dialect)
  if (schema['x-kubernetes-embedded-resource'] === true && !(dialect === versionTwo && preserves(schema)))
    embed(shown, dialect)
  return shown
}

const ends: Readonly<Record<string, unknown>> = { nullable: false, uniqueItems: false, description: '', format: '' }

/** Without what says nothing. */
const said = (schema: Json): Json =>
  Object.fromEntries(
    Object.entries(schema).filter(
      ([name, value]) => value !== ends[name] && !(value === false && /^(x-|exclusive)/.test(name)),
    ),
  )

const integerOrText: readonly Json[] = [{ type: 'integer' }, { type: 'string' }]
const isIntegerOrText = (choices: unknown): boolean => JSON.stringify(choices) === JSON.stringify(integerOrText)

/** Numbers or texts say so in the standard's words, too. */
function unfolded(schema: Json): Json {
  const { anyOf, allOf } = schema as { readonly anyOf?: readonly Json[]; readonly allOf?: readonly Json[] }
  if (schema['x-kubernetes-int-or-string'] !== true) return schema
  if (isIntegerOrText(anyOf) || isIntegerOrText(allOf?.[0]?.['anyOf'])) return schema
  if (anyOf === undefined) return { ...schema, anyOf: integerOrText }
  return { ...schema, allOf: [{ anyOf: integerOrText }, ...(allOf ?? [])] }
}

/** Takes out what version 2 has no words for, and what kubectl can't read in it. */
function simplify(schema: Json): void {
  for (const name of ['allOf', 'oneOf', 'anyOf', 'not']) delete schema[name]
  const { nullable, type } = schema
  if (nullable === true) for (const name of ['nullable', 'type']) delete schema[name]
  if (nullable === true || preserves(schema)) for (const name of ['items', 'properties']) delete schema[name]
  if (schema['items'] === undefined && type === 'array') delete schema['type']
  if (preserves(schema) && type === 'object') delete schema['type']
  const { properties, required, additionalProperties } = schema
  const isNullable = (value: unknown): boolean => isRecord(value) && value['nullable'] === true
  const left = Array.isArray(required)
    ? required.filter((name: string) => !isNullable((properties as Json | undefined)?.[name]))
    : []
  if (left.length === 0 || isNullable(additionalProperties)) delete schema['required']
  else schema['required'] = left
}

/** What holds an object names its kind. */
function embed(schema: Json, dialect: Dialect): void {
  const required = (schema['required'] ?? []) as readonly string[]
  schema['required'] = [...required, ...['kind', 'apiVersion'].filter((name) => !required.includes(name))]
  schema['properties'] = {
    ...(schema['properties'] as Json | undefined),
    apiVersion: {
      description: `apiVersion defines the versioned schema of this representation of an object. More info: ${conventions}#resources`,
      type: 'string',
    },
    kind: {
      description: `kind is a string value representing the type of this object. In CamelCase. More info: ${conventions}#types-kinds`,
      type: 'string',
    },
    metadata: metadataOf(dialect),
  }
}
