import { describe, expect, it } from 'vitest'
import { keyedRandom } from '../../base/random.ts'
import { SimClock } from '../../base/sim-clock.ts'
import { ResourceRegistry } from '../registry.ts'
import { builtInResources } from '../resources/catalogue.ts'
import { ApiServer } from '../server.ts'
import { call, testServer } from '../testing.ts'

const hour = 3_600_000

describe('housekeeping', () => {
  it('gives every namespace a default service account, again when it is deleted', async () => {
    const { call, clock } = testServer()
    await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } })
    await clock.advance(1)
    const path = '/api/v1/namespaces/n/serviceaccounts/default'
    const first = await call('GET', path)
    expect(first.status).toBe(200)
    await call('DELETE', path)
    await clock.advance(1)
    const second = await call('GET', path)
    expect(second.status).toBe(200)
    expect(second.body['metadata']).not.toMatchObject({ uid: (first.body['metadata'] as { uid: string }).uid })
  })

  it('shows where the API server is, as a Service of the default namespace', async () => {
    const { call, clock } = testServer()
    await clock.advance(1)
    const { body } = await call('GET', '/api/v1/namespaces/default/services/kubernetes')
    expect(body['spec']).toMatchObject({ clusterIP: '10.96.0.1', ports: [{ port: 443, targetPort: 6443 }] })
  })

  it('puts the authority’s certificate into every namespace, again when somebody changes it', async () => {
    const { call, clock, server } = testServer()
    server.publishRootCa('PEM')
    await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } })
    await clock.advance(1)
    for (const namespace of ['default', 'n']) {
      const path = `/api/v1/namespaces/${namespace}/configmaps/kube-root-ca.crt`
      expect((await call('GET', path)).body['data']).toEqual({ 'ca.crt': 'PEM' })
      const headers = { 'content-type': 'application/merge-patch+json' }
      await call('PATCH', path, { headers, body: { data: { 'ca.crt': 'other' } } })
      await clock.advance(1)
      expect((await call('GET', path)).body['data']).toEqual({ 'ca.crt': 'PEM' })
    }
  })

  it('tells other servers whose certificates clients have', async () => {
    const { call, server } = testServer()
    await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'kube-system' } } })
    server.publishRootCa('PEM')
    const path = '/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication'
    expect((await call('GET', path)).body['data']).toEqual({ 'client-ca-file': 'PEM' })
  })

  it('lets events go an hour after they were last seen', async () => {
    const { call, clock } = testServer()
    const path = '/api/v1/namespaces/default/events'
    const involvedObject = { kind: 'Node', name: 'n' }
    await call('POST', path, { body: { metadata: { name: 'e' }, involvedObject } })
    await clock.advance(hour / 2)
    const lastTimestamp = new Date(clock.wallMs()).toISOString()
    await call('PATCH', `${path}/e`, {
      body: { lastTimestamp },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    await clock.advance(hour / 2 + 600_000)
    expect((await call('GET', `${path}/e`)).status).toBe(200)
    await clock.advance(hour / 2)
    expect((await call('GET', `${path}/e`)).status).toBe(404)
  })

  it('removes bootstrap tokens when they expire', async () => {
    const { call, clock } = testServer()
    const expiration = new Date(clock.wallMs() + hour).toISOString()
    const path = '/api/v1/namespaces/default/secrets'
    await call('POST', path, {
      body: { metadata: { name: 't' }, type: 'bootstrap.kubernetes.io/token', stringData: { expiration } },
    })
    await clock.advance(hour - 1_000)
    expect((await call('GET', `${path}/t`)).status).toBe(200)
    await clock.advance(2_000)
    expect((await call('GET', `${path}/t`)).status).toBe(404)
    // What is no time has passed.
    await call('POST', path, {
      body: { metadata: { name: 't' }, type: 'bootstrap.kubernetes.io/token', stringData: { expiration: 'never' } },
    })
    await clock.advance(1)
    expect((await call('GET', `${path}/t`)).status).toBe(404)
  })
})

describe('limits', () => {
  it('answer 429 above the requests in flight, and count what was answered', async () => {
    const server = new ApiServer({
      name: 'limited',
      clock: new SimClock(),
      random: keyedRandom(1),
      registry: new ResourceRegistry(builtInResources),
      defer: queueMicrotask,
      inFlightMax: 1,
    })
    const [first, second] = await Promise.all([
      call(server.handler, 'GET', '/api/v1/nodes'),
      call(server.handler, 'GET', '/api/v1/nodes'),
    ])
    expect([first.status, second.status]).toEqual([200, 429])
    expect(second.headers['retry-after']).toBe('1')
    const { text } = (await call(server.handler, 'GET', '/metrics')).body
    expect(text).toContain(
      'apiserver_request_total{code="429",component="apiserver",dry_run="",group="",resource="nodes",scope="cluster",subresource="",verb="LIST",version="v1"} 1',
    )
  })

  it('give every answer an audit id, the client’s own where it has one', async () => {
    const { call } = testServer()
    const [first, second] = [await call('GET', '/version'), await call('GET', '/version')]
    expect(first.headers['audit-id']).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(second.headers['audit-id']).not.toBe(first.headers['audit-id'])
    expect((await call('GET', '/version', { headers: { 'audit-id': 'mine' } })).headers['audit-id']).toBe('mine')
  })
})
