import { isRecord } from './object.ts'

/** A value of JSON as Go's `%v` prints it: `map[a:1 b:[x y]]`, the keys in order. Source: package fmt. */
export function goPrinted(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goPrinted).join(' ')}]`
  if (!isRecord(value)) return typeof value === 'string' ? value : JSON.stringify(value)
  if ('rawJSON' in value) return String(value['rawJSON'])
  const keys = Object.keys(value).sort()
  return `map[${keys.map((key) => `${key}:${goPrinted(value[key])}`).join(' ')}]`
}

/** A list of strings as Go's `%q` prints it: `["a" "b"]`. */
export const quotedList = (texts: readonly string[]): string =>
  `[${texts.map((text) => JSON.stringify(text)).join(' ')}]`

/** What Go's JSON decoder says of a value that is of another type. Source: encoding/json, UnmarshalTypeError. */
export function notUnmarshaled(value: unknown, type: string): string {
  const got = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return `json: cannot unmarshal ${got} into Go value of type ${type}`
}

/** What Go's decoder says of the two mistakes that people make in JSON; `problem`, which is V8's, otherwise. */
export function jsonProblem(problem: string, text: string): string {
  const at = /at position (\d+)/.exec(problem)?.[1]
  if (at === undefined ? /end of/i.test(problem) : Number(at) >= text.trimEnd().length)
    return 'unexpected end of JSON input'
  const token = /^Unexpected token '(.)'/.exec(problem)?.[1]
  if (token !== undefined && text.trimStart().startsWith(token)) return noBeginning(token)
  return at !== undefined && text.slice(0, Number(at)).trim() === '' ? noBeginning(text[Number(at)]) : problem
}

const noBeginning = (character: string | undefined): string =>
  `invalid character ${JSON.stringify(character).replaceAll('"', "'")} looking for beginning of value`

/** What Go's decoder says of text that is no JSON object; undefined where it is one. */
export function jsonObjectProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) || value === null ? undefined : notUnmarshaled(value, 'map[string]interface {}')
  } catch (error) {
    return jsonProblem((error as Error).message, text)
  }
}
