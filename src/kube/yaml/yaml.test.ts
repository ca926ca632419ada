import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { utf8Problem } from './utf8.ts'
import { decodeYaml, YamlProblem } from './yaml.ts'

const value = (text: string): unknown => decodeYaml(text).value

function problem(text: string): string {
  try {
    decodeYaml(text)
  } catch (error) {
    if (error instanceof YamlProblem) return error.message
    throw error
  }
  return ''
}

describe('a value is what YAML 1.1 takes it for', () => {
  it.each<[string, unknown]>([
    ['yes', true],
    ['Off', false],
    ['y', true],
    ['~', null],
    ['', null],
    ['017', 15],
    ['0o17', 15],
    ['08', 8],
    ['0x1F', 31],
    ['0b11', 3],
    ['-0b11', -3],
    ['1_000', 1000],
    ['+1', 1],
    ['.5', 0.5],
    ['1.', 1],
    ['1e400', '1e400'],
    ['12:30:45', '12:30:45'],
    ['2020-01-01', '2020-01-01'],
    ['!!str 1', '1'],
    ['!!float 1', 1],
    ['!!binary YWI=', 'ab'],
    ['!own 1', '1'],
    ['"1"', '1'],
    ["'it''s'", "it's"],
    ['"a\\u00e9\\x41\\n"', 'aéA\n'],
    ['"a\n  b"', 'a b'],
    ['"a\\\n  b"', 'ab'],
    ['a\nb\n\nc', 'a b\nc'],
    ['|\n  a\n  b\n', 'a\nb\n'],
    ['|-\n  a\n', 'a'],
    ['|+\n  a\n\n', 'a\n\n'],
    ['|2\n   a\n', ' a\n'],
    ['>\n  a\n  b\n\n  c\n   d\n', 'a b\nc\n d\n'],
    ['- - a\n  - b\n-\n', [['a', 'b'], null]],
    ['a:\n- b\n- c: d\n  e: f\n', { a: ['b', { c: 'd', e: 'f' }] }],
    ['{a: b, c, d: [e, f: g],}', { a: 'b', c: null, d: ['e', { f: 'g' }] }],
    ['{"a":"b"} x', { a: 'b' }],
    ['? a\n: b\n? c', { a: 'b', c: null }],
    ['1: a\ntrue: b\n1.5: c', { 1: 'a', true: 'b', 1.5: 'c' }],
    ['a: &x {b: 1}\nc: *x\nd:\n  <<: *x\n  e: 2', { a: { b: 1 }, c: { b: 1 }, d: { b: 1, e: 2 } }],
    ['%TAG !k! tag:yaml.org,2002:\n---\n!k!str 1', '1'],
    ['--- a\n--- b', 'a'],
    ['# nothing', null],
    ['__proto__: 1', JSON.parse('{"__proto__":1}')],
  ])('%j', (text, expected) => {
    expect(value(text)).toEqual(expected)
  })

  it('keeps integers that no double holds', () => {
    expect(JSON.stringify(value('[9007199254740993, 18446744073709551615, 18446744073709551616]'))).toBe(
      '[9007199254740993,18446744073709551615,18446744073709552000]',
    )
  })

  it('reads what another library writes as that means it', () => {
    // Words that 1.2 takes for text are quoted by a writer of 1.1; that a `?` in a flow begins a key is not known to it.
    const styles = [
      { version: '1.1', collectionStyle: 'block' },
      { version: '1.1', collectionStyle: 'flow', defaultStringType: 'QUOTE_DOUBLE' },
      { version: '1.1', collectionStyle: 'block', defaultStringType: 'QUOTE_SINGLE' },
    ] as const
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(...styles), (json, style) => {
        const text = stringify(json, style)
        expect(JSON.parse(JSON.stringify(value(text)))).toEqual(JSON.parse(JSON.stringify(json)))
      }),
      { numRuns: 300 },
    )
  })
})

