import { isMap, isRecord, setOwn } from './object.ts'

/** Lists and maps as Go prints them, the keys in order, and what is in them as it is told. */
function printed(value: unknown, leaf: (value: unknown) => string): string {
  if (Array.isArray(value)) return `[${value.map((item) => printed(item, leaf)).join(' ')}]`
  if (!isMap(value)) return leaf(value)
  const keys = Object.keys(value).sort()
  return `map[${keys.map((key) => `${key}:${printed(value[key], leaf)}`).join(' ')}]`
}

/** A value of JSON as Go's `%v` prints it: `map[a:1 b:[x y]]`. Source: package fmt. */
export const goPrinted = (value: unknown): string =>
  printed(value, (leaf) => {
    if (leaf === null || leaf === undefined) return '<nil>'
    return typeof leaf === 'string' ? leaf : JSON.stringify(leaf)
  })

/** A value of JSON as Go's `%s` prints it, which complains of what is no text. Source: package fmt. */
export const goText = (value: unknown): string =>
  printed(value, (leaf) => {
    if (typeof leaf === 'string') return leaf
    if (leaf === null || leaf === undefined) return '%!s(<nil>)'
    const type = typeof leaf === 'boolean' ? 'bool' : Number.isInteger(leaf) || isRecord(leaf) ? 'int64' : 'float64'
    return `%!s(${type}=${goPrinted(leaf)})`
  })

/** What Go's `unicode.IsPrint` is not true of. */
export const unprintable = /[^\P{C}]|[^\P{Z} ]/gu

/** A string as Go's `%q` prints it. Source: package strconv. */
export const goQuoted = (text: string): string =>
  JSON.stringify(text)
    .replaceAll('\\u0007', '\\a')
    .replaceAll('\\u000b', '\\v')
    .replaceAll(/\\u00([01][\da-f])/g, '\\x$1')
    .replaceAll('\x7f', '\\x7f')

/** A list of strings as Go's `%q` prints it: `["a" "b"]`. */
export const quotedList = (texts: readonly string[]): string =>
  `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`

/** What Go's JSON decoder says of a value that is of another type. Source: encoding/json, UnmarshalTypeError. */
export function notUnmarshaled(value: unknown, type: string): string {
  return `json: cannot unmarshal ${jsonType(value)} into Go value of type ${type}`
}

/** What Go's decoder calls a value of JSON. */
export function jsonType(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return isRecord(value) && !isMap(value) ? 'number' : typeof value
}

/** The struct that Go reads a kind with, as its errors name it. */
export const typeMetaStruct =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** A kind as the real server's code calls it: `core.Pod`. Events have one type in both of their groups. */
export const internalType = ({ group, kind }: { readonly group: string; readonly kind: string }): string =>
  `${group === '' || group === 'events.k8s.io' ? 'core' : (group.split('.')[0] as string)}.${kind}`

/** A decoded value in Go's syntax, as `%#v` prints it. */
export function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (value === null || value === undefined) return 'interface {}(nil)'
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : goFloat(value)
  if (typeof value !== 'object') return JSON.stringify(value)
  if ('rawJSON' in value) return longNumber(String(value.rawJSON))
  const pairs = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${goSyntax(item)}`)
  return `map[string]interface {}{${pairs.join(', ')}}`
}

/** What no 64 bits hold is a float. */
function longNumber(digits: string): string {
  const value = BigInt(digits)
  return value === BigInt.asIntN(64, value) ? digits : goFloat(Number(digits))
}

/** As `%g` prints it: with an exponent from a million on. Source: strconv/ftoa.go. */
function goFloat(value: number): string {
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  if (Number(exponent) >= -4 && Number(exponent) < 6) return String(value)
  return `${digits}e${exponent.startsWith('-') ? '-' : '+'}${exponent.slice(1).padStart(2, '0')}`
}

/** The type of what Go has read from JSON, `<nil>` of null. */
export function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map[string]interface {}'
}

/** A value of JSON with the keys of its maps in order, as Go writes them. */
export function inKeyOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inKeyOrder)
  if (!isMap(value)) return value
  const ordered: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) setOwn(ordered, key, inKeyOrder(value[key]))
  return ordered
}
