import { describe, expect, it } from 'vitest'
import { testServer, type CallOptions } from './testing.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const events = '/api/v1/namespaces/default/events'
const table = { headers: { accept: 'application/json;as=Table;g=meta.k8s.io;v=v2' } }

const made = async (count = 3): Promise<ReturnType<typeof testServer>> => {
  const api = testServer()
  for (let index = 0; index < count; index++)
    await api.call('POST', maps, { body: { metadata: { name: `m${index}`, labels: { n: String(index) } } } })
  return api
}

describe('what a list asks for is looked at in the real order', () => {
  it.each<[string, number, string, CallOptions?]>([
    ['?limit=', 400, 'strconv.ParseInt: parsing "": invalid syntax'],
    ['?limit=99999999999999999999', 400, 'strconv.ParseInt: parsing "99999999999999999999": value out of range'],
    ['?limit=x&timeoutSeconds=y&labelSelector=a>b', 400, 'strconv.ParseInt: parsing "y": invalid syntax'],
    ['?labelSelector=a in x&fieldSelector=a', 400, "unable to parse requirement: found 'x' expected: '('"],
    ['?fieldSelector=a', 400, "invalid selector: 'a'; can't understand 'a'"],
    ['?fieldSelector=a=b=c', 400, 'invalid field selector: unescaped character in value: 61'],
    ['?fieldSelector=a=\\x', 400, 'invalid field selector: invalid escape sequence: \\x'],
    ['?fieldSelector=a=b\\', 400, 'invalid field selector: invalid escape sequence: \\'],
    ['?sendInitialEvents=&fieldSelector=a=b', 422, 'sendInitialEvents is forbidden for list'],
    ['?fieldSelector=a=b', 400, '"a" is not a known field selector: only "metadata.name", "metadata.namespace"'],
    ['?continue=e30&resourceVersion=x', 400, 'server does not recognize this encoded version'],
    ['?resourceVersion=18446744073709551616', 400, 'parsing "18446744073709551616": value out of range'],
    ['?limit=x', 406, 'only the following media types are accepted', table],
    ['?resourceVersion=1&resourceVersionMatch=Exact', 200, ''],
  ])('%s is %i %s', async (query, status, message, options) => {
    const { call } = await made(0)
    const answer = await call('GET', `${maps}${query.replaceAll('\\', '%5C')}`, options)
    expect([answer.status, answer.body.message ?? '']).toEqual([status, expect.stringContaining(message)])
  })

  it('a field selector takes what is behind a backslash as it is', async () => {
    const { call } = await made()
    const names = async (query: string): Promise<unknown> =>
      ((await call('GET', `${maps}?fieldSelector=${encodeURIComponent(query)}`)).body['items'] as object[]).length
    expect(await names('metadata.name!=m\\,0')).toBe(3)
    expect(await names('metadata.name!=m0,metadata.name!=m1,')).toBe(1)
    expect(await names('metadata.name==m\\=0')).toBe(0)
  })

  it('services are selected by type and address, jobs by the pods that succeeded', async () => {
    const { call } = testServer()
    const items = async (path: string): Promise<unknown[]> => (await call('GET', path)).body['items'] as unknown[]
    const services = '/api/v1/namespaces/default/services'
    await call('POST', services, { body: { metadata: { name: 's' }, spec: { clusterIP: 'None' } } })
    expect(await items(`${services}?fieldSelector=spec.clusterIP=None,spec.type=ClusterIP`)).toHaveLength(1)
    expect(await items(`${services}?fieldSelector=spec.type=NodePort`)).toEqual([])
    expect((await call('GET', `${services}?fieldSelector=a=b`)).body.message).toBe('field label not supported: a')
    expect(await items('/apis/batch/v1/jobs?fieldSelector=status.successful=0')).toEqual([])
  })

  it('a page of a version is of just that version', async () => {
    const { call, server } = await made()
    const before = server.store.revision
    await call('POST', maps, { body: { metadata: { name: 'later' } } })
    const seen = async (query: string): Promise<number> =>
      ((await call('GET', `${maps}?${query}`)).body['items'] as unknown[]).length
    expect(await seen(`resourceVersion=${before}`)).toBe(4)
    expect(await seen(`resourceVersion=${before}&limit=10`)).toBe(3)
    expect(await seen(`resourceVersion=${before}&limit=10&resourceVersionMatch=NotOlderThan`)).toBe(4)
    expect(await seen(`resourceVersion=0&limit=1`)).toBe(4)
  })

  it('a list of no metadata is null', async () => {
    const { call } = await made(0)
    const headers = { accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' }
    expect((await call('GET', maps, { headers })).body['items']).toBeNull()
    expect((await call('GET', maps)).body['items']).toEqual([])
  })
})

it.each([
  [`${maps}/m0?resourceVersion=x`, 500, 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x"'],
  [`${maps}/none?resourceVersion=9999`, 504, 'Timeout: Too large resource version: 9999, current: '],
  [`${events}/none?resourceVersion=x`, 400, 'invalid resource version: resourceVersion: Invalid value: "x"'],
  [`${maps}/m0?export=1`, 400, 'the export parameter, deprecated since v1.14, is no longer supported'],
  [`${maps}/m0?export=false&limit=x&resourceVersion=1`, 200, ''],
])('GET %s is %i %s', async (url, status, message) => {
  const { call } = await made()
  const answer = await call('GET', url)
  expect([answer.status, answer.body.message ?? '']).toEqual([status, expect.stringContaining(message)])
})

describe('how a deletion is meant', () => {
  const unread = "couldn't get version/kind; json parse error: json: cannot unmarshal"
  const field = (got: string, name: string): string => `json: cannot unmarshal ${got} into Go struct field ${name}`
  it.each<[string, number, string]>([
    ['[]', 400, `${unread} array into Go value of type struct`],
    ['5', 400, `${unread} number into Go value of type struct`],
    ['{"apiVersion":1}', 400, `${unread} number into Go struct field .apiVersion of type string`],
    ['{"apiVersion":"a/b/c"}', 400, 'unexpected GroupVersion string: a/b/c'],
    ['{"apiVersion":"v1","kind":"Pod"}', 400, 'no kind "Pod" is registered for version "v1"'],
    ['{"apiVersion":"v1","kind":"Status"}', 400, 'converting (v1.Status) to (v1.DeleteOptions): unknown conversion'],
    ['{"dryRun":"All"}', 400, field('string', 'DeleteOptions.dryRun of type []string')],
    ['{"gracePeriodSeconds":1.5}', 400, field('number 1.5', 'DeleteOptions.gracePeriodSeconds of type int64')],
    ['{"preconditions":{"uid":1}}', 400, field('number', 'Preconditions.preconditions.uid of type types.UID')],
    ['{"propagationPolicy":""}', 422, 'propagationPolicy: Unsupported value: "": supported values: "Foreground"'],
    ['null', 200, ''],
    ['{"kind":"","apiVersion":"foo/v1","preconditions":{"uid":null},"unknown":1}', 200, ''],
  ])('%s is %i %s', async (text, status, message) => {
    const { call, server } = await made()
    const before = server.store.revision
    const answer = await call('DELETE', `${maps}/m0?gracePeriodSeconds=counts-without-body-only`, { text })
    expect([answer.status, answer.body.message ?? '']).toEqual([status, expect.stringContaining(message)])
    expect(server.store.revision > before).toBe(status === 200)
  })

  it('all that is wrong is said at once', async () => {
    const { call } = await made()
    const { body } = await call('DELETE', `${maps}/m0?propagationPolicy=x&orphanDependents=&dryRun=All&dryRun=x`)
    expect(body.message).toBe(
      'DeleteOptions.meta.k8s.io "" is invalid: [propagationPolicy: Invalid value: "x": orphanDependents and deletionPropagation cannot be both set, propagationPolicy: Unsupported value: "x": supported values: "Foreground", "Background", "Orphan", "nil", dryRun: Unsupported value: ["All","x"]: supported values: "All"]',
    )
  })

  it('what is not gone yet is accepted where nothing is orphaned', async () => {
    const { call } = await made(0)
    await call('POST', maps, { body: { metadata: { name: 'held', finalizers: ['x.io/y'] } } })
    expect((await call('DELETE', `${maps}/held?orphanDependents=false`)).status).toBe(202)
    expect((await call('DELETE', `${maps}/held?propagationPolicy=Background`)).status).toBe(200)
  })

  it('a deleted collection is a page of it, if one is asked for', async () => {
    const { call } = await made()
    expect((await call('DELETE', `${maps}?limit=x`)).status).toBe(400)
    expect((await call('DELETE', `${maps}?sendInitialEvents=1`)).status).toBe(422)
    const { body } = await call('DELETE', `${maps}?limit=2`)
    expect(body['items']).toHaveLength(2)
    expect(body['metadata']).toMatchObject({ continue: expect.any(String) as string, remainingItemCount: 1 })
    expect((await call('GET', maps)).body['items']).toHaveLength(1)
  })
})
