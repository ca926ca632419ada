import { describe, expect, it } from 'vitest'
import { protobufType } from '../../kube/types/protobuf.ts'
import { testServer } from '../testing.ts'

const aggregated = 'g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

describe('what is no resource', () => {
  it('is read alone, in the types that there are', async () => {
    const { call } = testServer()
    for (const path of ['/version', '/api', '/api/v1', '/apis/apps/v1', '/openid/v1/jwks'])
      for (const method of ['POST', 'DELETE', 'HEAD'])
        expect({ path, status: (await call(method, path)).status }).toEqual({ path, status: 405 })
    const refused = await call('GET', '/version', { headers: { accept: 'application/yaml' } })
    expect(refused.status).toBe(406)
    expect(refused.headers['content-type']).toBe('application/yaml')
    expect((await call('GET', '/apis', { headers: { accept: 'text/html' } })).body.message).toBe(
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    )
    expect((await call('GET', '/api/v1', { headers: { accept: 'text/html' } })).body.message).toBe(
      '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    )
    expect((await call('GET', '/openid/v1/jwks', { headers: { accept: '*/*' } })).headers['content-type']).toBe(
      'application/jwk-set+json',
    )
  })

  it('is unknown to a router where there is one, else to nobody', async () => {
    const { call } = testServer()
    for (const path of ['/version/x', '/api/v2', '/apis/apps/v2'])
      expect((await call('GET', path)).body).toMatchObject({ reason: 'NotFound', code: 404 })
    for (const path of ['/nope', '/apis/nope', '/apis/nope/v1', '/metrics/'])
      expect((await call('GET', path)).body).toEqual({ text: '404 page not found\n' })
  })

  it('lists every path that is answered', async () => {
    const { call } = testServer()
    const { paths } = (await call('GET', '/')).body as unknown as { paths: string[] }
    expect(paths).toEqual([...paths].sort())
    for (const path of paths) {
      const accept = path === '/openid/v1/jwks' || path === '/openapi/v3/' ? '*/*' : 'application/json'
      const { status } = await call('GET', path, { headers: { accept } })
      expect({ path, status }).toEqual({ path, status: path === '/openapi/v3/' ? 404 : 200 })
    }
  })

  it('counts requests under the names that dashboards ask for', async () => {
    const { call, clock, server } = testServer()
    const maps = '/api/v1/namespaces/default/configmaps'
    await call('POST', `${maps}?dryRun=All`, { body: { metadata: { name: 'a' } } })
    await call('GET', maps)
    await call('DELETE', `${maps}/a`)
    const headers = { 'content-type': 'application/apply-patch+yaml' }
    const applied = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }
    await call('PATCH', `${maps}/a?fieldManager=m`, { body: applied, headers })
    const { reply } = await call('GET', `${maps}?watch=1`)
    const text = async (): Promise<string> => String((await call('GET', '/metrics')).body['text'])
    const of = (scope: string, verb: string, dryRun = ''): string =>
      `component="apiserver",dry_run="${dryRun}",group="",resource="configmaps",scope="${scope}",subresource="",verb="${verb}",version="v1"`
    const open =
      'apiserver_longrunning_requests{component="apiserver",group="",resource="configmaps",scope="namespace",subresource="",verb="WATCH",version="v1"} 1\n'
    const lines = await text()
    for (const line of [
      `apiserver_request_total{code="201",${of('resource', 'POST', 'All')}} 1`,
      `apiserver_request_total{code="200",${of('namespace', 'LIST')}} 1`,
      `apiserver_request_total{code="404",${of('resource', 'DELETE')}} 1`,
      `apiserver_request_total{code="201",${of('resource', 'APPLY')}} 1`,
      `apiserver_request_duration_seconds_bucket{${of('namespace', 'LIST')},le="0.005"} 1`,
      `apiserver_request_duration_seconds_bucket{${of('namespace', 'LIST')},le="+Inf"} 1`,
      `apiserver_request_duration_seconds_sum{${of('namespace', 'LIST')}} 0`,
      'apiserver_current_inflight_requests{request_kind="readOnly"} 1',
      open.trim(),
    ])
      expect(lines).toContain(`${line}\n`)
    if (reply.body.kind === 'watch') reply.body.stream.close()
    expect(await text()).not.toContain(open)
    expect([server.watchCount, clock.now()]).toEqual([0, 0])
  })

  it('begins to count anew when its metrics are deleted', async () => {
    const { call } = testServer()
    await call('GET', '/version')
    const text = async (): Promise<string> => String((await call('GET', '/metrics')).body['text'])
    expect(await text()).toContain('apiserver_request_total{')
    expect((await call('DELETE', '/metrics')).body).toEqual({ text: 'metrics reset\n' })
    expect(await text()).not.toContain('verb="GET",version="v1"')
  })
})

describe('health', () => {
  it('is told check by check', async () => {
    const { call } = testServer()
    const text = async (path: string): Promise<unknown> => (await call('GET', path)).body['text']
    expect(await text('/livez/ping')).toBe('ok')
    expect(await text('/readyz/poststarthook/rbac/bootstrap-roles')).toBe('ok')
    expect((await call('GET', '/livez/shutdown')).status).toBe(404)
    expect((await call('GET', '/readyz/shutdown')).status).toBe(200)
    const verbose = String(await text('/readyz?verbose&exclude=etcd&exclude=nope'))
    expect(verbose).toContain('[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\n[+]etcd-readiness ok\n')
    expect(verbose).toMatch(
      /warn: some health checks cannot be excluded: no matches for "nope"\nreadyz check passed\n$/,
    )
  })
})

describe('discovery', () => {
  it('comes all at once where asked, and not again while it is the same', async () => {
    const { call } = testServer()
    const accept = `application/json;${aggregated},application/json`
    const all = await call('GET', '/apis', { headers: { accept } })
    expect(all.headers['content-type']).toBe(`application/json;${aggregated}`)
    expect(all.body).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' })
    const etag = String(all.headers['etag'])
    expect((await call('GET', '/apis', { headers: { accept, 'if-none-match': etag } })).status).toBe(304)
    expect((await call('GET', '/apis')).body['kind']).toBe('APIGroupList')
  })

  it('is in YAML and in protobuf, too', async () => {
    const { call } = testServer()
    const yaml = await call('GET', '/apis/apps', { headers: { accept: 'application/yaml' } })
    expect(yaml.body['text']).toMatch(/^apiVersion: v1\nkind: APIGroup\nname: apps\n/)
    for (const [accept, type] of [
      [protobufType, protobufType],
      [`${protobufType};${aggregated}`, `${protobufType};${aggregated}`],
    ] as const) {
      const answer = await call('GET', '/apis', { headers: { accept } })
      expect(answer.headers['content-type']).toBe(type)
      expect(String(answer.body['text']).slice(0, 3)).toBe('k8s')
    }
    const { reply } = await call('GET', '/apis/policy/v1', { headers: { accept: protobufType } })
    const bytes = reply.body.kind === 'value' ? reply.body.value.bytes() : Buffer.alloc(0)
    // Verbs are a message of their own: field 4 of a resource, with the verbs as field 1.
    expect(bytes.toString('latin1')).toContain('"C\n\x06create\n\x06delete')
  })

  it('names the groups by their priority', async () => {
    const { call } = testServer()
    const { groups } = (await call('GET', '/apis')).body as unknown as { groups: { name: string }[] }
    const names = groups.map(({ name }) => name)
    expect(names.slice(0, 3)).toEqual(['apiregistration.k8s.io', 'apps', 'events.k8s.io'])
    expect(names.at(-1)).toBe('example.dev')
  })
})
