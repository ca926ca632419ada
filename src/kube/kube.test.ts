import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeJson } from './json.ts'
import { deepEqual } from './object.ts'
import { diffMergePatch, mergePatch } from './patch.ts'
import { certificateUser, x509Pki } from './pki.ts'
import { parseRequest } from './request.ts'
import { labelSelectorMatcher, parseFieldSelector, parseLabelSelector } from './selector.ts'
import { conflict, invalid, invalidValue, notFound, tooOldResourceVersion } from './status.ts'
import { readKubeconfig, writeKubeconfig } from './kubeconfig.ts'
import { batchOf, decodeWatch, FrameSplitter, watchEvent } from './watch-codec.ts'

describe('decodeJson', () => {
  it('keeps 64-bit integers exact', () => {
    const { value } = decodeJson('{"n":9007199254740993,"m":-9223372036854775808,"f":1.5,"s":"123456789012345678"}')
    expect(JSON.stringify(value)).toBe(
      '{"n":9007199254740993,"m":-9223372036854775808,"f":1.5,"s":"123456789012345678"}',
    )
  })

  it('reports duplicate keys by path and keeps the last', () => {
    const { value, duplicates } = decodeJson('{"a":{"b":1,"c":[{"d":1,"d":2}],"b":3}}')
    expect(duplicates).toEqual(['a.c[0].d', 'a.b'])
    expect(value).toEqual({ a: { b: 3, c: [{ d: 2 }] } })
  })

  it('treats __proto__ as data', () => {
    const { value } = decodeJson('{"__proto__":{"polluted":true}}')
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(Object.keys(value as object)).toEqual(['__proto__'])
    expect((mergePatch({}, value) as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('refuses nesting that would exhaust a stack', () => {
    expect(() => decodeJson('['.repeat(100_000))).toThrow('exceeded max depth')
  })

  it('agrees with JSON.parse on everything else', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        fc.pre(!/\d{16}/.test(text)) // longer integers stay exact instead
        expect(decodeJson(text).value).toEqual(JSON.parse(text))
      }),
    )
  })
})

describe('parseRequest', () => {
  it.each([
    ['GET', '/api/v1/nodes/n1', { verb: 'get', resource: 'nodes', name: 'n1', namespace: '' }],
    ['GET', '/api/v1/namespaces/ns/pods?watch=1', { verb: 'watch', resource: 'pods', namespace: 'ns' }],
    ['GET', '/api/v1/pods?watch=false', { verb: 'list', resource: 'pods' }],
    ['GET', '/apis/cluster.x-k8s.io/v1beta2/machines', { verb: 'list', group: 'cluster.x-k8s.io', version: 'v1beta2' }],
    [
      'PATCH',
      '/apis/cluster.x-k8s.io/v1beta2/namespaces/d/machines/m/status',
      { verb: 'patch', subresource: 'status', name: 'm' },
    ],
    ['DELETE', '/api/v1/namespaces/ns/pods', { verb: 'deletecollection' }],
    [
      'GET',
      '/api/v1/namespaces/kube-system',
      { verb: 'get', resource: 'namespaces', name: 'kube-system', namespace: '' },
    ],
    [
      'PUT',
      '/api/v1/namespaces/x/finalize',
      { verb: 'update', resource: 'namespaces', name: 'x', subresource: 'finalize' },
    ],
    ['GET', '/api/v1/namespaces/ns/pods/p/portforward', { verb: 'connect', subresource: 'portforward' }],
    ['GET', '/api/v1/watch/namespaces/ns/pods/p', { verb: 'watch', namespace: 'ns', resource: 'pods', name: 'p' }],
    ['GET', '/api/v1/nodes/a%3Ab', { verb: 'get', resource: 'nodes', name: 'a:b' }],
    ['GET', '/api/v1/namespaces/ns/pods/..%2f..%2fsecrets', { name: '..', subresource: '../secrets' }],
    ['GET', '/api/v1', { isResource: false }],
    ['GET', '/apis/apps', { isResource: false }],
    ['GET', '/', { isResource: false, verb: 'get' }],
  ])('%s %s', (method, url, expected) => expect(parseRequest(method, url)).toMatchObject(expected))
})

