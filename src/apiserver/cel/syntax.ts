/**
 * What is wrong with how an expression is written, as the parser of cel-go tells it: it leaves out what it can't use and
 * goes on. Source: github.com/google/cel-go/parser; antlr4's DefaultErrorStrategy.
 */
import type { ASTNode, ParseError } from '@marcbachmann/cel-js'
import { parse } from './environment.ts'
import { expressionOf } from './read.ts'
import type { Problem } from './problem.ts'
import { end, tokensOf, type Token } from './tokens.ts'

/** Of what the library's parser threw. */
export function syntaxProblems(error: ParseError, source: string): Problem[] {
  const { code } = error
  const at = Math.min(error.range?.start ?? error.node?.start ?? 0, source.length)
  const [message = ''] = error.message.split('\n')
  if (code === 'invalid_macro_argument') return [macroProblem(message, error.node as ASTNode)]
  if (code === 'reserved_identifier') return [{ at, text: message.replace('Reserved', 'reserved') }]
  if (code === 'unexpected_character' && !message.endsWith("'")) return unrecognized(source, at, characters(source, at))
  if (code === 'unterminated_string') return unrecognized(source, at, source.slice(at).split('\n', 1)[0] as string)
  const place = placeOf(source, at)
  if (code === 'unexpected_character') return [trailing(place)]
  if (code === 'unexpected_token') return unusable(place, source)
  const expected = /^Expected (\w+),/.exec(message)?.[1]
  return code === 'expected_token' && expected !== undefined
    ? (missing[expected]?.(place, source) ?? [wrong(at, message)])
    : [wrong(at, message)]
}

const wrong = (at: number, text: string): Problem => ({ at, text: `Syntax error: ${text}` })

