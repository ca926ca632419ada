/**
 * The tokens of a text, where blocks have marks of their own for what their indentation says: a YAML 1.1 reader as the
 * real server has it, with its limits and its words. Source: go.yaml.in/yaml/v2, scannerc.go.
 */
import { Cursor, isBlankOrEnd, isBreak, isIndicator } from './cursor.ts'
import { scannerProblem, type Mark } from './problem.ts'
import { anchorName, directiveText, tagText } from './properties.ts'
import { blockScalar, plainScalar, quotedScalar } from './scalars.ts'
import { SimpleKeys } from './simple-keys.ts'

export type TokenType =
  | 'streamEnd'
  | 'directive'
  | 'documentStart'
  | 'documentEnd'
  | 'blockSequence'
  | 'blockMapping'
  | 'blockEnd'
  | 'key'
  | 'value'
  | 'anchor'
  | 'alias'
  | 'tag'
  | 'scalar'
  | '['
  | ']'
  | '{'
  | '}'
  | ','
  | '-'

export interface Token {
  readonly type: TokenType
  readonly mark: Mark
  /** Of a scalar, an anchor, an alias, a tag and a directive. */
  readonly text: string
  /** A scalar without quotes, that isn't in a block. */
  readonly isPlain?: boolean
}

/** Go's reader stops at 10,000; ours stops earlier, so that no recursive walk of ours can exhaust the stack. */
const depthMax = 1000

export class Scanner {
  readonly #cursor: Cursor
  readonly #queue: Token[] = []
  #taken = 0
  #indent = -1
  readonly #indents: number[] = []
  readonly #keys = new SimpleKeys()
  #keyAllowed = true

  constructor(text: string) {
    this.#cursor = new Cursor(text)
  }

  peek(): Token {
    while (this.#queue.length === 0 || this.#keys.mayBe(this.#taken, this.#cursor.mark)) this.#fetch()
    return this.#queue[0] as Token
  }

  take(): Token {
    const token = this.peek()
    this.#queue.shift()
    this.#taken++
    return token
  }

  get #isFlow(): boolean {
    return this.#keys.flows > 0
  }

  #saveKey(): void {
    if (!this.#keyAllowed) return
    const { mark } = this.#cursor
    const isRequired = !this.#isFlow && this.#indent === mark.column
    this.#keys.save({ token: this.#taken + this.#queue.length, mark, isRequired })
  }