describe('selectors', () => {
  it.each([
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a!=b', {}, true],
    ['a in (b, c),d', { a: 'c', d: '' }, true],
    ['a in (b, c),d', { a: 'c' }, false],
    ['a notin (b)', {}, true],
    ['!a', { a: '1' }, false],
    ['a', { a: '' }, true],
    ['x.io/a=b', { 'x.io/a': 'b' }, true],
    ['n>3', { n: '4' }, true],
    ['component in (etcd,kube-apiserver),tier=control-plane', { component: 'etcd', tier: 'control-plane' }, true],
  ])('%s on %j is %s', (text, labels, expected) => expect(parseLabelSelector(text)(labels)).toBe(expected))

  it.each([
    ['a=b=c', "found '=', expected: ',' or 'end of string'"],
    ['a in b', "unable to parse requirement: found 'b' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',' or ')'"],
    ['=x', "found '=', expected: !, identifier, or 'end of string'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    ['a,', "found '', expected: identifier after ','"],
    ['a===b', "unable to parse requirement: found '=', expected: identifier"],
    ['a foo (b)', "unable to parse requirement: found 'foo', expected: in, notin, =, ==, !=, gt, lt"],
    ['a>x', `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators`],
    ['a=$', 'unable to parse requirement: values[0][a]: Invalid value: "$": a valid label must be an empty string'],
    ['$=a', 'unable to parse requirement: <nil>: Invalid value: "$": name part must consist of'],
  ])('refuses %s in the words of the real server', (text, problem) =>
    expect(() => parseLabelSelector(text)).toThrow(problem),
  )

  it('compiles a LabelSelector object', () => {
    const matches = labelSelectorMatcher({
      matchLabels: { a: '1' },
      matchExpressions: [{ key: 'b', operator: 'NotIn', values: ['x'] }],
    })
    expect(matches({ a: '1' })).toBe(true)
    expect(matches({ a: '1', b: 'x' })).toBe(false)
  })

  it('splits field selectors', () => {
    expect(parseFieldSelector('spec.nodeName=n1,status.phase!=Failed')).toEqual([
      { field: 'spec.nodeName', equal: true, value: 'n1' },
      { field: 'status.phase', equal: false, value: 'Failed' },
    ])
  })
})

describe('patches', () => {
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('merge patch of %j by %j (RFC 7386)', (target, patch, expected) =>
    expect(mergePatch(target, patch)).toEqual(expected),
  )

  it.each([
    [{}, { a: [{ b: null, c: [null, { d: null }] }] }, { a: [{ c: [null, {}] }] }],
    [{ a: ['x'] }, { a: [{ b: null }] }, { a: [{}] }],
    [{ a: {} }, { a: [{ b: null }] }, { a: [{ b: null }] }],
  ])('merge patch of %j by %j (as the real server reads nulls in lists)', (target, patch, expected) =>
    expect(mergePatch(target, patch)).toEqual(expected),
  )

  it('a diff applied gives what it was made from', () => {
    const value = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 3 },
        fc.integer(),
        fc.string(),
        fc.boolean(),
        fc.dictionary(fc.string({ maxLength: 3 }), tie('node')),
      ),
    })).node
    const object = fc.dictionary(fc.string({ maxLength: 3 }), value)
    fc.assert(
      fc.property(object, object, (before, after) => {
        const patch = diffMergePatch(before, after)
        expect(deepEqual(patch === undefined ? before : mergePatch(before, patch), after)).toBe(true)
      }),
    )
  })
})

