/** What Go's decoder says of text that is no JSON. Source: encoding/json, the scanner's states. */
import { isRecord } from './object.ts'
import { goQuoted, notUnmarshaled } from './go-print.ts'

class Problem extends Error {}

const whitespace = ' \t\r\n'
const escapes = '"\\/bfnrt'
const literals: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' }

/** Walks the text as Go's scanner does, byte by byte; throws {@link Problem} where it would stop. */
class Scanner {
  readonly #bytes: string
  #at = 0

  constructor(text: string) {
    this.#bytes = Buffer.from(text).toString('latin1')
  }

  document(): void {
    this.#value()
    this.#space()
    if (this.#at < this.#bytes.length) throw this.#unexpected('after top-level value')
  }

  #value(): void {
    this.#space()
    const first = this.#next('looking for beginning of value')
    if (first === '{') this.#object()
    else if (first === '[') this.#array()
    else if (first === '"') this.#string()
    else if (first === '-') this.#number(this.#next('in numeric literal'))
    else if (isDigit(first)) this.#number(first)
    else if (literals[first] !== undefined) this.#literal(literals[first])
    else throw this.#back('looking for beginning of value')
  }

  #object(): void {
    this.#space()
    if (this.#peek() === '}') return void this.#at++
    for (;;) {
      this.#space()
      const context = 'looking for beginning of object key string'
      if (this.#next(context) !== '"') throw this.#back(context)
      this.#string()
      this.#space()
      if (this.#next('after object key') !== ':') throw this.#back('after object key')
      this.#value()
      if (this.#closes('}', 'after object key:value pair')) return
    }
  }

  #array(): void {
    this.#space()
    if (this.#peek() === ']') return void this.#at++
    do this.#value()
    while (!this.#closes(']', 'after array element'))
  }

  /** Whether this was the last of them; a comma says that more come. */
  #closes(end: string, context: string): boolean {
    this.#space()
    const character = this.#next(context)
    if (character !== end && character !== ',') throw this.#back(context)
    return character === end
  }

  #string(): void {
    for (;;) {
      const character = this.#next('in string literal')
      if (character === '"') return
      if (character < ' ') throw this.#back('in string literal')
      if (character !== '\\') continue
      const escape = this.#next('in string escape code')
      if (escape === 'u') for (let i = 0; i < 4; i++) this.#hexadecimal()
      else if (!escapes.includes(escape)) throw this.#back('in string escape code')
    }
  }

  #hexadecimal(): void {
    const context = 'in \\u hexadecimal character escape'
    if (!/[\da-f]/i.test(this.#next(context))) throw this.#back(context)
  }

  #number(first: string): void {
    if (!isDigit(first)) throw this.#back('in numeric literal')
    if (first !== '0') this.#digits()
    if (this.#peek() === '.') {
      this.#at++
      this.#digit('after decimal point in numeric literal')
      this.#digits()
    }
    if (this.#peek() !== 'e' && this.#peek() !== 'E') return
    this.#at++
    if (this.#peek() === '+' || this.#peek() === '-') this.#at++
    this.#digit('in exponent of numeric literal')
    this.#digits()
  }

  #digit(context: string): void {
    if (!isDigit(this.#next(context))) throw this.#back(context)
  }

  #digits(): void {
    while (isDigit(this.#peek())) this.#at++
  }

  #literal(word: string): void {
    for (const expected of word.slice(1)) {
      const context = `in literal ${word} (expecting '${expected}')`
      if (this.#next(context) !== expected) throw this.#back(context)
    }
  }

  #space(): void {
    while (this.#peek() !== '' && whitespace.includes(this.#peek())) this.#at++
  }

  #peek(): string {
    return this.#bytes.charAt(this.#at)
  }

  #next(context: string): string {
    const character = this.#peek()
    if (character === '') throw this.#unexpected(context)
    this.#at++
    return character
  }

  /** Of the character that has just been taken. */
  #back(context: string): Problem {
    this.#at--
    return this.#unexpected(context)
  }

  #unexpected(context: string): Problem {
    const character = this.#peek()
    if (character === '') return new Problem('unexpected end of JSON input')
    return new Problem(`invalid character ${inQuotes(character)} ${context}`)
  }
}

const isDigit = (character: string): boolean => character >= '0' && character <= '9'

/** Source: encoding/json, quoteChar. */
const inQuotes = (character: string): string =>
  character === "'" ? "'\\''" : character === '"' ? "'\"'" : `'${goQuoted(character).slice(1, -1)}'`

/** Undefined where Go finds nothing wrong. Nesting is bounded by who has decoded the text before. */
export function goJsonProblem(text: string): string | undefined {
  try {
    new Scanner(text).document()
    return undefined
  } catch (error) {
    if (error instanceof Problem) return error.message
    throw error
  }
}

/** What Go's decoder says of text that is no JSON object; undefined where it is one. */
export function jsonObjectProblem(text: string): string | undefined {
  const problem = goJsonProblem(text)
  if (problem !== undefined) return problem
  const value: unknown = JSON.parse(text)
  return isRecord(value) || value === null ? undefined : notUnmarshaled(value, 'map[string]interface {}')
}