function macroProblem(message: string, argument: ASTNode): Problem {
  const { at } = expressionOf(argument)
  if (message.startsWith('has()')) return { at, text: 'invalid argument to has() macro' }
  return {
    at,
    text: /^(map|filter)\(/.test(message) ? 'argument is not an identifier' : 'argument must be a simple name',
  }
}

interface Place {
  readonly before: Token | undefined
  readonly token: Token
  readonly after: Token
  /** Whether the token stands in a list, an index or a call… of which this is the bracket. */
  readonly bracket: Token | undefined
  readonly isLast: (text: string) => boolean
}

function placeOf(source: string, at: number): Place {
  const tokens = tokensOf(source)
  const found = tokens.findIndex(({ start }) => start >= at)
  const index = found < 0 ? tokens.length : found
  const open: Token[] = []
  for (const token of tokens.slice(0, index)) {
    if (/^[([{]$/.test(token.text)) open.push(token)
    else if (/^[)\]}]$/.test(token.text)) open.pop()
  }
  const token = tokens[index] ?? end(source)
  return {
    before: tokens[index - 1],
    token,
    after: tokens[index + 1] ?? end(source),
    bracket: open.at(-1),
    isLast: (text) => index < tokens.length - 1 && tokens.at(-1)?.text === text,
  }
}

/** Problems of what is left when a part of the source is left out. */
function without(source: string, at: number, length: number): Problem[] {
  const rest = source.slice(0, at) + ' '.repeat(length) + source.slice(at + length)
  try {
    parse(rest)
    return []
  } catch (error) {
    return syntaxProblems(error as ParseError, rest)
  }
}

/** What may be the first half of an operator takes the next character with it. */
const characters = (source: string, at: number): string => {
  const [first = ''] = source.slice(at)
  return /[=&|]/.test(first) ? source.slice(at, at + 2) : first
}

const unrecognized = (source: string, at: number, text: string): Problem[] => [
  wrong(at, `token recognition error at: '${text}'`),
  ...without(source, at, text.length),
]

const extraneous = ({ start, text }: Token, expected: string): Problem =>
  wrong(start, `extraneous input '${text}' expecting ${expected}`)
const mismatched = ({ start, text }: Token, expected: string): Problem =>
  wrong(start, `mismatched input '${text}' expecting ${expected}`)
const absent = (what: string, { start, text }: Token): Problem => wrong(start, `missing '${what}' at '${text}'`)

const trailing = ({ token, after }: Place): Problem =>
  after.isEnd ? extraneous(token, '<EOF>') : mismatched(token, '<EOF>')

const beginnings = ['true', 'false', 'null', 'NUM_FLOAT', 'NUM_INT', 'NUM_UINT', 'STRING', 'BYTES', 'IDENTIFIER']
const setOf = (...tokens: string[]): string =>
  `{${[...tokens.map((each) => `'${each}'`), ...beginnings.slice(0, 3).map((each) => `'${each}'`), ...beginnings.slice(3)].join(', ')}}`

/** What can stand after a token that an expression may follow. */
function expectedAfter({ before, bracket }: Place): string {
  if (before?.text === '{') return setOf('[', '{', '}', '(', '.', ',', '-', '!', '?')
  if (before?.text === '(' && bracket?.isCall) return setOf('[', '{', '(', ')', '.', '-', '!')
  if (before?.text !== '[') return setOf('[', '{', '(', '.', '-', '!')
  return bracket?.isIndex
    ? setOf('[', '{', '(', '.', '-', '!', '?')
    : setOf('[', ']', '{', '(', '.', ',', '-', '!', '?')
}

const begins = ({ text, isEnd }: Token): boolean => !isEnd && /^([[{(.!-]|["'\w]|[rb]["'])/.test(text) && text !== 'in'

function unusable(place: Place, source: string): Problem[] {
  const { before, token, after, bracket } = place
  const expected = expectedAfter(place)
  if (!token.isEnd) {
    const closes = before?.text === '(' && bracket?.isCall === true && after.text === ')'
    if (!begins(after) && !closes) return [mismatched(token, expected)]
    return [extraneous(token, expected), ...without(source, token.start, token.text.length)]
  }
  if (before?.text === '!') return [extraneous(token, expected)]
  if (before?.text === '-')
    return [wrong(token.start, "no viable alternative at input '-'"), mismatched(token, expected)]
  const inList = before?.text === ',' && bracket?.text === '[' && !bracket.isIndex
  return [inList ? absent(']', token) : mismatched(token, expected)]
}

/** One token too many before what is wanted is left out. */
function surplus({ token, after }: Place, source: string, expected: string, wanted: readonly string[]): Problem[] {
  return wanted.includes(after.text)
    ? [extraneous(token, expected), ...without(source, token.start, token.text.length)]
    : [mismatched(token, expected)]
}

/** By what the library's parser wants. */
const missing: Readonly<Record<string, (place: Place, source: string) => Problem[]>> = {
  RPAREN: (place, source) => {
    const { token, after, isLast } = place
    if (token.isEnd) return [absent(')', token)]
    if (after.text === ')' || !isLast(')')) return surplus(place, source, "')'", [')'])
    return [mismatched(token, "')'"), extraneous({ ...token, text: ')', start: source.lastIndexOf(')') }, '<EOF>')]
  },
  RBRACKET: (place, source) => {
    const { token, bracket } = place
    if (!bracket?.isIndex)
      return token.isEnd ? [mismatched(token, "{']', ','}")] : surplus(place, source, "{']', ','}", [']', ','])
    return token.isEnd ? [absent(']', token)] : surplus(place, source, "']'", [']'])
  },
  RBRACE: (place, source) => surplus(place, source, "{'}', ','}", ['}', ',']),
  COLON: ({ token }) => [begins(token) ? absent(':', token) : mismatched(token, "':'")],
  IDENTIFIER: ({ before, token }) => {
    if (/^(true|false|null)$/.test(token.text)) return [mismatched(token, 'IDENTIFIER')]
    if (/^\d/.test(token.text) && before !== undefined)
      return [extraneous({ ...before, text: `.${token.text}` }, '<EOF>')]
    return [wrong(token.start, `no viable alternative at input '.${token.isEnd ? '' : token.text}'`)]
  },
}