describe('a mistake is told in the words of the real reader', () => {
  it.each([
    ['a: b\n- c', 'yaml: line 1: did not find expected key'],
    ['- a\nb: c', "yaml: line 1: did not find expected '-' indicator"],
    ['a: b\n  c: d', 'yaml: line 2: mapping values are not allowed in this context'],
    ['a: b: c', 'yaml: mapping values are not allowed in this context'],
    ['a:\n  b: c\n d: e', 'yaml: line 2: did not find expected key'],
    ['a: [b', "yaml: line 1: did not find expected ',' or ']'"],
    ['{a: b\nc: d', "yaml: line 1: did not find expected ',' or '}'"],
    ['{', 'yaml: line 1: did not find expected node content'],
    ['a: ]', 'yaml: did not find expected node content'],
    ['a: "b', 'yaml: found unexpected end of stream'],
    ['a: "b\nc: d', 'yaml: line 2: found unexpected end of stream'],
    ['a: "\\q"', 'yaml: found unknown escape character'],
    ['a: "\\/"', 'yaml: found unknown escape character'],
    ['a: "\\x"', 'yaml: did not find expected hexdecimal number'],
    ['a: "\\ud800"', 'yaml: found invalid Unicode character escape code'],
    ['a: @b', 'yaml: found character that cannot start any token'],
    ['a:\n\tb: c', 'yaml: line 2: found character that cannot start any token'],
    ['a: b\n\tc: d', 'yaml: line 2: found a tab character that violates indentation'],
    ['a: - b', 'yaml: block sequence entries are not allowed in this context'],
    ['a: |x\n b', 'yaml: did not find expected comment or line break'],
    ['a: *x', "yaml: unknown anchor 'x' referenced"],
    ['a: &x [*x]', "yaml: anchor 'x' value contains itself"],
    ['a: !<tag', "yaml: did not find the expected '>'"],
    ['a: !x!b c', 'yaml: found undefined tag handle'],
    ['a: !!int x', 'yaml: cannot decode !!str `x` as a !!int'],
    ['a: !!binary x', 'yaml: !!binary value contains invalid base64 data'],
    ['a: .nan', 'json: unsupported value: NaN'],
    ['[a]: b', 'yaml: invalid map key: []interface {}{"a"}'],
    ['~: x', 'unsupported map key of type: %!s(<nil>), key: <nil>, value: "x"'],
    ['<<: [1]', 'yaml: map merge requires map or sequence of maps as the value'],
    ['a\nb: c', 'yaml: line 2: mapping values are not allowed in this context'],
    ['a:\n- b\nc', "yaml: line 4: could not find expected ':'"],
    [': a', 'yaml: did not find expected key'],
    ['...', 'yaml: did not find expected node content'],
    ['%YAML 9.9\n---\na', 'yaml: found incompatible YAML document'],
    ['%FOO\n---\na', 'yaml: found unknown directive name'],
    ['%YAML 1.1\na', 'yaml: line 1: did not find expected <document start>'],
    ['a: \u0001', 'yaml: control characters are not allowed'],
    ['['.repeat(1e5), 'yaml: exceeded max depth of 10000'],
  ])('%j', (text, expected) => {
    expect(problem(text)).toBe(expected)
  })

  it('a document that aliases blow up is refused', () => {
    const bomb = Array.from({ length: 9 }, (_, at) => `a${at}: &a${at} [${`*a${at - 1},`.repeat(at === 0 ? 0 : 9)}x]`)
    expect(problem(bomb.join('\n'))).toBe('yaml: document contains excessive aliasing')
  })

  it('any text is a value or a problem', () => {
    const parts = [
      'a',
      ':',
      ' ',
      '\n',
      '-',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      "'",
      '#',
      '&',
      '*',
      '!',
      '|',
      '>',
      '?',
      '%',
      '\t',
      '<<',
      '1',
    ]
    const text = fc.array(fc.constantFrom(...parts), { maxLength: 30 }).map((all) => all.join(''))
    fc.assert(
      fc.property(text, (each) => {
        expect(typeof problem(each)).toBe('string')
      }),
      { numRuns: 2000 },
    )
  })
})

it('keys that come twice are named with their lines, the last one counts', () => {
  const { value: read, repeated } = decodeYaml('a: 1\nb:\n  c: 1\n  "c": 2\na: 2\n1: x\n"1": z')
  expect(read).toEqual({ a: 2, b: { c: 2 }, 1: 'z' })
  expect(repeated).toEqual(['line 4: key "c" already set in map', 'line 5: key "a" already set in map'])
})

it.each([
  ['80', 'invalid leading UTF-8 octet'],
  ['61e2', 'incomplete UTF-8 octet sequence'],
  ['e26161', 'invalid trailing UTF-8 octet'],
  ['c080', 'invalid length of a UTF-8 sequence'],
  ['eda080', 'invalid Unicode character'],
  ['61', undefined],
])('bytes %s: %s', (bytes, expected) => {
  expect(utf8Problem(Buffer.from(bytes, 'hex'))).toBe(expected)
})
