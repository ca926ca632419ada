/**
 * Functions of texts that the library lacks, or has otherwise: by characters and not by UTF-16 units. Source:
 * github.com/google/cel-go/ext/strings.go, k8s.io/apiserver/pkg/cel/library/regex.go.
 */
import type { Environment } from '@marcbachmann/cel-js'
import { patternOf } from '../../custom/pattern.ts'
import { boolOf, integerOf } from './conversions.ts'
import { own } from './own.ts'
import { formatted, textOf } from './text-format.ts'

function charAt(text: string, index: bigint): string {
  const characters = [...text]
  if (index < 0n || index > BigInt(characters.length)) throw outOfRange(index)
  return characters[Number(index)] ?? ''
}

const outOfRange = (index: bigint): Error => new Error(`index out of range: ${index}`)

function substring(text: string, start: bigint, end?: bigint): string {
  const characters = [...text]
  const length = BigInt(characters.length)
  if (end !== undefined && start > end) throw new Error(`invalid substring range. start: ${start}, end: ${end}`)
  if (start < 0n || start > length) throw outOfRange(start)
  if (end !== undefined && (end < 0n || end > length)) throw outOfRange(end)
  return characters.slice(Number(start), end === undefined ? undefined : Number(end)).join('')
}

/** Whether characters stand at a place among others. */
const standsAt = (characters: readonly string[], part: readonly string[], at: number): boolean =>
  part.every((character, index) => characters[at + index] === character)

function indexOf(text: string, part: string, offset = 0n): bigint {
  if (part === '') return offset
  const [characters, sought] = [[...text], [...part]]
  if (offset < 0n) throw outOfRange(offset)
  for (let at = Number(offset); at <= characters.length - sought.length; at++)
    if (standsAt(characters, sought, at)) return BigInt(at)
  return -1n
}

function lastIndexOf(text: string, part: string, offset?: bigint): bigint {
  const [characters, sought] = [[...text], [...part]]
  if (part === '') return offset ?? BigInt(characters.length)
  if (offset !== undefined && offset < 0n) throw outOfRange(offset)
  if (offset !== undefined && offset >= BigInt(characters.length)) return -1n
  const last = characters.length - sought.length
  for (let at = offset === undefined ? last : Math.min(Number(offset), last); at >= 0; at--)
    if (standsAt(characters, sought, at)) return BigInt(at)
  return -1n
}

/** The first so many occurrences; all where the number is negative. */
function replace(text: string, from: string, to: string, count = -1n): string {
  if (count < 0n) return text.replaceAll(from, () => to)
  const parts = text.split(from === '' ? /(?:)/u : from)
  const all = from === '' ? ['', ...parts, ''] : parts
  const limit = Math.min(Number(count), all.length - 1)
  return (
    all.slice(0, limit + 1).join(to) +
    all
      .slice(limit + 1)
      .map((part) => from + part)
      .join('')
  )
}

const escapes: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}
const quoted = (text: string): string => `"${[...text.toWellFormed()].map((char) => escapes[char] ?? char).join('')}"`

function find(text: string, pattern: string): string {
  const matcher = patternOf(pattern).matcher(text)
  return matcher.find() ? (matcher.group() ?? '') : ''
}

function findAll(text: string, pattern: string, count = -1n): string[] {
  const found: string[] = []
  const matcher = patternOf(pattern).matcher(text)
  while ((count < 0n || BigInt(found.length) < count) && matcher.find()) found.push(matcher.group() ?? '')
  return found
}

class StringsNamespace {}

const matches = (text: string, pattern: string): boolean => patternOf(pattern).test(text)

export function registerTexts(environment: Environment): void {
  environment.registerType('StringsNamespace', StringsNamespace)
  environment
    .registerConstant('strings', 'StringsNamespace', new StringsNamespace())
    .registerFunction('StringsNamespace.quote(string): string', (_: unknown, text: string) => quoted(text))
    .registerFunction('string.charAt(int): string', charAt)
    .registerFunction('string.replace(string, string): string', replace)
    .registerFunction('string.replace(string, string, int): string', replace)
    .registerFunction(`string.${own('matches')}(string): bool`, matches)
    .registerFunction(`${own('matches')}(string, string): bool`, matches)
    .registerFunction(`string.${own('substring')}(int): string`, substring)
    .registerFunction(`string.${own('substring')}(int, int): string`, substring)
    .registerFunction(`string.${own('indexOf')}(string): int`, indexOf)
    .registerFunction(`string.${own('indexOf')}(string, int): int`, indexOf)
    .registerFunction(`string.${own('lastIndexOf')}(string): int`, lastIndexOf)
    .registerFunction(`string.${own('lastIndexOf')}(string, int): int`, lastIndexOf)
    .registerFunction(`${own('string')}(dyn): string`, textOf)
    .registerFunction(`${own('int')}(dyn): int`, integerOf)
    .registerFunction(`${own('bool')}(dyn): bool`, boolOf)
    .registerFunction('string.find(string): string', find)
    .registerFunction('string.findAll(string): list<string>', findAll)
    .registerFunction('string.findAll(string, int): list<string>', findAll)
    .registerFunction('string.format(list<dyn>): string', formatted)
}
