/** `'%s is %d'.format([…])`. Source: github.com/google/cel-go/ext/formatting.go. */
import { Optional } from '@marcbachmann/cel-js'
import { isRecord } from '../../../kube/object.ts'
import { constructorOf } from './conversions.ts'

interface Clause {
  readonly verb: string
  readonly precision: number
}

const pattern = /%(?:(%)|(?:\.(\d+))?(.))|%$/gsu

/** The text with each clause replaced by what `print` makes of it and its place among the values. */
export function replaceClauses(
  format: string,
  count: number,
  print: (clause: Clause, index: number) => string,
): string {
  let index = 0
  return format.replaceAll(pattern, (_, percent: string | undefined, precision: string | undefined, verb?: string) => {
    if (percent !== undefined) return percent
    if (index >= count) throw new Error(`index ${index} out of range`)
    if (verb === undefined) throw new Error('unexpected end of string')
    if (verb !== 's' && printers[verb] === undefined)
      throw new Error(`could not parse formatting clause: unrecognized formatting clause "${verb}"`)
    return print({ verb, precision: precision === undefined ? 6 : Number(precision) }, index++)
  })
}

/** What a clause has against values of a type; undefined where it takes them. */
export function clauseProblem(verb: string, type: string): string | undefined {
  const { takes, problem } = printers[verb] ?? text
  return takes.includes(type) ? undefined : `error during formatting: ${problem}, was given ${type}`
}

/** Throws where a clause is not of the value that it stands for. */
export function formatted(format: string, values: readonly unknown[]): string {
  return replaceClauses(format, values.length, ({ verb, precision }, index) => {
    const value = values[index]
    const problem = clauseProblem(verb, typeName(value))
    const shown = (printers[verb] ?? text).of(value, precision)
    if (shown === undefined) throw new Error(problem ?? `error during formatting: ${typeName(value)}`)
    return shown
  })
}

interface Printer {
  readonly problem: string
  /** Names of types. */
  readonly takes: readonly string[]
  readonly of: (value: unknown, precision: number) => string | undefined
}

const integer =
  (radix: number) =>
  (value: unknown): string | undefined =>
    isInteger(value) ? BigInt(String(value)).toString(radix) : undefined

/** Numbers that are texts: those that JSON has no way to write. */
const named: Readonly<Record<string, string>> = { NaN: 'NaN', Infinity: '∞', '-Infinity': '-∞' }
const real =
  (print: (value: number, precision: number) => string) =>
  (value: unknown, precision: number): string | undefined => {
    if (typeof value === 'string') return named[value]
    if (typeof value !== 'number') return undefined
    return named[String(value)] ?? print(value, precision)
  }

function hexadecimal(upper: boolean): Printer {
  const of = (value: unknown): string | undefined =>
    typeof value === 'string' || value instanceof Uint8Array ? Buffer.from(value).toString('hex') : integer(16)(value)
  return {
    problem: 'only integers, byte buffers, and strings can be formatted as hex',
    takes: ['int', 'uint', 'string', 'bytes'],
    of: (value) => (upper ? of(value)?.toUpperCase() : of(value)),
  }
}

const grouped = (value: number, precision: number): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: precision, maximumFractionDigits: precision })
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹'
/** With six digits: what stands for a precision is taken for a width. */
const scientific = (value: number, width: number): string => {
  const [digits, exponent = ''] = value.toExponential(6).split('e')
  const power = exponent.replace(/^([+-])(\d)$/, '$10$2').replace('+', '')
  const raised = [...power].map((char) => (char === '-' ? '⁻' : superscripts[Number(char)])).join('')
  return `${digits}×10${raised}`.padStart(width)
}

const bool = (value: unknown): string | undefined => (typeof value === 'boolean' ? String(Number(value)) : undefined)
const printers: Readonly<Record<string, Printer>> = {
  d: { problem: 'decimal clause can only be used on integers', takes: ['int', 'uint'], of: integer(10) },
  f: { problem: 'fixed-point clause can only be used on doubles', takes: ['double'], of: real(grouped) },
  e: { problem: 'scientific clause can only be used on doubles', takes: ['double'], of: real(scientific) },
  b: {
    problem: 'only integers and bools can be formatted as binary',
    takes: ['int', 'uint', 'bool'],
    of: (value) => bool(value) ?? integer(2)(value),
  },
  x: hexadecimal(false),
  X: hexadecimal(true),
  o: { problem: 'octal clause can only be used on integers', takes: ['int', 'uint'], of: integer(8) },
}
const text: Printer = {
  problem:
    'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  takes:
    'list map int uint double bool string bytes type null_type google.protobuf.Timestamp google.protobuf.Duration'.split(
      ' ',
    ),
  of: (value) => textOf(value),
}

const isInteger = (value: unknown): boolean => typeof value === 'bigint' || constructorOf(value) === 'UnsignedInt'

function typeName(value: unknown): string {
  if (value === null) return 'null_type'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'double'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  if (value instanceof Uint8Array) return 'bytes'
  if (value instanceof Date) return 'google.protobuf.Timestamp'
  if (value instanceof Optional) return 'optional_type'
  if (Array.isArray(value)) return 'list'
  const known: Readonly<Record<string, string>> = { UnsignedInt: 'uint', Duration: 'google.protobuf.Duration' }
  return known[constructorOf(value)] ?? 'map'
}

/** A value as its text, and within a list or map as an expression would write it. */
export function textOf(value: unknown, within: unknown = false): string {
  if (typeof value === 'string') return within === true ? JSON.stringify(value) : value
  if (typeof value === 'number') return within === true ? (named[String(value)] ?? grouped(value, 6)) : shortest(value)
  if (value instanceof Uint8Array) {
    const shown = Buffer.from(value).toString()
    return within === true ? `b${JSON.stringify(shown)}` : shown
  }
  if (value instanceof Date) return value.toISOString().replace(/\.?0*Z$/, 'Z')
  if (Array.isArray(value)) return `[${value.map((each) => textOf(each, true)).join(', ')}]`
  if (value instanceof Map || (isRecord(value) && constructorOf(value) === 'Object')) {
    const entries: [unknown, unknown][] = value instanceof Map ? [...value.entries()] : Object.entries(value)
    const shown = entries.map(([key, each]) => `${textOf(key, true)}:${textOf(each, true)}`)
    return `{${shown.toSorted().join(', ')}}`
  }
  return String(value).replace(/^Type<(.*)>$/, '$1')
}

/** As Go prints it with `%g`: with an exponent below 10⁻⁴ and from 10⁶ on. */
function shortest(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('Infinity', 'Inf').replace(/^Inf/, '+Inf')
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [digits, exponent = ''] = value.toExponential().split('e')
  if (Number(exponent) >= -4 && Number(exponent) < 6) return String(value)
  return `${digits}e${exponent.replace(/^([+-])(\d)$/, '$10$2')}`
}
