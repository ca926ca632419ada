/**
 * Whether a custom resource fits its schema, in the words of the real server. What an update leaves as it was is not
 * held against it (ratcheting). Source: k8s.io/apiextensions-apiserver/pkg/apiserver/validation, kube-openapi/pkg/validation.
 */
import { inKeyOrder } from '../../kube/go-print.ts'
import { deepEqual, isMap, isRecord } from '../../kube/object.ts'
import { invalidValue, notSupported, required, tooLong, tooMany, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { child, correlated } from './correlation.ts'
import { formatProblem } from './formats.ts'
import { embeddedProblems, listProblems } from './invariants.ts'
import { patternOf } from './pattern.ts'
import { ruleCauses, withRules } from './rule-causes.ts'
import type { JsonSchema, Structural } from './structural.ts'

type Cause = Required<StatusCause>

/** `others` is what is wrong besides, and `metadata` what is said of that already: both count before the rules are looked at. */
export function validateCustom(
  node: Structural,
  value: unknown,
  old: unknown,
  others: readonly Cause[] = [],
  metadata: readonly Cause[] = [],
): Cause[] {
  const causes = schemaCauses(node, value, old)
  const invariants = [...embeddedProblems(node, value), ...listProblems(node, value, old)]
  return withRules(node, value, old, [...causes, ...others, ...invariants], metadata)
}

/** Of an update of the status, which is looked at by itself: messages name fields from there on, so it is. */
export function validateStatus(
  node: Structural,
  object: KubeObject,
  before: KubeObject | undefined,
  others: readonly Cause[] = [],
): Cause[] {
  const status = node.properties.get('status')
  const found =
    status === undefined || object.status === undefined
      ? []
      : schemaCauses(status, object.status, before?.status, false)
  const causes = found.map((cause) => ({
    ...cause,
    field: isUnplaced(cause) ? 'status' : child('status', cause.field),
  }))
  return withRules(node, object, before, [...causes, ...others, ...listProblems(node, object, before)])
}

/** What is not said of a field is said of the value that is looked at. */
const isUnplaced = ({ field }: Cause): boolean => field === '' || field === '<nil>'

/** Of a default, which stands at `path`: rules name fields as they are, all else from there on. */
export function validateDefault(node: Structural, value: unknown, path: string): Cause[] {
  const objects = embeddedProblems(node, value, path)
  if (objects.length > 0) return objects
  const causes = schemaCauses(node, value, undefined)
  if (causes.length === 0) return ruleCauses(node, value, path)
  return causes.map((cause) => ({ ...cause, field: isUnplaced(cause) ? path : `${path}.${cause.field}` }))
}

/** What one says in the words of another is said once. */
function schemaCauses(node: Structural, value: unknown, old: unknown, isWhole = true): Cause[] {
  const causes: Cause[] = []
  validateNode(node, value, old, '', causes, isWhole)
  if (causes.length < 2) return causes
  return [...new Map(causes.map((cause) => [`${cause.field} ${cause.message}`, cause])).values()]
}

/** What an update leaves alone is not looked at, but for the object as a whole. */
function validateNode(
  node: Structural,
  value: unknown,
  old: unknown,
  path: string,
  causes: Cause[],
  isWhole = false,
): void {
  if (!isWhole && old !== undefined && deepEqual(value, old)) return
  const wrong = value === null && node.nullable ? undefined : typeProblem(node, value, path)
  if (wrong !== undefined) causes.push(wrong)
  if (value === null) {
    pushEnumCause(node.props, value, path, causes)
    return
  }
  validateValue(node.props, value, path, causes, (list) => validateItems(node, list, old, path, causes))
  if (isMap(value)) {
    for (const key of Object.keys(value)) {
      if (node.embedded && key === 'metadata') continue
      const below = node.properties.get(key) ?? node.additional
      if (below !== undefined)
        validateNode(below, value[key], isRecord(old) ? old[key] : undefined, child(path, key), causes)
    }
  }
}

function typeProblem(node: Structural, value: unknown, path: string): Cause | undefined {
  const { type, format } = node.props
  const actual = typeOf(value)
  if (node.intOrString) {
    if (actual === 'integer' || actual === 'string') return undefined
    return typeInvalid(path, 'integer,string', actual)
  }
  if (type === undefined) return undefined
  if (actual === type || (type === 'number' && actual === 'integer')) return undefined
  if (format !== undefined && ['integer', 'number', 'boolean', 'object'].includes(actual))
    return typeInvalid(path, format, actualFormats[actual] ?? '')
  if (type === 'integer' && actual === 'number') return typeInvalid(path, 'integer', 'number')
  return format !== undefined && type === 'string' && actual === 'null' ? undefined : typeInvalid(path, type, actual)
}

/** What Go's types of numbers are called. */
const actualFormats: Readonly<Record<string, string>> = { integer: 'int64', number: 'float64' }

const typeInvalid = (path: string, wanted: string, actual: string): Cause => ({
  reason: 'FieldValueTypeInvalid',
  field: path,
  message: `Invalid value: ${JSON.stringify(actual)}: ${path} in body must be of type ${wanted}: ${JSON.stringify(actual)}`,
})

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (isRecord(value)) return 'rawJSON' in value ? 'integer' : 'object'
  return typeof value
}

