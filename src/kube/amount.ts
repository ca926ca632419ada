/** The numbers behind quantities, exactly. Source: k8s.io/apimachinery/pkg/api/resource. */

const binary = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const decimal = ['m', '', 'k', 'M', 'G', 'T', 'P', 'E']
const fine = ['n', 'u', 'm']
export const largest = 18
const suffixes = ['n', 'u', ...decimal]

/** `mantissa` × 10^`scale`, exactly, and how it was written. */
interface Amount {
  readonly mantissa: bigint
  readonly scale: number
  readonly format: 'binary' | 'decimal' | 'exponent'
}

const syntax = /^([+-]?)(\d*)(?:\.(\d*))?(?:(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE])|[eE]([+-]?\d+))?$/

interface Parsed extends Amount {
  /** Whether Go has it as a number of 64 bits at once. */
  readonly quick: boolean
  /** Whether Go keeps the text as it is: it takes it for canonical. */
  readonly kept: boolean
}

/** No amount is finer. */
const finest = -9
/** Amounts in powers of two end where 64 bits do. */
const most: Amount = { mantissa: 2n ** 63n - 1n, scale: 0, format: 'binary' }
const one: Amount = { mantissa: 1n, scale: 0, format: 'binary' }

/** Who writes more means no amount: numbers of a megabyte take seconds. */
const lengthMax = 10_000

/** Source: ParseQuantity. */
export function amountOf(text: string): Parsed | undefined {
  const parts = text === '' || text.length > lengthMax ? null : syntax.exec(text)
  if (parts === null) return undefined
  const [, sign = '', whole = '', fraction = '', suffix = '', exponent] = parts
  const ten = BigInt(exponent ?? 0)
  if (BigInt.asIntN(64, ten) !== ten) return undefined
  const digits = `${whole.replace(/^0+/, '') || '0'}${fraction}`
  const mantissa = BigInt(`${sign === '-' ? '-' : ''}${digits}`)
  const power = binary.indexOf(suffix) + 1
  if (power > 0) {
    const amount = { mantissa: mantissa * 1024n ** BigInt(power), scale: -fraction.length, format: 'binary' } as const
    const isQuick = fraction === '' && digits.length + power * 3 < 15
    return isQuick ? { ...amount, quick: true, kept: mantissa % 8n !== 0n } : slow(amount)
  }
  const thousands = fine.includes(suffix) ? fine.indexOf(suffix) - 3 : decimal.indexOf(suffix) - 1
  const scale = (exponent === undefined ? 3 * thousands : Number(BigInt.asIntN(32, ten))) - fraction.length
  const amount = { mantissa, scale, format: exponent === undefined ? 'decimal' : 'exponent' } as const
  return digits.length <= 18 && scale >= finest
    ? { ...amount, quick: true, kept: scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0') }
    : slow(amount)
}

const slow = (amount: Amount): Parsed => ({ ...bounded(amount), quick: false, kept: false })

function bounded(amount: Amount): Amount {
  const { mantissa, scale, format } = roundedUp(amount, finest)
  const size = { mantissa: mantissa < 0n ? -mantissa : mantissa, scale, format }
  if (format !== 'binary') return { mantissa, scale, format }
  if (compared(size, most) > 0) return { ...most, mantissa: mantissa < 0n ? -most.mantissa : most.mantissa }
  return { mantissa, scale, format: compared(size, one) < 0 ? 'decimal' : format }
}

/** Not finer than `least`, away from nothing. */
export function roundedUp({ mantissa, scale, format }: Amount, least: number): Amount {
  if (scale >= least || mantissa === 0n) return { mantissa, scale, format }
  const up = mantissa < 0n ? -1n : 1n
  // Of a number this small nothing is left.
  if (least - scale > String(mantissa).length) return { mantissa: up, scale: least, format }
  const unit = 10n ** BigInt(least - scale)
  return { mantissa: mantissa / unit + (mantissa % unit === 0n ? 0n : up), scale: least, format }
}

export function compared(one: Amount, other: Amount): number {
  const signs = signOf(one) - signOf(other)
  if (signs !== 0 || one.mantissa === 0n) return signs
  const orders = orderOf(one) - orderOf(other)
  if (orders !== 0) return signOf(one) * orders
  return signOf(combined(one, other, -1n))
}

const signOf = ({ mantissa }: Amount): number => (mantissa < 0n ? -1 : mantissa > 0n ? 1 : 0)

/** How many digits stand before the point. */
const orderOf = ({ mantissa, scale }: Amount): number => String(mantissa < 0n ? -mantissa : mantissa).length + scale

export const nothing: Amount = { mantissa: 0n, scale: 0, format: 'decimal' }

/** Of amounts that are further apart than anybody counts, the larger one. */
const apartMax = 10_000

export function combined(left: Amount, right: Amount, sign: bigint): Amount {
  const signed = { ...right, mantissa: sign * right.mantissa }
  if (left.mantissa === 0n) return signed
  if (right.mantissa === 0n) return left
  if (Math.abs(left.scale - right.scale) > apartMax) return orderOf(left) > orderOf(right) ? left : signed
  const scale = Math.min(left.scale, right.scale)
  const scaled = (amount: Amount): bigint => amount.mantissa * 10n ** BigInt(amount.scale - scale)
  return { mantissa: scaled(left) + scaled(signed), scale, format: left.format }
}

export function printed({ mantissa, scale, format }: Amount): string {
  if (mantissa === 0n) return '0'
  if (format === 'binary' && scale <= 0) {
    const unit = 10n ** BigInt(-scale)
    const value = mantissa / unit
    if (mantissa % unit === 0n && (value >= 1024n || value <= -1024n)) return printedBinary(value)
  }
  let [digits, power] = [mantissa, scale]
  for (; digits % 10n === 0n; digits /= 10n) power++
  for (; power % 3 !== 0; power--) digits *= 10n
  if (format === 'exponent') return power === 0 ? String(digits) : `${digits}e${power}`
  // What has no suffix is printed without one.
  return `${digits}${suffixes[power / 3 + 3] ?? ''}`
}

function printedBinary(value: bigint): string {
  let [digits, power] = [value, 0]
  for (; digits % 1024n === 0n && power < binary.length; digits /= 1024n) power++
  return `${digits}${power === 0 ? '' : binary[power - 1]}`
}
