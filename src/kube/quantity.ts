/** Amounts as Kubernetes writes them: `100m`, `1.5`, `64Mi`, `2e3`. Source: k8s.io/apimachinery/pkg/api/resource. */
import { amountOf, combined, compared, largest, nothing, printed, roundedUp } from './amount.ts'

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

/** The amount as Go prints it: no fractions, the largest suffix. Other text comes back. */
export function canonicalQuantity(text: string): string {
  let canonical = known.get(text)
  if (canonical === undefined) {
    const amount = amountOf(text)
    if (amount === undefined) return text
    canonical = amount.kept ? text : printed(amount)
    if (known.size >= knownMax) known.clear()
    known.set(text, canonical)
  }
  return canonical
}

/** As it stands among the resources of something: not finer than a thousandth. Source: SetDefaults_ResourceList. */
export function resourceQuantity(text: string): string {
  const canonical = canonicalQuantity(text)
  const amount = /[nu-]/.test(canonical.slice(1)) ? amountOf(canonical) : undefined
  return amount === undefined || amount.scale >= -3 ? canonical : printed(roundedUp(amount, -3))
}

/** As Go's `Add` prints it: in the form of the first, of the second where that is nothing. */
export const addQuantities = (one: string, other: string): string =>
  printed(combined(amountOf(one) ?? nothing, amountOf(other) ?? nothing, 1n))

/** As Go's `Sub` prints it. */
export const subtractQuantities = (one: string, other: string): string =>
  printed(combined(amountOf(one) ?? nothing, amountOf(other) ?? nothing, -1n))

/** Less than 0, 0 or more, as `one` is less than `other`, as much, or more. */
export const compareQuantities = (one: string, other: string): number =>
  Math.sign(compared(amountOf(one) ?? nothing, amountOf(other) ?? nothing))

/** In whole units, as much at least. Source: RoundUp(0). */
export const wholeQuantity = (text: string): string => printed(roundedUp(amountOf(text) ?? nothing, 0))

/**
 * The amount as a whole number of 64 bits; undefined where Go doesn't see at once that it is one: fractions are not
 * reduced, and long numbers not looked at. Source: AsInt64.
 */
export function integerQuantity(text: string): bigint | undefined {
  const { mantissa, scale, quick } = amountOf(text) ?? { ...nothing, quick: false }
  if (!quick || scale < 0 || scale > largest) return undefined
  const value = mantissa * 10n ** BigInt(scale)
  return BigInt.asIntN(64, value) === value ? value : undefined
}
