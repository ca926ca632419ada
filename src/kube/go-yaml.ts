/** JSON as Go's servers write it in YAML, letter by letter. Source: sigs.k8s.io/yaml/goyaml.v2. */
import { scalarText, styleOf } from './go-yaml-scalar.ts'
import { isRecord } from './object.ts'

/** Keys are written as such up to this many characters. */
const simpleKeyMax = 128

/** With the newline that ends it. */
export const goYaml = (value: unknown): string => `${block(value, 0)}\n`

const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0

const isBlock = (value: unknown): value is object => typeof value === 'object' && value !== null && !isEmpty(value)

/** What begins a line that is indented so far already. */
function block(value: unknown, indent: number): string {
  const margin = `\n${' '.repeat(indent)}`
  if (Array.isArray(value) && value.length > 0)
    return value
      .map((item) => `- ${isBlock(item) ? block(item, indent + 2) : scalar(item, indent + 2, indent + 2)}`)
      .join(margin)
  if (!isRecord(value) || isEmpty(value)) return scalar(value, indent, indent)
  return Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort(naturally)
    .map((key) => entry(key, value[key], indent))
    .join(margin)
}

function entry(key: string, value: unknown, indent: number): string {
  const style = styleOf(key, true)
  const simple = [...key].length <= simpleKeyMax && !key.includes('\n')
  const margin = `\n${' '.repeat(indent)}`
  // A key is never folded: it is in one line.
  const name = scalarText(key, style, -Infinity, 0)
  const head = simple ? `${name}:` : `? ${name}${margin}:`
  if (Array.isArray(value) && value.length > 0)
    return simple ? `${head}${margin}${block(value, indent)}` : `${head} ${block(value, indent + 2)}`
  if (isBlock(value))
    return simple ? `${head}${margin}  ${block(value, indent + 2)}` : `${head} ${block(value, indent + 2)}`
  const column = indent + (simple ? [...head].length : 1) + 1
  return `${head} ${scalar(value, column, indent + 2)}`
}

function scalar(value: unknown, column: number, indent: number): string {
  if (typeof value === 'string') return scalarText(value, styleOf(value, false), column, indent)
  if (typeof value === 'number') return String(value).replace(/e([-+])(\d)$/, 'e$10$2')
  if (isRecord(value) && 'rawJSON' in value) return String(value['rawJSON'])
  return JSON.stringify(value)
}

const isLetter = (character: string): boolean => /\p{L}/u.test(character)

/** Letters come after all else, numbers inside of names count as numbers. Source: keyList.Less. */
function naturally(one: string, other: string): number {
  const [a, b] = [[...one], [...other]]
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [left, right] = [a[at] as string, b[at] as string]
    if (left === right) continue
    const [leftLetter, rightLetter] = [isLetter(left), isLetter(right)]
    if (leftLetter && rightLetter) return byCode(left, right)
    if (leftLetter || rightLetter) return rightLetter ? -1 : 1
    return byNumber(a, b, at) || byCode(left, right)
  }
  return a.length - b.length
}

const byCode = (one: string, other: string): number => (one.codePointAt(0) as number) - (other.codePointAt(0) as number)

function byNumber(a: readonly string[], b: readonly string[], at: number): number {
  const digits = (text: readonly string[]): string => /^\d*/.exec(text.slice(at).join(''))?.[0] ?? ''
  // A nought behind other digits is part of a number.
  const before = /\d*$/.exec(a.slice(0, at).join(''))?.[0] ?? ''
  const lead = (a[at] === '0' || b[at] === '0') && /[1-9]/.test(before) ? '1' : ''
  const [left, right] = [digits(a), digits(b)]
  return Number(lead + left) - Number(lead + right) || left.length - right.length
}