describe('watch frames', () => {
  const events = fc.array(
    fc.record({
      type: fc.constantFrom('ADDED', 'MODIFIED', 'DELETED'),
      object: fc.record({ text: fc.string(), n: fc.integer() }),
    }),
    { minLength: 1 },
  )

  it('come out as they went in, however they are chunked', async () => {
    await fc.assert(
      fc.asyncProperty(events, fc.integer({ min: 1, max: 60 }), async (list, size) => {
        const bytes = batchOf(list.map((event) => watchEvent(event.type as 'ADDED', event.object))).bytes()
        async function* chunks(): AsyncGenerator<Uint8Array> {
          for (let at = 0; at < bytes.length;) {
            yield bytes.subarray(at, at + size)
            at += size
          }
        }
        const stream = decodeWatch(chunks(), () => {})
        const seen: unknown[] = []
        for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
          for (const { type, object } of batch.events) seen.push({ type, object })
        }
        expect(seen).toEqual(list)
      }),
    )
  })

  it('are not buffered without bound', () => {
    const splitter = new FrameSplitter()
    expect(() => {
      for (let i = 0; i < 20; i++) splitter.push(Buffer.alloc(1024 * 1024, 0x20))
    }).toThrow('larger than')
  })
})

describe('statuses', () => {
  it.each([
    [notFound({ group: '', resource: 'pods', name: 'p' }), 404, 'pods "p" not found'],
    [
      conflict({ group: 'cluster.x-k8s.io', resource: 'machines', name: 'm-0' }),
      409,
      'Operation cannot be fulfilled on machines.cluster.x-k8s.io "m-0": the object has been modified; please apply your changes to the latest version and try again',
    ],
    [tooOldResourceVersion(1200, 5310), 410, 'too old resource version: 1200 (5310)'],
    [
      invalid({ group: '', kind: 'Pod' }, 'p', [invalidValue('spec.x', 3, 'too many')]),
      422,
      'Pod "p" is invalid: spec.x: Invalid value: 3: too many',
    ],
  ])('%s', (error, code, message) => {
    expect(error.code).toBe(code)
    expect(error.message).toBe(message)
  })
})

describe('x509Pki', () => {
  it('issues certificates that the authority signed, with user and groups', async () => {
    const pki = x509Pki(() => Date.UTC(2026, 0, 1))
    const authority = await pki.createAuthority('kubernetes')
    const client = new X509Certificate(
      (await pki.issueClient(authority, 'kubernetes-admin', ['system:masters', 'b'])).cert,
    )
    const server = new X509Certificate(
      (await pki.issueServer(authority, 'kube-apiserver', { dns: ['localhost'], ips: ['127.0.0.1'] })).cert,
    )
    const ca = new X509Certificate(authority.cert)
    expect(client.verify(ca.publicKey) && client.checkIssued(ca)).toBe(true)
    expect(certificateUser(client)).toMatchObject({ user: 'kubernetes-admin', groups: ['system:masters', 'b'] })
    expect(certificateUser(client).fingerprint).toMatch(/^[0-9a-f]{64}$/)
    expect(server.checkIP('127.0.0.1')).toBe('127.0.0.1')
  })
})

describe('kubeconfig', () => {
  it('reads what it wrote', () => {
    const facts = { name: 'c', server: 'https://127.0.0.1:1', ca: 'CA', user: 'u', cert: 'C', key: 'K' }
    expect(readKubeconfig(writeKubeconfig(facts))).toEqual(facts)
  })

  it('kubeconfigs name files, relative to theirs; credentials of other programs are refused', () => {
    const directory = mkdtempSync(join(tmpdir(), 'kubeconfig-'))
    writeFileSync(join(directory, 'client.crt'), 'the certificate')
    writeFileSync(join(directory, 'client.key'), 'the key')
    const config = (user: object): string =>
      JSON.stringify({
        'current-context': 'x',
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1', 'insecure-skip-tls-verify': true } }],
        users: [{ name: 'u', user }],
      })
    const files = { 'client-certificate': 'client.crt', 'client-key': 'client.key' }
    expect(readKubeconfig(config(files), directory)).toMatchObject({
      cert: 'the certificate',
      key: 'the key',
      ca: '',
      insecure: true,
    })
    expect(() => readKubeconfig(config({ exec: { command: 'aws', apiVersion: 'v1' } }))).toThrow('another program')
    rmSync(directory, { recursive: true })
  })
})
