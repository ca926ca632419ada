import fc from 'fast-check'
import { expect, it } from 'vitest'
import { canonicalMicroTime, canonicalTime } from './go-time.ts'

/** As kube-apiserver v1.36.1 answers. */
it.each([
  ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00Z'],
  ['2026-01-31T12:00:00.5+02:00', '2026-01-31T10:00:00Z'],
  ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
])('%s is %s', (text, canonical) => expect(canonicalTime(text)).toBe(canonical))

it.each([
  ['yesterday', 'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"'],
  ['', 'parsing time "" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "2006"'],
  ['2026-13-01T00:00:00Z', 'parsing time "2026-13-01T00:00:00Z": month out of range'],
  ['2026-02-30T00:00:00Z', 'parsing time "2026-02-30T00:00:00Z": day out of range'],
  ['2026-02-03', 'parsing time "2026-02-03" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T"'],
  [
    '2026-02-03T00:00:00',
    'parsing time "2026-02-03T00:00:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00"',
  ],
  ['2026-02-03T00:00:00Zx', 'parsing time "2026-02-03T00:00:00Zx": extra text: "x"'],
])('%j is no time', (text, problem) => expect(() => canonicalTime(text)).toThrow(problem))

it('keeps microseconds, which have to be six', () => {
  expect(canonicalMicroTime('2026-01-31T12:00:00.123456+01:00')).toBe('2026-01-31T11:00:00.123456Z')
  expect(() => canonicalMicroTime('2026-01-31T12:00:00Z')).toThrow('cannot parse "Z" as ".000000"')
})

it('is canonical after once', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (date) => {
      const canonical = canonicalTime(date.toISOString())
      expect(canonicalTime(canonical)).toBe(canonical)
      expect(Date.parse(canonical)).toBe(Math.floor(date.getTime() / 1000) * 1000)
    }),
  )
})
