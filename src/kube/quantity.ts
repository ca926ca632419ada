/** Amounts as Kubernetes writes them: `100m`, `1.5`, `64Mi`, `2e3`. Source: k8s.io/apimachinery/pkg/api/resource. */

const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const decimal = ['m', '', 'k', 'M', 'G', 'T', 'P', 'E']
const fine = ['n', 'u', 'm']
const largest = 18

/** `mantissa` × 10^`scale`, exactly, and how it was written. */
interface Amount {
  readonly mantissa: bigint
  readonly scale: number
  readonly format: 'binary' | 'decimal' | 'exponent'
}

const syntax = /^([+-]?)(\d*)(?:\.(\d*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])|[eE]([+-]?\d+))?$/

function amountOf(text: string): Amount | undefined {
  const [, sign = '', whole = '', fraction = '', suffix = '', exponent] = syntax.exec(text) ?? []
  if (text === '' || !syntax.test(text)) return undefined
  const mantissa = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`)
  const scale = -fraction.length
  if (exponent !== undefined) return { mantissa, scale: scale + Number(exponent), format: 'exponent' }
  const power = binary.indexOf(suffix)
  if (power >= 0) return { mantissa: mantissa * 1024n ** BigInt(power + 1), scale, format: 'binary' }
  const small = fine.indexOf(suffix)
  const thousands = small >= 0 ? small - 3 : decimal.indexOf(suffix) - 1
  return { mantissa, scale: scale + 3 * thousands, format: 'decimal' }
}

const formatText = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"

/** What Go says of a text that is no amount; undefined where it is one. Source: ParseQuantity. */
export function quantityProblem(text: string): string | undefined {
  if (known.has(text) || amountOf(text) !== undefined) return undefined
  return /^[+-]?(\d+\.?\d*|\.\d+)[eEinumkKMGTP]*[-+]?\d*$/.test(text) ? "unable to parse quantity's suffix" : formatText
}

/** The amount as a number, exact up to 2^53; undefined where it is none. */
export function parseQuantity(text: unknown): number | undefined {
  const amount = amountOf(String(text))
  return amount === undefined ? undefined : Number(amount.mantissa) * 10 ** amount.scale
}

const known = new Map<string, string>()
const knownMax = 10_000

/** The amount as Go prints it: no fractions, the largest suffix, not finer than a thousandth. Other text comes back. */
export function canonicalQuantity(text: string): string {
  let canonical = known.get(text)
  if (canonical === undefined) {
    const amount = amountOf(text)
    if (amount === undefined) return text
    canonical = printed(amount)
    if (known.size >= knownMax) known.clear()
    known.set(text, canonical)
  }
  return canonical
}

/** As Go's `Add` prints it: in the form of the first, of the second where that is nothing. */
export const addQuantities = (one: string, other: string): string => printed(combined(one, other, 1n))

/** As Go's `Sub` prints it. */
export const subtractQuantities = (one: string, other: string): string => printed(combined(one, other, -1n))

/** Less than 0, 0 or more, as `one` is less than `other`, as much, or more. */
export function compareQuantities(one: string, other: string): number {
  const { mantissa } = combined(one, other, -1n)
  return mantissa < 0n ? -1 : mantissa > 0n ? 1 : 0
}

/** In whole units, as much at least. Source: RoundUp(0). */
export function wholeQuantity(text: string): string {
  const { mantissa, scale, format } = amountOf(text) ?? nothing
  if (scale >= 0) return canonicalQuantity(text)
  const unit = 10n ** BigInt(-scale)
  return printed({ mantissa: mantissa / unit + (mantissa > 0n && mantissa % unit !== 0n ? 1n : 0n), scale: 0, format })
}

/**
 * The amount as a whole number of 64 bits; undefined where Go doesn't see at once that it is one: fractions are not
 * reduced, and long numbers not looked at. Source: AsInt64.
 */
export function integerQuantity(text: string): bigint | undefined {
  const [, sign = '', whole = '', fraction = '', suffix = '', exponent] = syntax.exec(text) ?? []
  if (text === '0') return 0n
  const power = binary.indexOf(suffix) + 1
  const digits = whole.replace(/^0+(?=\d)/, '').length + fraction.length
  const isShort = power === 0 ? digits <= 18 : fraction === '' && digits + Math.floor(power * 3) < 15
  if (!isShort) return undefined
  const thousands = fine.includes(suffix) ? fine.indexOf(suffix) - 3 : decimal.indexOf(suffix) - 1
  const scale = power > 0 ? 0 : (exponent === undefined ? 3 * thousands : Number(exponent)) - fraction.length
  if (scale < 0) return undefined
  const value = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`) * 1024n ** BigInt(power) * 10n ** BigInt(scale)
  return BigInt.asIntN(64, value) === value ? value : undefined
}

const nothing: Amount = { mantissa: 0n, scale: 0, format: 'decimal' }

function combined(one: string, other: string, sign: bigint): Amount {
  const [left, right] = [amountOf(one) ?? nothing, amountOf(other) ?? nothing]
  const scale = Math.min(left.scale, right.scale)
  const scaled = (amount: Amount): bigint => amount.mantissa * 10n ** BigInt(amount.scale - scale)
  const { format } = left.mantissa === 0n ? right : left
  return { mantissa: scaled(left) + sign * scaled(right), scale, format }
}

function printed({ mantissa, scale, format }: Amount): string {
  if (mantissa === 0n) return '0'
  if (format === 'binary') {
    const unit = 10n ** BigInt(-scale)
    const value = mantissa / unit
    if (mantissa % unit === 0n && (value >= 1024n || value <= -1024n)) return printedBinary(value)
  }
  let [digits, power] = [mantissa, scale]
  if (power < -3) {
    const unit = 10n ** BigInt(-3 - power)
    const up = digits > 0n && digits % unit !== 0n ? 1n : 0n
    ;[digits, power] = [digits / unit + up, -3]
  }
  for (; digits % 10n === 0n; digits /= 10n) power++
  for (; power % 3 !== 0 || (format !== 'exponent' && power > largest); power--) digits *= 10n
  if (format === 'exponent') return power === 0 ? String(digits) : `${digits}e${power}`
  return `${digits}${decimal[power / 3 + 1]}`
}

function printedBinary(value: bigint): string {
  let [digits, power] = [value, 0]
  for (; digits % 1024n === 0n && power < binary.length; digits /= 1024n) power++
  return `${digits}${power === 0 ? '' : binary[power - 1]}`
}
