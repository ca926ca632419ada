import fc from 'fast-check'
import { expect, it } from 'vitest'
import { unifiedDiff } from './unified-diff.ts'

const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), { minLength: 1, maxLength: 60 })

/** The text that a diff makes of another; throws where it doesn't fit. */
function patched(before: readonly string[], diff: string): string[] {
  const after: string[] = []
  let at = 0
  for (const line of diff.split('\n').slice(0, -1)) {
    const start = /^@@ -(\d+)(?:,(\d+))? /.exec(line)
    if (start !== null) {
      const first = Number(start[1]) - (start[2] === '0' ? 0 : 1)
      after.push(...before.slice(at, first))
      at = first
      continue
    }
    if (line[0] !== '+') expect(before[at++]).toBe(line.slice(1))
    if (line[0] !== '-') after.push(line.slice(1))
  }
  return [...after, ...before.slice(at)]
}

it('leads from the one text to the other', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      expect(patched(before, unifiedDiff(before.join('\n'), after.join('\n')))).toEqual(after)
    }),
  )
})

it('is empty between equal texts, and shows three lines around a change', () => {
  const text = [...'abcdefghij'].join('\n')
  expect(unifiedDiff(text, text)).toBe('')
  expect(unifiedDiff(text, text.replace('e', 'x'))).toBe('@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+x\n f\n g\n h\n')
})
