/**
 * What Kubernetes leaves out of OpenAPI, adds to it, and asks of how CEL rules are written. Source:
 * k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation, ValidateCustomResourceDefinitionOpenAPISchema.
 */
import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { isFormatKnown } from './formats.ts'
import { fieldPathOf } from './field-path.ts'
import { expressionCauses } from './schema-expressions.ts'
import { structuralOf, type JsonSchema, type ValidationRule } from './structural.ts'
import { oneOf } from '../rules/causes.ts'

type Cause = Required<StatusCause>

/** `rules` says whether CEL rules are to be compiled: those of a schema that is wrong already are not. */
export function schemaCauses(schema: JsonSchema, path: string, rules: boolean): Cause[] {
  const causes = causesBelow(schema, path)
  return rules ? [...causes, ...expressionCauses(schema, path, causes)] : causes
}

const causesBelow = (schema: JsonSchema, path: string): Cause[] => [
  ...ownCauses(schema, path),
  ...parts(schema, path).flatMap(([part, at]) => causesBelow(part, at)),
]

function parts(schema: JsonSchema, path: string): (readonly [JsonSchema, string])[] {
  const { additionalProperties: additional, items, not } = schema
  const named = (map: 'properties' | 'definitions'): (readonly [JsonSchema, string])[] =>
    Object.entries(((schema as Record<string, unknown>)[map] ?? {}) as Record<string, JsonSchema>).map(
      ([name, part]) => [part, `${path}.${map}[${name}]`] as const,
    )
  const lists = (['allOf', 'oneOf', 'anyOf'] as const).flatMap((list) =>
    (schema[list] ?? []).map((part, index) => [part, `${path}.${list}[${index}]`] as const),
  )
  return [
    ...(isRecord(additional) ? [[additional as JsonSchema, `${path}.additionalProperties`] as const] : []),
    ...named('properties'),
    ...(not === undefined ? [] : [[not, `${path}.not`] as const]),
    ...lists,
    ...named('definitions'),
    ...(isRecord(items) ? [[items, `${path}.items`] as const] : []),
  ]
}

/** Formats in a schema that mean nothing to the types they are said of. */
export const unknownFormats = (schema: JsonSchema): string[] => [
  ...(schema.format && !isFormatKnown(schema.format, schema.type ?? '') ? [schema.format] : []),
  ...parts(schema, '').flatMap(([part]) => unknownFormats(part)),
]

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const

/** What no structural schema can be read from. */
export const isUnreadable = (schema: JsonSchema): boolean =>
  unsupported.some((name) => (schema as Readonly<Record<string, unknown>>)[name] !== undefined) ||
  parts(schema, '').some(([part]) => isUnreadable(part))

