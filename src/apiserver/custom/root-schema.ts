/**
 * The root of a schema whose status is written apart: nothing there may say more of it than its properties do.
 * Source: k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/{types_jsonschema.go,validation}.
 */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import type { JsonSchema } from './structural.ts'

type Json = Readonly<Record<string, unknown>>

/** A field's name in JSON, its name in Go, and what it is when it is not set. */
const fields: readonly (readonly [name: string, goName: string, zero: unknown])[] = [
  ['id', 'ID', ''],
  ['$schema', 'Schema', ''],
  ['$ref', 'Ref', null],
  ['description', 'Description', ''],
  ['type', 'Type', ''],
  ['nullable', 'Nullable', false],
  ['format', 'Format', ''],
  ['title', 'Title', ''],
  ['default', 'Default', null],
  ['maximum', 'Maximum', null],
  ['exclusiveMaximum', 'ExclusiveMaximum', false],
  ['minimum', 'Minimum', null],
  ['exclusiveMinimum', 'ExclusiveMinimum', false],
  ['maxLength', 'MaxLength', null],
  ['minLength', 'MinLength', null],
  ['pattern', 'Pattern', ''],
  ['maxItems', 'MaxItems', null],
  ['minItems', 'MinItems', null],
  ['uniqueItems', 'UniqueItems', false],
  ['multipleOf', 'MultipleOf', null],
  ['enum', 'Enum', null],
  ['maxProperties', 'MaxProperties', null],
  ['minProperties', 'MinProperties', null],
  ['required', 'Required', null],
  ['items', 'Items', null],
  ['allOf', 'AllOf', null],
  ['oneOf', 'OneOf', null],
  ['anyOf', 'AnyOf', null],
  ['not', 'Not', null],
  ['properties', 'Properties', null],
  ['additionalProperties', 'AdditionalProperties', null],
  ['patternProperties', 'PatternProperties', null],
  ['dependencies', 'Dependencies', null],
  ['additionalItems', 'AdditionalItems', null],
  ['definitions', 'Definitions', null],
  ['externalDocs', 'ExternalDocs', null],
  ['example', 'Example', null],
  ['x-kubernetes-preserve-unknown-fields', 'XPreserveUnknownFields', null],
  ['x-kubernetes-embedded-resource', 'XEmbeddedResource', false],
  ['x-kubernetes-int-or-string', 'XIntOrString', false],
  ['x-kubernetes-list-map-keys', 'XListMapKeys', null],
  ['x-kubernetes-list-type', 'XListType', null],
  ['x-kubernetes-map-type', 'XMapType', null],
  ['x-kubernetes-validations', 'XValidations', null],
]

const allowed =
  'Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations'

/** The first field that has no place there is told, and no other. */
export function rootCauses(schema: JsonSchema, path: string): Required<StatusCause>[] {
  const said = schema as Json
  const apart = 'of the schema if the status subresource is enabled'
  for (const [name, goName, zero] of fields) {
    const value = said[name] ?? zero
    if (value === zero) continue
    if (name === 'type' && value !== 'object')
      return [invalidValue(`${path}.type`, value, `only "object" is allowed as the type at the root ${apart}`)]
    if (!allowed.split(' ').includes(goName))
      return [invalidValue(path, shown(said), `only [${allowed}] fields are allowed at the root ${apart}`)]
  }
  return []
}

const lists = new Set(['allOf', 'oneOf', 'anyOf'])
const maps = new Set(['properties', 'patternProperties', 'definitions'])

/** A schema as the real server prints it: its struct, with all that isn't set. */
const shown = (schema: Json): object =>
  Object.fromEntries(fields.map(([name, goName, zero]) => [goName, part(name, schema[name] ?? zero)]))

function part(name: string, value: unknown): unknown {
  if (Array.isArray(value)) {
    if (lists.has(name)) return value.map((item) => shown(item as Json))
    return name === 'x-kubernetes-validations' ? value.map((rule) => shownRule(rule as Json)) : value
  }
  if (name === 'additionalProperties' || name === 'additionalItems')
    return value === null
      ? null
      : isRecord(value)
        ? { Allows: true, Schema: shown(value) }
        : { Allows: value, Schema: null }
  if (!isRecord(value)) return value
  if (name === 'items') return { Schema: shown(value), JSONSchemas: null }
  if (name === 'not') return shown(value)
  if (name === 'externalDocs') return { Description: value['description'] ?? '', URL: value['url'] ?? '' }
  if (maps.has(name))
    return Object.fromEntries(
      Object.keys(value)
        .sort()
        .map((key) => [key, shown(value[key] as Json)]),
    )
  return value
}

const shownRule = (rule: Json): object => ({
  Rule: rule['rule'] ?? '',
  Message: rule['message'] ?? '',
  MessageExpression: rule['messageExpression'] ?? '',
  Reason: rule['reason'] ?? null,
  FieldPath: rule['fieldPath'] ?? '',
  OptionalOldSelf: rule['optionalOldSelf'] ?? null,
})
