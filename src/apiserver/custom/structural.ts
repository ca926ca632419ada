/**
 * A structural schema of a custom resource definition, in the form that pruning, defaulting, validation and
 * server-side apply walk. Source: k8s.io/apiextensions-apiserver/pkg/apiserver/schema.
 */
import { isRecord } from '../../kube/object.ts'
import { metadataSchema } from '../schema/built-in.ts'
import { anyScalar, anySchema, type ListSchema, type ScalarSchema, type Schema } from '../schema/schema.ts'

/** The parts of apiextensions.k8s.io/v1 JSONSchemaProps that mean something here, as they stand in a definition. */
export interface JsonSchema {
  readonly type?: string
  readonly format?: string
  readonly nullable?: boolean
  readonly default?: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: boolean | JsonSchema
  readonly items?: JsonSchema
  readonly required?: readonly string[]
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: boolean
  readonly exclusiveMaximum?: boolean
  readonly multipleOf?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly uniqueItems?: boolean
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly allOf?: readonly JsonSchema[]
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly not?: JsonSchema
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean
  readonly 'x-kubernetes-embedded-resource'?: boolean
  readonly 'x-kubernetes-int-or-string'?: boolean
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map'
  readonly 'x-kubernetes-list-map-keys'?: readonly string[]
  readonly 'x-kubernetes-map-type'?: 'atomic' | 'granular'
  readonly 'x-kubernetes-validations'?: readonly ValidationRule[]
}

export interface ValidationRule {
  readonly rule: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
  readonly fieldPath?: string
  readonly optionalOldSelf?: boolean
}

export interface Structural {
  readonly props: JsonSchema
  readonly properties: ReadonlyMap<string, Structural>
  readonly additional: Structural | undefined
  readonly items: Structural | undefined
  readonly preserve: boolean
  /** Holds an object with apiVersion, kind and metadata of its own: the root does. */
  readonly embedded: boolean
  readonly intOrString: boolean
  readonly nullable: boolean
  /** Whether anything below has a default: most of a large schema has none, and is not walked. */
  readonly defaultsBelow: boolean
}

export function structuralOf(props: JsonSchema, root = true): Structural {
  const properties = new Map(
    Object.entries(props.properties ?? {}).map(([name, below]) => [name, structuralOf(below, false)]),
  )
  const additional = isRecord(props.additionalProperties) ? structuralOf(props.additionalProperties, false) : undefined
  const items = props.items === undefined ? undefined : structuralOf(props.items, false)
  const below = [
    ...properties.values(),
    ...(additional === undefined ? [] : [additional]),
    ...(items === undefined ? [] : [items]),
  ]
  return {
    props,
    properties,
    additional,
    items,
    preserve: props['x-kubernetes-preserve-unknown-fields'] === true,
    embedded: root || props['x-kubernetes-embedded-resource'] === true,
    intOrString: props['x-kubernetes-int-or-string'] === true,
    nullable: props.nullable === true,
    defaultsBelow: below.some((child) => child.defaultsBelow || child.props.default !== undefined),
  }
}

const scalar = (type: ScalarSchema['type']): ScalarSchema => ({ kind: 'scalar', type })
const scalarTypes: Readonly<Record<string, ScalarSchema>> = {
  string: scalar('string'),
  boolean: scalar('boolean'),
  integer: scalar('number'),
  number: scalar('number'),
}

/** How server-side apply merges values of this schema. */
export function mergeSchemaOf(node: Structural): Schema {
  const { props } = node
  if (node.intOrString) return anySchema
  if (props.type === 'array') return listSchema(node)
  // A text of a format may be anything here; validation says what it isn't.
  if (props.type === 'string' && props.format !== undefined && props.format !== 'byte') return anyScalar
  if (props.type !== undefined && props.type !== 'object') return scalarTypes[props.type] ?? anySchema
  const atomic = props['x-kubernetes-map-type'] === 'atomic'
  if (node.additional !== undefined && node.properties.size === 0)
    return { kind: 'map', element: mergeSchemaOf(node.additional), atomic }
  if (node.properties.size === 0 && !node.embedded) {
    if (props.type === undefined) return anySchema
    return node.preserve ? { kind: 'map', element: anySchema, atomic } : { kind: 'struct', fields: new Map(), atomic }
  }
  const fields = new Map<string, Schema>()
  if (node.embedded) {
    fields.set('apiVersion', scalarTypes['string'] as Schema)
    fields.set('kind', scalarTypes['string'] as Schema)
    fields.set('metadata', metadataSchema())
  }
  for (const [name, below] of node.properties) if (!fields.has(name)) fields.set(name, mergeSchemaOf(below))
  const rest = node.additional === undefined ? (node.preserve ? anySchema : undefined) : mergeSchemaOf(node.additional)
  return { kind: 'struct', fields, atomic, ...(rest === undefined ? {} : { rest }) }
}

function listSchema({ props, items }: Structural): ListSchema {
  const element = items === undefined ? anySchema : mergeSchemaOf(items)
  const merge = props['x-kubernetes-list-type'] ?? 'atomic'
  const keys = (props['x-kubernetes-list-map-keys'] ?? []).map((name) => {
    const initial = items?.properties.get(name)?.props.default
    return initial === undefined ? { name } : { name, initial }
  })
  return { kind: 'list', element, merge, keys: merge === 'map' ? keys : [] }
}