/** `within` looks at the items of a list, before these are counted. */
function validateValue(
  props: JsonSchema,
  value: unknown,
  path: string,
  causes: Cause[],
  within: (list: readonly unknown[]) => void = () => {},
): void {
  const bad = (shown: unknown, text: string): void =>
    void causes.push(invalidValue(path, shown, `${path} in body ${text}`))
  validateCombinations(props, value, path, causes)
  if (typeof value === 'string') {
    const length = [...value].length
    // The first of these that fails is the one that is told.
    if (props.maxLength !== undefined && length > props.maxLength) causes.push(tooLong(path, props.maxLength))
    else if (props.minLength !== undefined && length < props.minLength)
      bad(value, `should be at least ${props.minLength} chars long`)
    else if (props.pattern !== undefined && !patternOf(props.pattern).test(value))
      bad(value, `should match '${props.pattern}'`)
    const problem = props.format === undefined ? undefined : formatProblem(props.format, value)
    // A text of another format is a value of another type.
    if (problem !== undefined)
      causes.push({ ...invalidValue(path, value, `${path} in body ${problem}`), reason: 'FieldValueTypeInvalid' })
  } else if (typeof value === 'number') validateNumber(props, value, path, causes)
  else if (Array.isArray(value)) {
    within(value)
    if (props.minItems !== undefined && value.length < props.minItems)
      bad(value.length, `should have at least ${props.minItems} items`)
    if (props.maxItems !== undefined && value.length > props.maxItems)
      causes.push(tooMany(path, value.length, props.maxItems))
  } else if (isRecord(value)) {
    const count = Object.keys(value).length
    if (props.maxProperties !== undefined && count > props.maxProperties)
      causes.push(tooMany(path, count, props.maxProperties))
    if (props.minProperties !== undefined && count < props.minProperties)
      bad(count, `should have at least ${props.minProperties} properties`)
    for (const name of props.required ?? []) if (!Object.hasOwn(value, name)) causes.push(required(child(path, name)))
  }
  pushEnumCause(props, value, path, causes)
}

function validateItems(node: Structural, list: readonly unknown[], old: unknown, path: string, causes: Cause[]): void {
  const { items } = node
  if (items === undefined) return
  const before = correlated(node, old)
  for (const [index, item] of list.entries()) validateNode(items, item, before(item), `${path}[${index}]`, causes)
}

/** A number is taken for what Go converts it to: without its fraction, or for the character that it counts. */
const isEnumValue = (allowed: unknown, value: unknown): boolean =>
  typeof value === 'number' && Number.isInteger(allowed)
    ? Math.trunc(value) === allowed
    : typeof value === 'number' && typeof allowed === 'string'
      ? Number.isInteger(value) && value >= 0 && value <= 0x10ffff && String.fromCodePoint(value) === allowed
      : deepEqual(allowed, value)

