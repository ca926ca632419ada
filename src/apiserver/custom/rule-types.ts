/**
 * What a rule's expression is of, by the schema that it stands in: problems in the words of cel-go, with the line and a
 * caret below. One problem is told, the first. Source: github.com/google/cel-go/checker,
 * k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go.
 */
import { Environment } from '@marcbachmann/cel-js'
import { celName } from './cel.ts'
import { patternOf } from './pattern.ts'
import type { Structural } from './structural.ts'

export interface CheckedRule {
  readonly problem?: string
  /** Of the value; `dyn` where the schema leaves it open. */
  readonly type?: string
}

interface Node {
  readonly op?: string
  readonly args?: unknown
  readonly range?: { readonly start: number; readonly end: number }
  readonly pos?: number
}

/** Functions of Kubernetes's own libraries, which ours does not have: a rule with one of them is taken as it is. */
const foreign =
  /\b(find|findAll|isSorted|sum|min|max|indexOf|lastIndexOf|url|isURL|get(?:Scheme|Host|Hostname|Port|EscapedPath|Query)|quantity|isQuantity|isInteger|asInteger|asApproximateFloat|sign|add|sub|isGreaterThan|isLessThan|compareTo|ip|isIP|cidr|isCIDR|contains(?:IP|CIDR)|family|isUnspecified|isLoopback|isCanonical|prefixLength|masked|format|validate|semver|isSemver|sets|math|authorizer)\s*[.(]/

export function checkRule(node: Structural, expression: string, optionalOldSelf = false): CheckedRule {
  const environment = new Environment({ enableOptionalTypes: true })
  const self = typeIn(environment, node)
  environment.registerVariable('self', self)
  environment.registerVariable('oldSelf', optionalOldSelf ? 'optional' : self)
  return fieldProblem(environment, expression) ?? patternProblem(expression) ?? checkedIn(environment, expression)
}

/** What is wrong with a webhook's match condition, as {@link checkRule} tells it; nothing is known of its objects. */
export function conditionProblem(expression: string): string | undefined {
  const environment = new Environment({ enableOptionalTypes: true })
  for (const name of ['object', 'oldObject', 'request', 'authorizer']) environment.registerVariable(name, 'dyn')
  const { problem, type = 'dyn' } = patternProblem(expression) ?? checkedIn(environment, expression)
  if (problem !== undefined) return `compilation failed: ${problem}`
  return type === 'bool' || type === 'dyn' ? undefined : 'must evaluate to bool'
}

function checkedIn(environment: Environment, expression: string): CheckedRule {
  const { valid, type, error } = environment.check(expression)
  if (valid) return { type: String(type) }
  const at = error as unknown as { message: string; node?: Node }
  const [message = ''] = at.message.split('\n')
  // Objects are compared field by field, which the library does without saying so.
  if (/^no such overload: (Object\d+) [!=]= \1$/.test(message) || foreign.test(expression)) return { type: 'dyn' }
  const told = inGoWords(message, at.node ?? {}, expression)
  if (told === undefined) return { problem: message }
  return pointed(told, expression)
}

function pointed({ text, column }: Told, expression: string): CheckedRule {
  const place = Math.max(column, 0)
  const line = expression.replaceAll('\n', ' ')
  return { problem: `ERROR: <input>:1:${place + 1}: ${text}\n | ${line}\n | ${'.'.repeat(place)}^` }
}

/** `has` is to ask of fields that there are; the library lets it ask of any. */
function fieldProblem(environment: Environment, expression: string): CheckedRule | undefined {
  for (const { 1: field = '', index } of expression.matchAll(/\bhas\(\s*((?:self|oldSelf)[\w.]*)\s*\)/g)) {
    const missing = /^No such key: (\S*)/.exec(environment.check(field).error?.message ?? '')?.[1]
    if (missing !== undefined)
      return pointed({ text: `undefined field '${missing}'`, column: index + 'has'.length }, expression)
  }
  return undefined
}

/** Patterns that are written out have to be patterns. */
function patternProblem(expression: string): CheckedRule | undefined {
  for (const { 1: literal = '', 0: call, index } of expression.matchAll(/\.matches\(\s*("(?:[^"\\]|\\.)*")\s*\)/g)) {
    try {
      patternOf(JSON.parse(literal) as string)
    } catch (error) {
      if (/Invalid regular expression/.test((error as Error).message))
        return pointed({ text: 'invalid matches argument', column: index + call.indexOf('"') }, expression)
    }
  }
  return undefined
}

const scalars: Readonly<Record<string, string>> = {
  string: 'string',
  integer: 'int',
  number: 'double',
  boolean: 'bool',
}

/** The type's name in the environment, which learns those of objects on the way. */
function typeIn(environment: Environment, node: Structural): string {
  const { type, format } = node.props
  if (node.intOrString || node.preserve || type === undefined) return 'dyn'
  // Times and bytes are values of their own.
  if (type === 'string') return format === undefined || format === 'uuid' ? 'string' : 'dyn'
  if (type === 'array') return `list<${node.items === undefined ? 'dyn' : typeIn(environment, node.items)}>`
  if (type !== 'object') return scalars[type] ?? 'dyn'
  if (node.additional !== undefined) return `map<string, ${typeIn(environment, node.additional)}>`
  const fields = Object.fromEntries(
    [...node.properties].map(([name, below]) => [celName(name), typeIn(environment, below)]),
  )
  const name = `Object${++objects}`
  const embedded = node.embedded ? { apiVersion: 'string', kind: 'string', metadata: 'dyn' } : {}
  environment.registerType(name, { fields: { ...fields, ...embedded } })
  return name
}

let objects = 0

interface Told {
  readonly text: string
  readonly column: number
}

const typeText = (type: string): string =>
  type
    .replaceAll('<', '(')
    .replaceAll('>', ')')
    .replaceAll(/Object\d+/g, 'object')
    .replaceAll('null_type', 'null')

const overload = (name: string, types: string): string =>
  `found no matching overload for '${name}' applied to '${typeText(types)}'`

/** Undefined where cel-go would say something that we have no words for. */
function inGoWords(message: string, node: Node, expression: string): Told | undefined {
  const start = node.range?.start ?? node.pos ?? 0
  const [first, second] = operandsOf(node)
  const after = first?.range?.end ?? start
  const behind = (token: string): number => expression.indexOf(token, after)
  const unary = /^no such overload: ([!-])(\S.*)$/.exec(message)
  if (unary !== null) return { text: overload(`${unary[1]}_`, `(${unary[2]})`), column: start }
  const binary = /^no such overload: (.+?) (==|!=|<=|>=|[-<>+*/%]|in) (.+)$/.exec(message)
  if (binary !== null) {
    const [, left, operator = '', right] = binary
    const name = operator === 'in' ? '@in' : `_${operator}_`
    return { text: overload(name, `(${left}, ${right})`), column: behind(operator) }
  }
  const index = /^List index must be int, got '(.*)'$/.exec(message)
  if (index !== null) return { text: overload('_[_]', `(list(dyn), ${index[1]})`), column: behind('[') }
  const logical = /^Logical operator requires bool operands, got '(.*)'$/.exec(message)
  if (logical !== null)
    return {
      text: `expected type 'bool' but found '${typeText(logical[1] as string)}'`,
      column: placeOf(first ?? second ?? node, expression),
    }
  const missing = /^No such key: (.*)$/.exec(message)
  if (missing !== null) return { text: `undefined field '${missing[1]}'`, column: placeOf(node, expression) }
  if (/^Cannot index type/.test(message))
    return { text: `type '${/'(.*)'/.exec(message)?.[1]}' does not support field selection`, column: behind('.') }
  const unknown = /^Unknown variable: (.*)$/.exec(message)
  if (unknown !== null) return { text: `undeclared reference to '${unknown[1]}' (in container '')`, column: start }
  return callInGoWords(message, start, after, expression)
}

function callInGoWords(message: string, start: number, after: number, expression: string): Told | undefined {
  const called = /^found no matching overload for '(?:(.*)\.)?(\w+)\((.*)\)'$/.exec(message)
  if (called === null) return undefined
  const [, receiver, name = '', types] = called
  const column = expression.indexOf(
    '(',
    Math.max(start, receiver === undefined ? start : expression.indexOf(name, after)),
  )
  return known.has(name)
    ? { text: overload(name, `${receiver === undefined ? '' : `${receiver}.`}(${types})`), column }
    : { text: `undeclared reference to '${name}' (in container '')`, column }
}

const known = new Set(new Environment().getDefinitions().functions.map(({ name }) => name))

const operandsOf = ({ args }: Node): Node[] =>
  Array.isArray(args)
    ? args.filter((each): each is Node => typeof each === 'object' && each !== null && 'range' in each)
    : []

/** Where cel-go says that an expression is: a selection at its dot. */
function placeOf(node: Node, expression: string): number {
  return node.op === '.' ? expression.indexOf('.', operandsOf(node)[0]?.range?.end ?? 0) : (node.range?.start ?? 0)
}
