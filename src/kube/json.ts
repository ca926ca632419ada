/**
 * The one decoder of untrusted JSON. Native parsing, guarded: nesting has a limit, 64-bit integers stay exact
 * (as `JSON.rawJSON`), duplicate keys are reported, `__proto__` is plain data.
 */

/** Go's decoder stops at 10,000; ours stops earlier, so that no recursive walk of ours can exhaust the stack. */
const depthMax = 1000

export interface DecodedJson {
  readonly value: unknown
  /** Dotted paths of keys that occur twice in one object; the last one wins, as in Go. */
  readonly duplicates: readonly string[]
}

export class JsonError extends Error {
  override readonly name = 'JsonError'
}

export function decodeJson(text: string): DecodedJson {
  const { keys, longNumber } = scan(text)
  let value: unknown
  try {
    value = longNumber
      ? (JSON.parse(text, exactIntegers as (key: string, value: unknown) => unknown) as unknown)
      : JSON.parse(text)
  } catch (cause) {
    throw new JsonError((cause as Error).message, { cause })
  }
  return { value, duplicates: countKeys(value) === keys ? [] : findDuplicates(text) }
}

function exactIntegers(_key: string, value: unknown, context: { source?: string }): unknown {
  const { source } = context
  if (typeof value !== 'number' || source === undefined || Number.isSafeInteger(value) || !/^-?\d+$/.test(source))
    return value
  return rawNumber(source)
}

/** An integer that no double holds, as it is written. */
export const rawNumber = (digits: string): unknown =>
  (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(digits)

/** One pass outside of strings: nesting, the number of keys, and whether any number is too long for a double. */
function scan(text: string): { keys: number; longNumber: boolean } {
  let depth = 0
  let keys = 0
  let digits = 0
  let longNumber = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x30 && code <= 0x39) {
      if (++digits > 15) longNumber = true
      continue
    }
    digits = 0
    if (code === 0x22) i = endOfString(text, i)
    else if (code === 0x3a) keys++
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > depthMax) throw new JsonError('exceeded max depth')
    } else if (code === 0x7d || code === 0x5d) depth--
  }
  return { keys, longNumber }
}

function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  for (let i = at - 1; text.charCodeAt(i) === 0x5c; i--) backslashes++
  return backslashes % 2 === 1
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null || 'rawJSON' in value) return 0
  if (Array.isArray(value)) {
    let count = 0
    for (const item of value) count += countKeys(item)
    return count
  }
  let count = 0
  for (const key of Object.keys(value)) count += 1 + countKeys((value as Record<string, unknown>)[key])
  return count
}

/** A second, slower pass over valid JSON that only tracks where keys repeat. */
function findDuplicates(text: string): string[] {
  const duplicates: string[] = []
  const stack: { seen: Set<string> | undefined; path: string; key: string; index: number }[] = []
  for (let i = 0; i < text.length; i++) {
    const top = stack.at(-1)
    const character = text[i]
    if (character === '"') {
      const end = endOfString(text, i)
      if (top?.seen !== undefined && /^\s*:/.test(text.slice(end + 1, end + 64))) {
        top.key = JSON.parse(text.slice(i, end + 1)) as string
        const path = top.path === '' ? top.key : `${top.path}.${top.key}`
        if (top.seen.has(top.key)) duplicates.push(path)
        top.seen.add(top.key)
      }
      i = end
    } else if (character === '{' || character === '[') {
      const own =
        top === undefined ? '' : top.seen === undefined ? `${top.path}[${top.index}]` : join(top.path, top.key)
      stack.push({ seen: character === '{' ? new Set() : undefined, path: own, key: '', index: 0 })
    } else if (character === '}' || character === ']') stack.pop()
    else if (character === ',' && top !== undefined) top.index++
  }
  return [...new Set(duplicates)]
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)
