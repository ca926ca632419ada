import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pemBlocks } from './pem.ts'

const pem = (type: string, body: string): string => `-----BEGIN ${type}-----\n${body}-----END ${type}-----\n`

/** What Go's encoding/pem says of the same. */
describe('PEM', () => {
  it('is read as it was written, whatever stands around it', () => {
    const written = fc.record({
      type: fc.constantFrom('CERTIFICATE', 'A B', ''),
      bytes: fc.uint8Array({ maxLength: 100 }),
      before: fc.constantFrom('', 'said of it\n', '\n\n'),
    })
    fc.assert(
      fc.property(fc.array(written, { maxLength: 4 }), (blocks) => {
        const text = blocks.map(({ type, bytes, before }) => {
          const lines =
            Buffer.from(bytes)
              .toString('base64')
              .match(/.{1,64}/g) ?? []
          return before + pem(type, lines.map((line) => `${line}\n`).join(''))
        })
        expect(pemBlocks(text.join(''))).toEqual(
          blocks.map(({ type, bytes }) => ({ type, hasHeaders: false, bytes: Buffer.from(bytes) })),
        )
      }),
    )
  })

  it.each<[string, string, string[]]>([
    ['no base64', pem('A', 'xx\n'), []],
    ['a bad block before a good one', pem('A', '!!!!\n') + pem('B', 'AAAA\n'), ['B']],
    ['another end', '-----BEGIN A-----\nAAAA\n-----END B-----\n', []],
    ['no end', '-----BEGIN A-----\nAAAA\n', []],
    ['within a line', `x${pem('A', 'AAAA\n')}`, []],
    ['a beginning within another', `-----BEGIN A-----\n${pem('A', 'AAAA\n')}`, ['A']],
    ['headers', pem('A', 'Key: value\n\nAAAA\n'), ['A']],
  ])('with %s', (_, text, types) => {
    expect(pemBlocks(text).map(({ type }) => type)).toEqual(types)
  })

  it('says whether there are headers', () => {
    expect(pemBlocks(pem('A', 'Key: value\n\nAAAA\n'))).toMatchObject([{ hasHeaders: true }])
  })
})
