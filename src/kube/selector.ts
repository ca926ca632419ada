/** Label and field selectors. Source: k8s.io/apimachinery/pkg/labels/selector.go, pkg/fields/selector.go. */
import { labelValueProblems, qualifiedNameProblems } from './syntax.ts'

export type LabelMatcher = (labels: Readonly<Record<string, string>> | undefined) => boolean

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly {
    readonly key: string
    readonly operator: string
    readonly values?: readonly string[]
  }[]
}

export class SelectorError extends Error {
  override readonly name = 'SelectorError'
}

interface Token {
  /** `identifier`, `end`, or what it says. */
  readonly kind: string
  readonly text: string
}

/** As a label selector parameter takes it: `a=b,c in (d,e),!f`; empty where everything is selected. */
export function labelSelectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => ({ key, text: `${key}=${value}` }))
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    const list = `(${[...values].sort().join(',')})`
    const text = { In: `${key} in ${list}`, NotIn: `${key} notin ${list}`, DoesNotExist: `!${key}` }[operator] ?? key
    return { key, text }
  })
  return [...labels, ...expressions]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ text }) => text)
    .join(',')
}

const words = new Set(['in', 'notin'])
const symbols = /^(?:==|!=|[=!<>(),])/
const plain = /^[^\s=!<>(),]+/

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (let rest = text.trimStart(); rest !== ''; rest = rest.trimStart()) {
    const symbol = symbols.exec(rest)?.[0]
    const found = symbol ?? (plain.exec(rest) as RegExpExecArray)[0]
    tokens.push({ kind: symbol ?? (words.has(found) ? found : 'identifier'), text: found })
    rest = rest.slice(found.length)
  }
  return [...tokens, { kind: 'end', text: '' }]
}

const operators = ['in', 'notin', '=', '==', '!=', '>', '<']

/** Compiles `a=b,c!=d,e in (f,g),h,!i`; throws {@link SelectorError}, in the real words, for anything else. */
export function parseLabelSelector(text: string): LabelMatcher {
  const parser = new Parser(tokensOf(text))
  const terms = parser.terms()
  return (labels) => terms.every((term) => term(labels))
}

