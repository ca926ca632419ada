import { describe, expect, it } from 'vitest'
import { formatProblem, isFormatKnown } from './formats.ts'

/** Answers of kube-apiserver v1.36.1, one definition with a field of each format. */
describe('formats of strings', () => {
  it.each<[format: string, fits: readonly string[], not: readonly string[]]>([
    ['uuid4', ['550e8400-e29b-41d4-a716-446655440000'], ['550e8400e29b31d4a716446655440000', 'x']],
    ['mac', ['00:11:22:aa:BB:cc', '00-11-22-33-44-55', '0011.2233.4455'], ['00:11', '00:11:22:33:44-55']],
    ['isbn', ['0321751043', '978-0321751041', '080442957X'], ['0321751044', '123']],
    ['creditcard', ['4111 1111 1111 1111', '5500000000000004'], ['4111111111111112']],
    ['ssn', ['123-45-6789'], ['123456789']],
    ['hexcolor', ['#fff', 'FFFFFF'], ['#ff']],
    ['rgbcolor', ['rgb(255, 255,0)'], ['rgb(256,0,0)']],
    ['date-time', ['2024-01-02T03:04:05Z'], ['2024-01-02']],
    ['duration', ['1h30m', '22 ns', '3 weeks'], ['', 'x']],
    ['byte', ['YQ=='], ['', 'YQ']],
    ['email', ['x@y.z', 'Foo <x@y.z>'], ['mailto:x@y', 'a b']],
    ['hostname', ['a', 'a.example.com'], ['a.b', '10.0.0.1', '-a', 'x'.repeat(64)]],
    ['k8s-short-name', ['a-b'], ['a.b', 'A']],
    ['nobody-knows', ['', 'x'], []],
  ])('%s', (format, fits, not) => {
    expect(fits.map((value) => formatProblem(format, value))).toEqual(fits.map(() => undefined))
    expect(not.map((value) => formatProblem(format, value))).toEqual(
      not.map((value) => `must be of type ${format}: ${JSON.stringify(value)}`),
    )
  })

  it('mean something to the types that have them', () => {
    expect(['date-time', 'int32', 'float', 'nope'].map((format) => isFormatKnown(format, 'string'))).toEqual([
      true,
      false,
      false,
      false,
    ])
    expect([isFormatKnown('int64', 'integer'), isFormatKnown('int64', 'number'), isFormatKnown('date', '')]).toEqual([
      true,
      false,
      true,
    ])
  })
})
