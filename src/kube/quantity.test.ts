import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalQuantity, parseQuantity } from './quantity.ts'

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
])('%s is %s', (text, canonical) => expect(canonicalQuantity(text)).toBe(canonical))

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
