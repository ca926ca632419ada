/** A place in a text that moves on, with its line and column. */
import type { Mark } from './problem.ts'

export class Cursor {
  readonly #text: string
  #at = 0
  #line = 0
  #column = 0

  constructor(text: string) {
    this.#text = text
  }

  get mark(): Mark {
    return { at: this.#at, line: this.#line, column: this.#column }
  }

  get column(): number {
    return this.#column
  }

  /** The character that is `ahead` of here; empty behind the end. */
  char(ahead = 0): string {
    return this.#text.charAt(this.#at + ahead)
  }

  /** Whether the text goes on with that. */
  sees(text: string): boolean {
    return this.#text.startsWith(text, this.#at)
  }

  /** Takes as many characters, none of which ends a line. */
  take(count = 1): string {
    const taken = this.#text.slice(this.#at, this.#at + count)
    this.#at += count
    this.#column += count
    return taken
  }

  /** Takes what the pattern, which is sticky, finds here. */
  takeMatch(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    return this.take(pattern.exec(this.#text)?.[0].length ?? 0)
  }

  /** Takes the end of a line; the text that it stands for. */
  takeBreak(): string {
    const [first, second] = [this.char(), this.char(1)]
    this.#at += first === '\r' && second === '\n' ? 2 : 1
    this.#line++
    this.#column = 0
    return first === '\u2028' || first === '\u2029' ? first : '\n'
  }

  /** What the end of a text does that doesn't end with its last line. */
  endLine(): void {
    if (this.#column === 0) return
    this.#line++
    this.#column = 0
  }
}

export const isBlank = (character: string): boolean => character === ' ' || character === '\t'

export const isBreak = (character: string): boolean => character !== '' && '\r\n\u0085\u2028\u2029'.includes(character)

/** The end of a text counts as the end of a line. */
export const isBreakOrEnd = (character: string): boolean => character === '' || isBreak(character)

export const isBlankOrEnd = (character: string): boolean => isBlank(character) || isBreakOrEnd(character)

/** Whether one of the marks between documents stands here. */
export const isIndicator = (cursor: Cursor, indicator: '---' | '...'): boolean =>
  cursor.column === 0 && cursor.sees(indicator) && isBlankOrEnd(cursor.char(3))
