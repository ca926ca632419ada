/**
 * What makes the schema of a definition structural, and defaults that fit it. Source:
 * k8s.io/apiextensions-apiserver/pkg/apiserver/schema/{validation.go,defaulting/validation.go}.
 */
import { inKeyOrder } from '../../kube/go-print.ts'
import { deepEqual, isRecord } from '../../kube/object.ts'
import { causeText, forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { prune } from './prune.ts'
import { structuralOf, type JsonSchema } from './structural.ts'
import { patternProblem } from './pattern.ts'
import { validateDefault } from './validate.ts'

type Cause = Required<StatusCause>
type Level = 'at the root' | 'for specified array items' | 'for specified object fields'

/** In the order of their texts, as the real server sorts them. */
export const structuralCauses = (schema: JsonSchema, path: string): Cause[] =>
  invariantCauses(schema, path, 'at the root').sort((a, b) => (causeText(a) < causeText(b) ? -1 : 1))

function invariantCauses(schema: JsonSchema, path: string, level: Level): Cause[] {
  const { additionalProperties: additional, items } = schema
  const causes: Cause[] = []
  if (items !== undefined) causes.push(...invariantCauses(items, `${path}.items`, 'for specified array items'))
  else if (schema.type === 'array') causes.push(required(`${path}.items`, 'must be specified'))
  for (const [name, below] of Object.entries(schema.properties ?? {}))
    causes.push(...invariantCauses(below, `${path}.properties[${name}]`, 'for specified object fields'))
  if (additional !== undefined && level === 'at the root')
    causes.push(forbiddenValue(`${path}.additionalProperties`, 'must not be used at the root'))
  if (isRecord(additional))
    causes.push(...invariantCauses(additional, `${path}.additionalProperties`, 'for specified object fields'))
  return [
    ...causes,
    ...valueCauses(schema, path),
    ...typeCauses(schema, path, level),
    ...metaCauses(schema, path, level),
  ]
}

function typeCauses(schema: JsonSchema, path: string, level: Level): Cause[] {
  const { type = '', 'x-kubernetes-int-or-string': intOrString, 'x-kubernetes-embedded-resource': embedded } = schema
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true
  const causes: Cause[] = []
  if (intOrString === true && preserves)
    causes.push(
      invalidValue(
        `${path}.x-kubernetes-preserve-unknown-fields`,
        true,
        'must be false if x-kubernetes-int-or-string is true',
      ),
    )
  if (embedded === true && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true'
    causes.push(type === '' ? required(`${path}.type`, text) : invalidValue(`${path}.type`, type, text))
  } else if (type === '' && intOrString !== true && !preserves)
    causes.push(required(`${path}.type`, `must not be empty ${level}`))
  if (level === 'at the root' && type !== '' && type !== 'object')
    causes.push(invalidValue(`${path}.type`, type, 'must be object at the root'))
  if (embedded === true && schema.additionalProperties !== undefined)
    causes.push(
      forbiddenValue(`${path}.additionalProperties`, 'must not be used if x-kubernetes-embedded-resource is set'),
    )
  if (embedded === true && !preserves && Object.keys(schema.properties ?? {}).length === 0)
    causes.push(
      required(
        `${path}.properties`,
        'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
      ),
    )
  return causes
}

/** Of whole objects: kind, apiVersion and metadata are what they always are. */
function metaCauses(schema: JsonSchema, path: string, level: Level): Cause[] {
  const isRoot = level === 'at the root'
  if (!isRoot && schema['x-kubernetes-embedded-resource'] !== true) return []
  const { metadata } = schema.properties ?? {}
  const causes: Cause[] = []
  for (const name of ['kind', 'apiVersion']) {
    const type = schema.properties?.[name]?.type
    if (schema.properties?.[name] !== undefined && type !== 'string')
      causes.push(invalidValue(`${path}.properties[${name}].type`, type ?? '', 'must be string'))
  }
  if (metadata === undefined) return causes
  const at = `${path}.properties[metadata]`
  if (metadata.type !== 'object') causes.push(invalidValue(`${at}.type`, metadata.type ?? '', 'must be object'))
  const { type: _, properties = {}, default: __, ...others } = metadata
  const named = Object.keys(properties).every((name) => name === 'name' || name === 'generateName')
  if (isRoot && (!named || Object.keys(others).length > 0))
    causes.push(
      forbiddenValue(
        at,
        'must not specify anything other than name and generateName, but metadata is implicitly specified',
      ),
    )
  return causes
}

function valueCauses(schema: JsonSchema, path: string): Cause[] {
  const causes: Cause[] = []
  const nested = (list: 'anyOf' | 'allOf' | 'oneOf'): void => {
    for (const [index, part] of (schema[list] ?? []).entries())
      causes.push(...nestedCauses(part, `${path}.${list}[${index}]`, list === 'allOf' && index === 0))
  }
  if (!isIntOrString(schema.anyOf)) nested('anyOf')
  nested('allOf')
  nested('oneOf')
  if (schema.not !== undefined) causes.push(...nestedCauses(schema.not, `${path}.not`, false))
  const problem = schema.pattern === undefined ? undefined : patternProblem(schema.pattern)
  if (problem !== undefined) {
    const text = `must be a valid regular expression, but isn't: ${problem}`
    causes.push(invalidValue(`${path}.pattern`, schema.pattern, text))
  }
  return causes
}

/** The one place where a type may stand in a quantifier. */
const isIntOrString = (schemas: readonly JsonSchema[] | undefined): boolean =>
  deepEqual(schemas, [{ type: 'integer' }, { type: 'string' }])

const emptyInQuantifiers = ['type', 'title', 'description', 'x-kubernetes-list-map-keys', 'x-kubernetes-validations']
const undefinedInQuantifiers = ['additionalProperties', 'default', 'x-kubernetes-list-type', 'x-kubernetes-map-type']
const falseInQuantifiers = [
  'nullable',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
]

/** Within a quantifier there are values and no shapes. */
function nestedCauses(schema: JsonSchema, path: string, mayBeIntOrString: boolean): Cause[] {
  const has = (name: string): boolean => {
    const value = (schema as Readonly<Record<string, unknown>>)[name]
    return value !== undefined && value !== '' && value !== false && !(Array.isArray(value) && value.length === 0)
  }
  const refused = (names: readonly string[], what: string): Cause[] =>
    names.filter(has).map((name) => forbiddenValue(`${path}.${name}`, `must be ${what} to be structural`))
  const { anyOf: _, ...withoutAnyOf } = schema
  const values = mayBeIntOrString && isIntOrString(schema.anyOf) ? withoutAnyOf : schema
  return [
    ...valueCauses(values, path),
    ...(schema.items === undefined ? [] : nestedCauses(schema.items, `${path}.items`, false)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, below]) =>
      nestedCauses(below, `${path}.properties[${name}]`, false),
    ),
    ...refused(emptyInQuantifiers, 'empty'),
    ...refused(undefinedInQuantifiers, 'undefined'),
    ...refused(falseInQuantifiers, 'false'),
    ...(schema.properties?.['metadata'] === undefined
      ? []
      : [forbiddenValue(`${path}.properties[metadata]`, 'must not be specified in a nested context')]),
  ]
}

/** Defaults have to fit what they are defaults of. */
export function defaultCauses(schema: JsonSchema, path: string): Cause[] {
  const causes: Cause[] = []
  const { default: value } = schema
  if (value !== undefined) {
    const at = `${path}.default`
    const node = structuralOf(schema, false)
    let unknown = false
    prune(node, value, () => (unknown = true))
    if (unknown) causes.push(invalidValue(at, inKeyOrder(value), 'must not have unknown fields'))
    causes.push(...validateDefault(node, value, at))
  }
  if (schema.items !== undefined) causes.push(...defaultCauses(schema.items, `${path}.items`))
  for (const [name, below] of Object.entries(schema.properties ?? {}))
    causes.push(...defaultCauses(below, `${path}.properties[${name}]`))
  return causes
}
