import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { goYaml } from './go-yaml.ts'

const lorem = 'A rather long text that goes on and on, beyond eighty characters'

/** As kube-apiserver v1.36.1 writes the same values. */
it.each<[string, string, string]>([
  ['nothing', '', '""'],
  ['words that mean something', 'yes', '"yes"'],
  ['one letter', 'n', '"n"'],
  ['numbers', '1e3', '"1e3"'],
  ['octal numbers', '0o7', '"0o7"'],
  ['numbers with underscores', '1_000', '"1_000"'],
  ['days', '2020-01-01', '"2020-01-01"'],
  ['times of the day', '1:20', '"1:20"'],
  ['no number', 'e2', 'e2'],
  ['a colon and a space', 'a: b', "'a: b'"],
  ['a quote', `it's "q"`, `it's "q"`],
  ['a quote in quotes', "- it's", "'- it''s'"],
  ['indicators', '*', "'*'"],
  ['a comment', 'a #b', "'a #b'"],
  ['space at its end', 'x ', "'x '"],
  ['tabs', 'a\tb', '"a\\tb"'],
  ['letters of all kinds', 'ü€😀', '"ü€\\U0001F600"'],
  ['carriage returns', 'a\r\nb', '"a\\r\\nb"'],
  ['lines', 'a\nb\n', '|\n  a\n  b'],
  ['lines without an end', 'a\n  b', '|-\n  a\n    b'],
  ['lines and empty lines', '\na\n\n', '|2+\n\n  a\n'],
  ['a long line', lorem + ' of text', `${lorem} of text`],
  ['a longer line', `${lorem} of such text: folded`, `'${lorem} of such text:\n  folded'`],
])('text: %s', (_what, text, written) => expect(goYaml({ k: text })).toBe(`k: ${written}\n`))

it('maps and lists are in blocks, keys in the order of people', () => {
  const value = { b: [{ y: [], x: {} }, ['z', null], 1.5], a10: true, a9: { k: { l: 'm' } }, 'f:a': {}, '.': {} }
  expect(goYaml(value)).toBe(`.: {}
a9:
  k:
    l: m
a10: true
b:
- x: {}
  "y": []
- - z
  - null
- 1.5
f:a: {}
`)
})

it('keys of more than 128 characters stand alone', () => {
  const key = 'k'.repeat(129)
  expect(goYaml({ [key]: { a: ['b'] } })).toBe(`? ${key}\n: a:\n  - b\n`)
})

it('is the same value, read again', () => {
  const piece = fc.constantFrom(...' :#-,?[]{}&*!|>\'"%@`\\\n~<.+_0189aenyNO', 'word', '  ', 'true', '12:30', lorem)
  const text = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''))
  const leaf = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null))
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(text, tie('value'), { maxKeys: 3 }),
    ),
  }))
  fc.assert(
    fc.property(value, (each) => {
      const read: unknown = parse(goYaml({ each }), { version: '1.2' })
      expect(read).toEqual({ each })
    }),
    { numRuns: 500 },
  )
})