const enumText = (allowed: unknown): string =>
  typeof allowed === 'string' ? allowed : JSON.stringify(inKeyOrder(allowed))

function pushEnumCause(props: JsonSchema, value: unknown, path: string, causes: Cause[]): void {
  if (props.enum !== undefined && !props.enum.some((allowed) => isEnumValue(allowed, value)))
    causes.push(notSupported(path, inKeyOrder(value), props.enum.map(enumText)))
}

const int32Max = 2 ** 31 - 1

function validateNumber(props: JsonSchema, value: number, path: string, causes: Cause[]): void {
  const { type, format, minimum, maximum, multipleOf } = props
  const bad = (shown: unknown, text: string): void =>
    void causes.push(invalidValue(path, shown, `${path} in body ${text}`))
  const fits = Number.isInteger(value) && (format !== 'int32' || (value <= int32Max && value >= -int32Max - 1))
  if (type === 'integer' && !fits) {
    const kind = format === undefined ? '(default format)' : `with format ${format}`
    causes.push(invalidValue('<nil>', '', `Checked value must be of type integer ${kind} in ${path}`))
  }
  if (multipleOf !== undefined && value % multipleOf !== 0) bad(value, `should be a multiple of ${multipleOf}`)
  if (minimum !== undefined && (props.exclusiveMinimum === true ? value <= minimum : value < minimum))
    bad(value, `should be greater than ${props.exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`)
  if (maximum !== undefined && (props.exclusiveMaximum === true ? value >= maximum : value > maximum))
    bad(value, `should be less than ${props.exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`)
}

/** Of the whole object, as the real server forgets to say of what. */
const composite = (path: string, text: string): Cause => invalidValue('<nil>', '', `"${path}" ${text}`)

/**
 * Value validations only: a structural schema has no types inside of allOf, anyOf, oneOf and not. Where no alternative
 * fits, what is wrong with the first is told. Source: kube-openapi/pkg/validation/validate/schema_props.go.
 */
function validateCombinations(
  { anyOf, oneOf, allOf, not }: JsonSchema,
  value: unknown,
  path: string,
  causes: Cause[],
): void {
  const tried = (parts: readonly JsonSchema[]): Cause[][] => parts.map((part) => problemsOf(part, value, path))
  const fitting = (results: readonly Cause[][]): number => results.filter(({ length }) => length === 0).length
  if (anyOf !== undefined) {
    const results = tried(anyOf)
    if (fitting(results) === 0)
      causes.push(composite(path, 'must validate at least one schema (anyOf)'), ...(results[0] ?? []))
  }
  if (oneOf !== undefined) {
    const results = tried(oneOf)
    const fits = fitting(results)
    const found = fits === 0 ? 'Found none valid' : `Found ${fits} valid alternatives`
    if (fits !== 1)
      causes.push(
        composite(path, `must validate one and only one schema (oneOf). ${found}`),
        ...(fits === 0 ? (results[0] ?? []) : []),
      )
  }
  if (allOf !== undefined) {
    const results = tried(allOf)
    causes.push(...results.flat())
    const none = fitting(results) === 0 ? '. None validated' : ''
    if (fitting(results) < allOf.length) causes.push(composite(path, `must validate all the schemas (allOf)${none}`))
  }
  if (not !== undefined && problemsOf(not, value, path).length === 0)
    causes.push(composite(path, 'must not validate the schema (not)'))
}

function problemsOf(props: JsonSchema, value: unknown, path: string): Cause[] {
  const causes: Cause[] = []
  if (props.type !== undefined && typeOf(value) !== props.type) return [typeInvalid(path, props.type, typeOf(value))]
  validateValue(props, value, path, causes)
  if (isRecord(value)) {
    for (const [key, below] of Object.entries(props.properties ?? {}))
      if (Object.hasOwn(value, key)) causes.push(...problemsOf(below, value[key], child(path, key)))
  }
  if (Array.isArray(value) && props.items !== undefined) {
    const { items } = props
    causes.push(...value.flatMap((item, index) => problemsOf(items, item, `${path}[${index}]`)))
  }
  return causes
}
