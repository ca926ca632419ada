/**
 * Ranges of sizes and costs, which end at 2⁶⁴: more than that is as much. Source: github.com/google/cel-go/checker/cost.go,
 * whose integers have 64 bits; ours are exact up to 2⁵³, far beyond every limit.
 */

export interface Estimate {
  readonly min: number
  readonly max: number
}

const most = 2 ** 64

export const unknownSize: Estimate = { min: 0, max: most }
export const fixed = (size: number): Estimate => ({ min: size, max: size })

const eachOf = (of: (one: number, other: number) => number) => (one: Estimate, other: Estimate) => ({
  min: Math.min(of(one.min, other.min), most),
  max: Math.min(of(one.max, other.max), most),
})

export const plus = eachOf((one, other) => one + other)
export const times = eachOf((one, other) => one * other)
export const union = (one: Estimate, other: Estimate): Estimate => ({
  min: Math.min(one.min, other.min),
  max: Math.max(one.max, other.max),
})
export const sum = (all: readonly Estimate[]): Estimate => all.reduce(plus, fixed(0))

/** At so much a unit, rounded up. */
export const at = (factor: number, { min, max }: Estimate): Estimate => ({
  min: Math.min(Math.ceil(min * factor), most),
  max: Math.min(Math.ceil(max * factor), most),
})

/** Costs of going through a unit of text or bytes, and of matching one of a pattern. */
export const perCharacter = 0.1
export const perPatternCharacter = 0.25
