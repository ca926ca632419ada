/** The texts of scalars: plain, quoted and in blocks. Source: go.yaml.in/yaml/v2, scannerc.go. */
import { isBlank, isBlankOrEnd, isBreak, isBreakOrEnd, isIndicator, type Cursor } from './cursor.ts'
import { scannerProblem } from './problem.ts'

/** Lines that follow one another are joined: one end of line is a space, of more the first goes. */
class Folding {
  #first = ''
  #others = ''
  #begun: boolean

  /** An end of line that is escaped is none, and what follows it is on another line all the same. */
  constructor(begun = false) {
    this.#begun = begun
  }

  add(lineBreak: string): void {
    if (this.#begun) this.#others += lineBreak
    else this.#first = lineBreak
    this.#begun = true
  }

  /** Whether all is on one line so far. */
  get isEmpty(): boolean {
    return !this.#begun
  }

  folded(): string {
    if (this.#first !== '\n') return this.#first + this.#others
    return this.#others === '' ? ' ' : this.#others
  }
}

/** Takes blanks and ends of lines; `blank` sees each blank behind an end of line. */
function between(cursor: Cursor, folding: Folding, blank: () => void = () => {}): string {
  let spaces = ''
  for (;;) {
    if (isBreak(cursor.char())) {
      folding.add(cursor.takeBreak())
      spaces = ''
    } else if (!isBlank(cursor.char())) return spaces
    else if (folding.isEmpty) spaces += cursor.take()
    else {
      blank()
      cursor.take()
    }
  }
}

/** `indent` is the least that a line has to be indented by in a block; -1 in a flow. */
export function plainScalar(cursor: Cursor, indent: number): { readonly text: string; readonly endsLine: boolean } {
  const ends = indent < 0 ? endsPlainInFlow : endsPlain
  let text = ''
  let joint = ''
  for (;;) {
    let word = ''
    const isOver = isIndicator(cursor, '---') || isIndicator(cursor, '...') || cursor.char() === '#'
    while (!isOver && !ends(cursor)) word += cursor.take()
    if (word !== '') text += joint + word
    const folding = new Folding()
    if (isOver || !(isBlank(cursor.char()) || isBreak(cursor.char()))) return { text, endsLine: false }
    const spaces = between(cursor, folding, () => {
      if (cursor.column < indent && cursor.char() === '\t')
        throw scannerProblem('found a tab character that violates indentation', cursor.mark)
    })
    joint = folding.isEmpty ? spaces : folding.folded()
    if (indent >= 0 && cursor.column < indent) return { text, endsLine: !folding.isEmpty }
    if (!folding.isEmpty && goesNoFurther(cursor, ends)) return { text, endsLine: true }
  }
}

const endsPlain = (cursor: Cursor): boolean =>
  isBlankOrEnd(cursor.char()) || (cursor.char() === ':' && isBlankOrEnd(cursor.char(1)))

const endsPlainInFlow = (cursor: Cursor): boolean => endsPlain(cursor) || ',?[]{}'.includes(cursor.char())

const goesNoFurther = (cursor: Cursor, ends: (cursor: Cursor) => boolean): boolean =>
  isIndicator(cursor, '---') || isIndicator(cursor, '...') || cursor.char() === '#' || ends(cursor)

export function quotedScalar(cursor: Cursor): string {
  const quote = cursor.take()
  let text = ''
  for (;;) {
    if (isIndicator(cursor, '---') || isIndicator(cursor, '...'))
      throw scannerProblem('found unexpected document indicator', cursor.mark)
    if (cursor.char() === '') throw scannerProblem('found unexpected end of stream', cursor.mark)
    let escapesBreak = false
    while (!escapesBreak && !isBlankOrEnd(cursor.char()) && !closes(cursor, quote)) {
      if (quote === "'") text += cursor.take(cursor.sees("''") ? 2 : 1).charAt(0)
      else if (cursor.char() !== '\\') text += cursor.take()
      else if (isBreak(cursor.char(1))) {
        cursor.take()
        cursor.takeBreak()
        escapesBreak = true
      } else text += escaped(cursor)
    }
    if (closes(cursor, quote)) break
    const folding = new Folding(escapesBreak)
    const spaces = between(cursor, folding)
    text += folding.isEmpty ? spaces : folding.folded()
  }
  cursor.take()
  return text
}

const closes = (cursor: Cursor, quote: string): boolean =>
  cursor.char() === quote && !(quote === "'" && cursor.sees("''"))

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
}

const digitsOf: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

function escaped(cursor: Cursor): string {
  const letter = cursor.char(1)
  const simple = escapes[letter]
  if (simple !== undefined) {
    cursor.take(2)
    return simple
  }
  const digits = digitsOf[letter]
  if (digits === undefined) throw scannerProblem('found unknown escape character', cursor.mark)
  cursor.take(2)
  const code = Array.from({ length: digits }, (_, at) => cursor.char(at)).join('')
  if (!/^[\da-f]+$/i.test(code) || code.length < digits)
    throw scannerProblem('did not find expected hexdecimal number', cursor.mark)
  const point = Number.parseInt(code, 16)
  if ((point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff)
    throw scannerProblem('found invalid Unicode character escape code', cursor.mark)
  cursor.take(digits)
  return String.fromCodePoint(point)
}

/** A literal (`|`) or a folded (`>`) text below a node that is indented by `parent`. */
export function blockScalar(cursor: Cursor, parent: number): string {
  const isLiteral = cursor.take() === '|'
  const header = cursor.takeMatch(/(?:[+-]\d?|\d[+-]?)?/y)
  const { chomping, increment } = blockHeader(cursor, header)
  cursor.takeMatch(/[ \t]*(#[^\r\n\u0085\u2028\u2029]*)?/y)
  if (!isBreakOrEnd(cursor.char())) throw scannerProblem('did not find expected comment or line break', cursor.mark)
  if (isBreak(cursor.char())) cursor.takeBreak()
  let indent = increment === 0 ? 0 : Math.max(parent, 0) + increment
  let breaks: string
  ;[breaks, indent] = blockBreaks(cursor, indent, parent)
  let text = ''
  let lineBreak = ''
  let wasBlank = false
  while (cursor.column === indent && cursor.char() !== '') {
    const isBlankLine = isBlank(cursor.char())
    const folds = !isLiteral && !wasBlank && !isBlankLine && lineBreak === '\n'
    text += (folds ? (breaks === '' ? ' ' : '') : lineBreak) + breaks
    wasBlank = isBlankLine
    text += cursor.takeMatch(/[^\r\n\u0085\u2028\u2029]*/y)
    lineBreak = isBreak(cursor.char()) ? cursor.takeBreak() : ''
    ;[breaks, indent] = blockBreaks(cursor, indent, parent)
  }
  return text + (chomping === '-' ? '' : lineBreak) + (chomping === '+' ? breaks : '')
}

function blockHeader(cursor: Cursor, header: string): { readonly chomping: string; readonly increment: number } {
  const digit = /\d/.exec(header)?.[0]
  if (digit === '0') throw scannerProblem('found an indentation indicator equal to 0', cursor.mark)
  return { chomping: /[+-]/.exec(header)?.[0] ?? '', increment: Number(digit ?? 0) }
}

/** The empty lines that follow, and how much the text is indented by: that shows where nobody has said it. */
function blockBreaks(cursor: Cursor, indent: number, parent: number): [breaks: string, indent: number] {
  const isInside = (): boolean => indent === 0 || cursor.column < indent
  let breaks = ''
  let deepest = 0
  for (;;) {
    while (isInside() && cursor.char() === ' ') cursor.take()
    deepest = Math.max(deepest, cursor.column)
    if (isInside() && cursor.char() === '\t')
      throw scannerProblem('found a tab character where an indentation space is expected', cursor.mark)
    if (!isBreak(cursor.char())) break
    breaks += cursor.takeBreak()
  }
  return [breaks, indent === 0 ? Math.max(deepest, parent + 1, 1) : indent]
}
