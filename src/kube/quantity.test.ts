import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  parseQuantity,
  quantityProblem,
  resourceQuantity,
  subtractQuantities,
  wholeQuantity,
} from './quantity.ts'

/** As kube-apiserver v1.36.1 prints them in a resource list. */
it.each([
  ['0.5', '500m'],
  ['1000m', '1'],
  ['1000', '1k'],
  ['1.5', '1500m'],
  ['1e3', '1e3'],
  ['2e4', '20e3'],
  ['0.5Gi', '512Mi'],
  ['2048Mi', '2Gi'],
  ['0.3Ki', '307200m'],
  ['1025Ki', '1025Ki'],
  ['100u', '1m'],
  ['1.5Gi', '1536Mi'],
  ['12345678901234567890', '12345678901234567890'],
  ['1E', '1E'],
  ['1Ei', '1Ei'],
  ['0', '0'],
  ['-1', '-1'],
  ['much', 'much'],
])('%s is %s', (text, canonical) => expect(resourceQuantity(text)).toBe(canonical))

/** As it prints them elsewhere. */
it.each([
  ['100u', '100u'],
  ['1.5n', '2n'],
  ['-0.1n', '-1n'],
  ['1e-10', '1e-9'],
  ['1e-2000000000', '1e-9'],
  ['1e1000', '10e999'],
  ['1000E', '1'],
  ['9Ei', '9223372036854775807'],
  ['-9Ei', '-9223372036854775807'],
  // What looks canonical stays.
  ['1.', '1.'],
  ['+5', '+5'],
  ['1.125', '1.125'],
  ['1.000', '1'],
  ['00012', '00012'],
  ['1e4294967296', '1e4294967296'],
  ['0012Mi', '0012Mi'],
  ['0016Mi', '16Mi'],
])('%s is printed as %s', (text, canonical) => expect(canonicalQuantity(text)).toBe(canonical))

it('is no amount that nobody could read', () => {
  expect(quantityProblem('9'.repeat(10_000))).toBeUndefined()
  expect(quantityProblem('9'.repeat(3_000_000))).toContain('unable to parse')
})

it('is read, whatever it is', () => {
  const suffix = fc.constantFrom('', 'n', 'u', 'm', 'k', 'E', 'Ki', 'Ei', 'e1', 'E-12', 'e2147483647', 'e-2147483648')
  const digits = fc.stringMatching(/^[+-]?(0|[0-9]{1,30})(\.[0-9]{0,25})?$/)
  fc.assert(
    fc.property(digits, suffix, digits, suffix, (one, its, other, others) => {
      const [a, b] = [`${one}${its}`, `${other}${others}`]
      expect(quantityProblem(a)).toBeUndefined()
      expect(Math.abs(compareQuantities(a, b))).toBe(Math.abs(compareQuantities(b, a)))
      for (const text of [resourceQuantity(a), canonicalQuantity(a), wholeQuantity(a), addQuantities(a, b)])
        expect(text.length).toBeLessThan(20_000)
    }),
  )
})

it('is the same amount, and canonical already', () => {
  const suffix = fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), suffix, (amount, unit) => {
      const canonical = canonicalQuantity(`${amount}${unit}`)
      expect(canonicalQuantity(canonical)).toBe(canonical)
      expect(parseQuantity(canonical)).toBeCloseTo(parseQuantity(`${amount}${unit}`) as number, 3)
    }),
  )
})

it.each([
  ['600m', '0.5', '1100m'],
  ['1Gi', '512Mi', '1536Mi'],
  ['0', '1Gi', '1Gi'],
  ['1', '1Gi', '1073741825'],
  ['1Gi', '1', '1073741825'],
  ['1e3', '1', '1001'],
])('%s and %s are %s', (one, other, sum) => expect(addQuantities(one, other)).toBe(sum))

it('adds, subtracts and compares as numbers are', () => {
  const milli = fc.integer({ min: -1_000_000, max: 1_000_000 })
  fc.assert(
    fc.property(milli, milli, (one, other) => {
      const [a, b] = [`${one}m`, `${other}m`]
      expect(addQuantities(a, b)).toBe(canonicalQuantity(`${one + other}m`))
      expect(subtractQuantities(addQuantities(a, b), b)).toBe(canonicalQuantity(a))
      expect(compareQuantities(a, b)).toBe(Math.sign(one - other))
    }),
  )
})

it.each([
  ['1.5', '2'],
  ['1500m', '2'],
  ['1Gi', '1Gi'],
  ['0.3Ki', '308'],
])('%s takes %s', (text, whole) => expect(wholeQuantity(text)).toBe(whole))