  #add(type: TokenType, mark: Mark, text = '', isPlain = false): void {
    this.#queue.push({ type, mark, text, isPlain })
  }

  /** Begins a block where the text is indented by more than around it; `token` is the number of its first token. */
  #roll(type: TokenType, mark: Mark, token = this.#taken + this.#queue.length): void {
    if (this.#isFlow || this.#indent >= mark.column) return
    this.#indents.push(this.#indent)
    this.#indent = mark.column
    this.#limit(this.#indents.length)
    this.#queue.splice(token - this.#taken, 0, { type, mark, text: '' })
  }

  #limit(depth: number): void {
    if (depth > depthMax) throw scannerProblem('exceeded max depth of 10000', this.#cursor.mark)
  }

  #unroll(column: number): void {
    while (!this.#isFlow && this.#indent > column) {
      this.#add('blockEnd', this.#cursor.mark)
      this.#indent = this.#indents.pop() as number
    }
  }

  #fetch(): void {
    const cursor = this.#cursor
    this.#toNextToken()
    this.#unroll(cursor.column)
    const [first, second] = [cursor.char(), cursor.char(1)]
    const isApart = isBlankOrEnd(second)
    if (first === '') this.#end()
    else if (cursor.column === 0 && first === '%') this.#directive()
    else if (isIndicator(cursor, '---')) this.#document('documentStart')
    else if (isIndicator(cursor, '...')) this.#document('documentEnd')
    else if (first === '[' || first === '{') this.#open(first)
    else if (first === ']' || first === '}') this.#close(first)
    else if (first === ',') this.#mark(',', true)
    else if (first === '-' && isApart) this.#entry()
    else if (first === '?' && (this.#isFlow || isApart)) this.#key()
    else if (first === ':' && (this.#isFlow || isApart)) this.#value()
    else if (first === '&' || first === '*') this.#scan(first === '&' ? 'anchor' : 'alias', anchorName)
    else if (first === '!') this.#scan('tag', tagText)
    else if ((first === '|' || first === '>') && !this.#isFlow) this.#block()
    else if (first === '"' || first === "'") this.#scan('scalar', quotedScalar)
    else if (
      !'-?:,[]{}#&*!|>\'"%@`\t'.includes(first) ||
      (first === '-' && !isApart) ||
      (!this.#isFlow && '?:'.includes(first))
    )
      this.#plain()
    else throw scannerProblem('found character that cannot start any token', cursor.mark)
  }

  #toNextToken(): void {
    const cursor = this.#cursor
    for (;;) {
      if (cursor.column === 0 && cursor.char() === '\ufeff') cursor.take()
      cursor.takeMatch(this.#isFlow || !this.#keyAllowed ? /[ \t]*/y : / */y)
      if (cursor.char() === '#') cursor.takeMatch(/[^\r\n\u0085\u2028\u2029]*/y)
      if (!isBreak(cursor.char())) return
      cursor.takeBreak()
      if (!this.#isFlow) this.#keyAllowed = true
    }
  }

  #end(): void {
    this.#cursor.endLine()
    this.#outsideOfBlocks()
    this.#add('streamEnd', this.#cursor.mark)
  }

  #directive(): void {
    this.#outsideOfBlocks()
    const { mark } = this.#cursor
    this.#add('directive', mark, directiveText(this.#cursor))
  }

  #document(type: 'documentStart' | 'documentEnd'): void {
    this.#outsideOfBlocks()
    const { mark } = this.#cursor
    this.#cursor.take(3)
    this.#add(type, mark)
  }

  #outsideOfBlocks(): void {
    this.#unroll(-1)
    this.#keys.drop(this.#cursor.mark)
    this.#keyAllowed = false
  }

  #open(type: '[' | '{'): void {
    this.#saveKey()
    this.#keys.open()
    this.#limit(this.#keys.flows)
    this.#keyAllowed = true
    this.#one(type)
  }

  #close(type: ']' | '}'): void {
    this.#keys.drop(this.#cursor.mark)
    this.#keys.close()
    this.#keyAllowed = false
    this.#one(type)
  }

  #one(type: TokenType): void {
    const { mark } = this.#cursor
    this.#cursor.take()
    this.#add(type, mark)
  }

  /** A mark behind which a key may begin. */
  #mark(type: TokenType, keyAllowed: boolean): void {
    this.#keys.drop(this.#cursor.mark)
    this.#keyAllowed = keyAllowed
    this.#one(type)
  }

  #entry(): void {
    this.#begin('blockSequence', 'block sequence entries')
    this.#mark('-', true)
  }

  #key(): void {
    this.#begin('blockMapping', 'mapping keys')
    this.#mark('key', !this.#isFlow)
  }

  #begin(type: TokenType, what: string): void {
    if (this.#isFlow) return
    if (!this.#keyAllowed) throw scannerProblem(`${what} are not allowed in this context`, this.#cursor.mark)
    this.#roll(type, this.#cursor.mark)
  }

  #value(): void {
    const key = this.#keys.take(this.#cursor.mark)
    if (key === undefined) {
      this.#begin('blockMapping', 'mapping values')
      this.#keyAllowed = !this.#isFlow
    } else {
      this.#queue.splice(key.token - this.#taken, 0, { type: 'key', mark: key.mark, text: '' })
      this.#roll('blockMapping', key.mark, key.token)
      this.#keyAllowed = false
    }
    this.#one('value')
  }

  /** A property of a node, or its quoted text: each may be the beginning of a key. */
  #scan(type: TokenType, read: (cursor: Cursor) => string): void {
    this.#saveKey()
    this.#keyAllowed = false
    const { mark } = this.#cursor
    this.#add(type, mark, read(this.#cursor))
  }

  #block(): void {
    this.#keys.drop(this.#cursor.mark)
    this.#keyAllowed = true
    const { mark } = this.#cursor
    this.#add('scalar', mark, blockScalar(this.#cursor, this.#indent))
  }

  #plain(): void {
    this.#saveKey()
    this.#keyAllowed = false
    const { mark } = this.#cursor
    const { text, endsLine } = plainScalar(this.#cursor, this.#isFlow ? -1 : this.#indent + 1)
    if (endsLine) this.#keyAllowed = true
    this.#add('scalar', mark, text, true)
  }
}
