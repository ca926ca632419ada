import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { indented } from './pretty.ts'
import { testServer } from './testing.ts'

describe('JSON for people', () => {
  it('is what was there, in lines', () => {
    const value = { a: [], b: {}, c: [1, { d: '[{":,\\' }], e: null, f: 1.5e300 }
    expect(indented(Buffer.from(`${JSON.stringify(value)}\n`)).toString()).toBe(JSON.stringify(value, null, 2))
    fc.assert(
      fc.property(fc.jsonValue(), (any) => {
        const text = JSON.stringify(any)
        expect(indented(Buffer.from(text)).toString()).toBe(JSON.stringify(any, null, 2))
        expect(indented(indented(Buffer.from(text))).toString()).toBe(JSON.stringify(any, null, 2))
      }),
    )
    // A number stays as it is written.
    expect(indented(Buffer.from('{"a":10000000000000000001.0}')).toString()).toBe('{\n  "a": 10000000000000000001.0\n}')
  })

  const linesOf = async (url: string, headers: Record<string, string> = {}): Promise<boolean> => {
    const { reply } = await testServer().call('GET', url, { headers })
    return reply.body.kind === 'value' && reply.body.value.bytes().toString().startsWith('{\n  "')
  }
  const path = '/api/v1/namespaces/default'

  it.each([
    ['who asks for it', `${path}?pretty=true`, {}, true],
    ['who says what is no answer', `${path}?pretty=yes`, { 'user-agent': 'curl/8' }, false],
    ['who asks for the type of it', path, { accept: 'application/json; pretty=1' }, true],
    ['curl', path, { 'user-agent': 'curl/8.5.0' }, true],
    ['a browser that is told no', `${path}?pretty=`, { 'user-agent': 'Mozilla/5.0 (X11)' }, true],
    [
      'curl, which would have tables',
      '/api/v1/pods',
      { 'user-agent': 'curl/8', accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
      true,
    ],
    ['curl, which finds nothing', '/api/v1/namespaces/nope', { 'user-agent': 'curl/8' }, true],
    ['kubectl', path, { 'user-agent': 'kubectl/v1.35.0' }, false],
    ['curl, that wants YAML', path, { 'user-agent': 'curl/8', accept: 'application/yaml' }, false],
    ['anybody who asks for the version', '/version', {}, true],
    ['anybody who looks around', '/', {}, true],
    ['kubectl, that discovers', '/apis', {}, false],
  ])('is for %s: %s', async (_, url, headers, expected) => {
    expect(await linesOf(url, headers as Record<string, string>)).toBe(expected)
  })
})