/** Source: k8s.io/apimachinery/pkg/labels/selector.go, Parser. */
class Parser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  terms(): LabelMatcher[] {
    const terms: LabelMatcher[] = []
    for (;;) {
      const { kind, text } = this.#peek()
      if (kind === 'end') return terms
      if (kind !== '!' && !this.#isName())
        throw new SelectorError(`found '${text}', expected: !, identifier, or 'end of string'`)
      terms.push(this.#term())
      const after = this.#next()
      if (after.kind === 'end') return terms
      if (after.kind !== ',') throw new SelectorError(`found '${after.text}', expected: ',' or 'end of string'`)
      const following = this.#peek()
      if (following.kind !== '!' && !this.#isName())
        throw new SelectorError(`found '${following.text}', expected: identifier after ','`)
    }
  }

  #term(): LabelMatcher {
    try {
      return this.#requirement()
    } catch (error) {
      throw new SelectorError(`unable to parse requirement: ${(error as Error).message}`)
    }
  }

  #requirement(): LabelMatcher {
    const absent = this.#peek().kind === '!'
    if (absent) this.#next()
    const key = this.#name()
    const [problem] = qualifiedNameProblems(key)
    if (problem !== undefined) throw new SelectorError(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problem}`)
    const { kind } = this.#peek()
    if (absent) return (labels) => !has(labels, key)
    if (kind === 'end' || kind === ',') return (labels) => has(labels, key)
    const operator = this.#next()
    if (!operators.includes(operator.kind))
      throw new SelectorError(`found '${operator.text}', expected: in, notin, =, ==, !=, gt, lt`)
    const set = operator.kind === 'in' || operator.kind === 'notin'
    const values = set ? this.#values() : [this.#value()]
    if (operator.kind === '>' || operator.kind === '<') return ordered(key, operator.kind, values[0] as string)
    for (const [index, value] of values.entries()) {
      const [wrong] = labelValueProblems(value)
      if (wrong !== undefined)
        throw new SelectorError(`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${wrong}`)
    }
    const wanted = operator.kind !== 'notin' && operator.kind !== '!='
    const chosen = new Set(values)
    return (labels) => {
      const value = labels?.[key]
      return value === undefined ? !wanted : chosen.has(value) === wanted
    }
  }

  /** `(a, b)`; an empty place is an empty value. */
  #values(): string[] {
    const open = this.#next()
    if (open.kind !== '(') throw new SelectorError(`found '${open.text}' expected: '('`)
    const values = ['']
    for (;;) {
      const { kind, text } = this.#next()
      if (kind === ')') return values
      if (kind === ',') values.push('')
      else if (kind === 'identifier' || words.has(kind)) values[values.length - 1] = text
      else throw new SelectorError(`found '${text}', expected: ',' or ')'`)
    }
  }

  /** After an operator; nothing at all is an empty value. */
  #value(): string {
    const { kind } = this.#peek()
    return kind === 'end' || kind === ',' ? '' : this.#name()
  }

  #name(): string {
    if (!this.#isName()) throw new SelectorError(`found '${this.#peek().text}', expected: identifier`)
    return this.#next().text
  }

  /** `in` and `notin` are names, too, where one is expected. */
  #isName(): boolean {
    const { kind } = this.#peek()
    return kind === 'identifier' || words.has(kind)
  }

  #peek(): Token {
    return this.#tokens[this.#at] as Token
  }

  #next(): Token {
    const token = this.#peek()
    if (token.kind !== 'end') this.#at++
    return token
  }
}

const has = (labels: Readonly<Record<string, string>> | undefined, key: string): boolean =>
  labels !== undefined && Object.hasOwn(labels, key)

function ordered(key: string, operator: '>' | '<', bound: string): LabelMatcher {
  if (!/^[+-]?\d+$/.test(bound))
    throw new SelectorError(
      `values[0]: Invalid value: ${JSON.stringify(bound)}: for 'Gt', 'Lt' operators, the value must be an integer`,
    )
  const sign = operator === '>' ? 1 : -1
  return (labels) => has(labels, key) && sign * (Number(labels?.[key]) - Number(bound)) > 0
}

/** Compiles a metav1.LabelSelector. An empty selector matches everything. */
export function labelSelectorMatcher(selector: LabelSelector): LabelMatcher {
  const equalities = Object.entries(selector.matchLabels ?? {})
  const expressions = selector.matchExpressions ?? []
  return (labels) =>
    equalities.every(([key, value]) => labels?.[key] === value) &&
    expressions.every(({ key, operator, values = [] }) => {
      const value = labels?.[key]
      if (operator === 'In') return value !== undefined && values.includes(value)
      if (operator === 'NotIn') return value === undefined || !values.includes(value)
      if (operator === 'Exists') return value !== undefined
      return value === undefined
    })
}

export interface FieldTerm {
  readonly field: string
  readonly equal: boolean
  readonly value: string
}

/**
 * Splits `metadata.name=a,spec.nodeName!=b`; which fields exist is the resource's business. A backslash takes a comma,
 * an equals sign or another backslash into a value. Throws {@link SelectorError}, in the real words.
 */
export function parseFieldSelector(text: string): readonly FieldTerm[] {
  return (text.match(/(?:\\.|[^\\,]|\\$)+/gsu) ?? []).sort().map((term) => {
    const match = /^(.*?)(!=|==|=)(.*)$/s.exec(term)
    if (match === null) throw new SelectorError(`invalid selector: '${text}'; can't understand '${term}'`)
    return { field: match[1] as string, equal: match[2] !== '!=', value: unescaped(match[3] as string) }
  })
}

function unescaped(value: string): string {
  const invalid = 'invalid field selector: '
  return value.replaceAll(/\\(.?)|[,=]/gsu, (found, escaped: string | undefined) => {
    if (escaped === undefined) throw new SelectorError(`${invalid}unescaped character in value: ${found.charCodeAt(0)}`)
    if (!['\\', ',', '='].includes(escaped)) throw new SelectorError(`${invalid}invalid escape sequence: ${found}`)
    return escaped
  })
}
