/** Conversions between kinds of values. Source: github.com/google/cel-go/common/types. */

/** The library doesn't show all of its classes. */
export const constructorOf = (value: unknown): string => (value as object | null)?.constructor.name ?? ''

const truths = ['1', 't', 'T', 'true', 'TRUE', 'True']
const untruths = ['0', 'f', 'F', 'false', 'FALSE', 'False']

export function boolOf(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') throw new Error('no such overload')
  if (truths.includes(value)) return true
  if (untruths.includes(value)) return false
  throw new Error("type conversion error from 'string' to 'bool'")
}

/** `int(value)`: whole numbers, seconds of a time, nanoseconds of a duration. Source: common/types. */
export function integerOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') {
    if (!Number.isFinite(value) || Math.abs(value) >= 2 ** 63) throw new Error('integer overflow')
    return BigInt(Math.trunc(value))
  }
  if (value instanceof Date) return BigInt(Math.floor(value.getTime() / 1000))
  if (constructorOf(value) === 'Duration') {
    const { seconds, nanos } = value as { seconds: bigint; nanos: number }
    return seconds * 1_000_000_000n + BigInt(nanos)
  }
  if (constructorOf(value) === 'UnsignedInt') return within64((value as { value: bigint }).value)
  if (typeof value !== 'string') throw new Error('no such overload')
  if (!/^[+-]?\d+$/.test(value) || BigInt.asIntN(64, BigInt(value.replace('+', ''))) !== BigInt(value.replace('+', '')))
    throw new Error("type conversion error from 'string' to 'int'")
  return BigInt(value.replace('+', ''))
}

function within64(value: bigint): bigint {
  if (BigInt.asIntN(64, value) !== value) throw new Error('integer overflow')
  return value
}
