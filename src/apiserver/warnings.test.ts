import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { jsonReply } from '../kube/handler.ts'
import { withPrintedWarnings, withWarning } from './warnings.ts'

const printed = (texts: readonly string[]): unknown =>
  withPrintedWarnings(texts.reduceRight(withWarning, jsonReply(200, {}))).headers?.['warning']

describe('warnings', () => {
  it('are quoted, and told once', () => {
    expect(printed(['a "b" \\c', '', 'a "b" \\c', 'z'])).toEqual(['299 - "a \\"b\\" \\\\c"', '299 - "z"'])
    expect(printed([])).toBeUndefined()
    expect(printed([''])).toBeUndefined()
  })

  it('that no header can hold are left out', () => {
    expect(printed(['a\nb', 'tab\t', '\u0007', '\u0085', '\ud800', 'tail'])).toEqual(['299 - "tail"'])
    expect(printed(['é'])).toEqual(['299 - "Ã©"'])
  })

  it('are cut once they are longer than 4096 characters together', () => {
    const long = (name: string): string => name + 'x'.repeat(299)
    expect(printed(Array.from('abcdefghijklm', long))).toContain(`299 - "${long('m')}"`)
    const cut = printed(Array.from('abcdefghijklmnopqrst', long)) as string[]
    expect(cut).toHaveLength(16)
    expect(cut.at(-1)).toBe(`299 - "${long('p').slice(0, 256)}"`)
  })

  it('are always headers', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (texts) => {
        for (const header of (printed(texts) ?? []) as string[]) expect(header).toMatch(/^299 - "[\t -~\x80-\xff]*"$/)
      }),
    )
  })
})