function ownCauses(schema: JsonSchema, path: string): Cause[] {
  const { type = '' } = schema
  const said = schema as Readonly<Record<string, unknown>>
  return [
    ...(type === '' ? [] : oneOf(`${path}.type`, type, types)),
    ...unsupported
      .filter((name) => said[name] !== undefined)
      .map((name) => forbiddenValue(`${path}.${name}`, `${name} is not supported`)),
    ...(type === 'null'
      ? [forbiddenValue(`${path}.type`, 'type cannot be set to null, use nullable as an alternative')]
      : []),
    ...(schema.uniqueItems === true
      ? [
          forbiddenValue(
            `${path}.uniqueItems`,
            'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
          ),
        ]
      : []),
    ...(Object.keys(schema.properties ?? {}).length > 0 &&
    schema.additionalProperties !== undefined &&
    schema.additionalProperties !== true
      ? [forbiddenValue(`${path}.additionalProperties`, 'additionalProperties and properties are mutual exclusive')]
      : []),
    ...(schema['x-kubernetes-preserve-unknown-fields'] === false
      ? [invalidValue(`${path}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined')]
      : []),
    ...mapTypeCauses(schema, path),
    ...listTypeCauses(schema, path),
    ...(schema['x-kubernetes-validations'] ?? []).flatMap((rule, index) =>
      ruleCauses(schema, rule, `${path}.x-kubernetes-validations[${index}]`),
    ),
  ]
}

/** `type` has to be that for the extension to mean something. */
function belongsTo(schema: JsonSchema, path: string, type: string, extension: string): Cause[] {
  if (schema.type === type) return []
  const text = `must be ${type} if ${extension} is specified`
  return [schema.type === undefined ? required(`${path}.type`, text) : invalidValue(`${path}.type`, schema.type, text)]
}

function mapTypeCauses(schema: JsonSchema, path: string): Cause[] {
  const mapType = schema['x-kubernetes-map-type']
  if (mapType === undefined) return []
  const kinds = ['atomic', 'granular']
  return [
    ...belongsTo(schema, path, 'object', 'x-kubernetes-map-type'),
    ...oneOf(`${path}.x-kubernetes-map-type`, mapType, kinds),
  ]
}

function listTypeCauses(schema: JsonSchema, path: string): Cause[] {
  const listType = schema['x-kubernetes-list-type']
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const at = `${path}.x-kubernetes-list-type`
  const causes: Cause[] = []
  if (listType !== undefined) {
    const kinds = ['atomic', 'set', 'map']
    causes.push(...belongsTo(schema, path, 'array', 'x-kubernetes-list-type'))
    if (listType === 'set' && schema.type === 'array') causes.push(...setItemCauses(schema.items, `${path}.items`))
    causes.push(...oneOf(at, listType, kinds))
  }
  if (keys.length > 0 && listType !== 'map') {
    const text = 'must be map if x-kubernetes-list-map-keys is non-empty'
    causes.push(listType === undefined ? required(at, text) : invalidValue(at, listType, text))
  }
  if (listType === 'map') causes.push(...mapKeyCauses(schema, keys, path))
  if ((listType === 'map' || listType === 'set') && schema.items?.nullable === true)
    causes.push(
      forbiddenValue(`${path}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`),
    )
  if (listType === 'map') causes.push(...requiredKeyCauses(schema.items, keys, `${path}.items`))
  return causes
}

function setItemCauses(items: JsonSchema | undefined, path: string): Cause[] {
  const text = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const listType = items?.['x-kubernetes-list-type']
  if (items?.type === 'array' && listType !== undefined && listType !== 'atomic')
    return [invalidValue(`${path}.x-kubernetes-list-type`, listType, text)]
  if (items?.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic')
    return [invalidValue(`${path}.x-kubernetes-map-type`, listType ?? null, text)]
  return []
}

function mapKeyCauses({ items }: JsonSchema, keys: readonly string[], path: string): Cause[] {
  const at = `${path}.x-kubernetes-list-map-keys`
  const causes: Cause[] = []
  if (keys.length === 0) causes.push(required(at, 'must not be empty if x-kubernetes-list-type is map'))
  if (items === undefined)
    return [...causes, required(`${path}.items`, 'must have a schema if x-kubernetes-list-type is map')]
  if (items.type !== 'object')
    return [
      ...causes,
      invalidValue(
        `${path}.items.type`,
        items.type ?? '',
        "must be object if parent array's x-kubernetes-list-type is map",
      ),
    ]
  for (const [index, key] of keys.entries()) {
    const type = items.properties?.[key]?.type
    if (items.properties?.[key] === undefined)
      causes.push(invalidValue(at, keys, 'entries must all be names of item properties'))
    else if (type === 'array' || type === 'object')
      causes.push(
        invalidValue(
          `${path}.items.properties[${key}].type`,
          items.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      )
    if (keys.indexOf(key) < index) causes.push(invalidValue(at, keys, 'must not contain duplicate entries'))
  }
  return causes
}

function requiredKeyCauses(items: JsonSchema | undefined, keys: readonly string[], path: string): Cause[] {
  return keys.flatMap((key) => {
    const property = items?.properties?.[key]
    if (property === undefined) return []
    const at = `${path}.properties[${key}]`
    const has = items?.required?.includes(key) === true || property.default !== undefined
    const who = 'this property is in x-kubernetes-list-map-keys, so it'
    return [
      ...(has ? [] : [required(`${at}.default`, `${who} must have a default or be a required property`)]),
      ...(property.nullable === true ? [forbiddenValue(`${at}.nullable`, `${who} cannot be nullable`)] : []),
    ]
  })
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

function ruleCauses(
  schema: JsonSchema,
  { rule = '', message = '', messageExpression, reason, fieldPath = '' }: ValidationRule,
  path: string,
): Cause[] {
  const causes: Cause[] = []
  const said = message.trim()
  if (rule.trim() === '') causes.push(required(`${path}.rule`, 'rule is not specified'))
  else if (message !== '' && said === '')
    causes.push(invalidValue(`${path}.message`, message, 'must be non-empty if specified'))
  else if (said.includes('\n')) causes.push(invalidValue(`${path}.message`, message, 'must not contain line breaks'))
  else if (rule.trim().includes('\n') && said === '')
    causes.push(required(`${path}.message`, 'message must be specified if rule contains line breaks'))
  if (messageExpression !== undefined && messageExpression !== '' && messageExpression.trim() === '')
    causes.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'))
  if (reason !== undefined) causes.push(...oneOf(`${path}.reason`, reason, reasons))
  if (fieldPath !== '' && fieldPathOf(structuralOf(schema), fieldPath) === undefined)
    causes.push(invalidValue(`${path}.fieldPath`, fieldPath, 'must be a valid path'))
  return causes
}
