import { Agent, get as fetchPath, request } from 'node:https'
import { gunzipSync } from 'node:zlib'
import { connect as tcpConnect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { incident } from '../src/faults/testing.ts'
import { configMaps } from '../src/apiserver/resources/configmaps.ts'
import { Client } from '../src/kube/client.ts'
import type { KubeObject } from '../src/kube/object.ts'
import { x509Pki } from '../src/kube/pki.ts'
import { networkUpstream } from '../src/proxy/upstream.ts'
import { eventually, socketWorld, type SocketWorld } from './sockets.ts'

const nodes = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false }

function get(
  world: SocketWorld,
  path: string,
  options: { cert?: string; key?: string; headers?: Record<string, string>; agent?: Agent } = {},
): Promise<{ status: number; body: string; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const req = request(
      {
        host: '127.0.0.1',
        port: world.port,
        path,
        ca: world.ca.cert,
        agent: options.agent ?? false,
        headers: options.headers ?? {},
        ...(options.cert === undefined ? {} : { cert: options.cert, key: options.key }),
      },
      (res) => {
        let body = ''
        res.on('data', (chunk: Buffer) => (body += chunk.toString()))
        res.on('end', () => resolve({ status: res.statusCode ?? 0, body, headers: res.headers }))
      },
    )
    req.on('error', reject)
    req.end()
  })
}

describe('listener', () => {
  it('serves HTTP/1.1 and HTTP/2 on one port, to clients that the cluster’s CA signed', async () => {
    await using world = await socketWorld()
    expect((await get(world, '/api/v1/nodes/n1', world.admin)).status).toBe(200)
    expect(await world.client.get(nodes, '', 'n1')).toMatchObject({ metadata: { name: 'n1' } })
  })

  it('refuses strangers as the real server does', async () => {
    await using world = await socketWorld()
    const pki = x509Pki(() => Date.now())
    const stranger = await pki.issueClient(await pki.createAuthority('other'), 'kubernetes-admin', ['system:masters'])
    expect((await get(world, '/api/v1/nodes', stranger)).status).toBe(401)
    expect((await get(world, '/api/v1/nodes')).status).toBe(403)
    expect((await get(world, '/api/v1/nodes', { headers: { authorization: 'Bearer x' } })).status).toBe(401)
  })

  it('streams watch events as they happen, and lets go of the store when the client leaves', async () => {
    await using world = await socketWorld()
    const leave = new AbortController()
    const stream = await world.client.watch(nodes, { sendInitialEvents: true }, leave.signal)
    const first = await stream.next()
    expect(first?.events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK'])
    const next = stream.next()
    await world.client.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' } })
    expect((await next)?.events).toMatchObject([{ type: 'ADDED', object: { metadata: { name: 'n2' } } }])
    leave.abort()
    await eventually(() => world.server.watchCount === 0 && world.engine.streamCount === 0)
  })

  it('carries many large answers at once over one HTTP/2 connection', async () => {
    await using world = await socketWorld()
    const data = { text: 'x'.repeat(900_000) }
    for (let i = 0; i < 40; i++)
      world.server.store.create(configMaps, {
        ...{ apiVersion: 'v1', kind: 'ConfigMap', data },
        metadata: { name: `c${i}`, namespace: 'default' },
      })
    // Those that come while the others wait to be sent were refused with ENHANCE_YOUR_CALM.
    const first = Array.from({ length: 40 }, (_, i) => world.client.get(configMaps, 'default', `c${i}`))
    await new Promise(setImmediate)
    const later = Array.from({ length: 100 }, () => world.client.get(nodes, '', 'n1'))
    await expect(Promise.all([...first, ...later])).resolves.toHaveLength(140)
  })

  it('survives what is no TLS, half a handshake and a client that is gone at once', async () => {
    await using world = await socketWorld()
    for (let i = 0; i < 50; i++) {
      const socket = tcpConnect(world.port, '127.0.0.1')
      socket.on('error', () => {})
      if (i % 2 === 0) socket.write('GET / HTTP/1.1\r\n\r\n')
      else socket.destroy()
    }
    expect((await get(world, '/readyz')).status).toBe(200)
  })

  it('answers an upgrade that the API server does not serve with a Status', async () => {
    await using world = await socketWorld()
    const answer = await get(world, '/api/v1/namespaces/default/pods/p/portforward', {
      ...world.admin,
      headers: {
        connection: 'upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': 'eA==',
      },
    })
    expect(answer.status).toBe(404)
    expect(JSON.parse(answer.body)).toMatchObject({ kind: 'Status', code: 404 })
  })
})

describe('connection faults on sockets', () => {
  it('refuse: the port is closed, connections are reset, and healing opens it again', async () => {
    await using world = await socketWorld()
    await world.client.list(nodes)
    world.engine.arm(incident('conn.refuse'))
    await expect(world.client.list(nodes)).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNRE(FUSED|SET)/) as string,
    })
    await expect(get(world, '/readyz')).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    world.engine.heal('conn.refuse 1', 'scheduled')
    await eventually(() => world.proxy.listeners.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await world.client.list(nodes)
  })

  it('black hole: existing HTTP/2 and HTTP/1.1 connections go silent, pings included, and go on afterwards', async () => {
    await using world = await socketWorld({ mayFreeze: true })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await world.client.list(nodes)
    await get(world, '/readyz', { agent })
    world.engine.arm(incident('conn.blackhole'))
    let answered = 0
    const pending = [world.client.list(nodes), get(world, '/readyz', { agent })].map((work) =>
      work.then(() => answered++),
    )
    await new Promise((resolve) => setTimeout(resolve, 400))
    expect(answered).toBe(0)
    world.engine.heal('conn.blackhole 1', 'scheduled')
    await Promise.all(pending)
    expect(answered).toBe(2)
    agent.destroy()
  })

  it('black hole: a client that pings notices, gives the connection up and is silent on the next one too', async () => {
    await using world = await socketWorld({ mayFreeze: true, pingIdle: 200, pingTimeout: 200 })
    await world.client.list(nodes)
    world.engine.arm(incident('conn.blackhole'))
    const started = performance.now()
    await expect(world.client.list(nodes)).rejects.toThrow()
    expect(performance.now() - started).toBeLessThan(2_500)
    world.engine.heal('conn.blackhole 1', 'scheduled')
    await world.client.list(nodes)
  })

  it('reset after the answer: the write is done and the client does not know', async () => {
    await using world = await socketWorld()
    world.engine.arm(incident('conn.reset', { at: 'response' }))
    await expect(
      world.client.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'ambiguous' } }),
    ).rejects.toThrow()
    world.engine.heal('conn.reset 1', 'scheduled')
    expect(await world.client.get(nodes, '', 'ambiguous')).toBeDefined()
  })
})

describe('network upstream', () => {
  it('passes requests, answers, watches and cancellation through to a real API server', async () => {
    await using backend = await socketWorld()
    const upstream = networkUpstream({
      name: 'b',
      server: `https://127.0.0.1:${backend.port}`,
      ca: backend.ca.cert,
      user: 'a',
      ...backend.admin,
    })
    await using front = await socketWorld()
    const port = front.port + 2_000
    const pki = x509Pki(() => Date.now())
    const serving = await pki.issueServer(front.ca, 'proxy', { dns: ['localhost'], ips: ['127.0.0.1'] })
    await front.proxy.listen({
      endpoint: { cluster: 'management', handler: front.engine.around('management', upstream.handler) },
      host: '127.0.0.1',
      port,
      serving,
      clientCa: front.ca.cert,
    })
    const through = front.connect()
    void through
    const { networkHandler } = await import('../src/kube/network.ts')
    await using network = networkHandler({
      server: `https://127.0.0.1:${port}`,
      ca: front.ca.cert,
      ...front.admin,
      clock: front.clock,
    })
    const client = new Client({ handler: network.handler, clock: front.clock, userAgent: 'test' })
    expect((await client.list(nodes)).items.length).toBe(1)
    await client.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' } })
    await expect(client.get(nodes, '', 'missing')).rejects.toMatchObject({ code: 404, reason: 'NotFound' })
    const leave = new AbortController()
    const stream = await client.watch(nodes, { sendInitialEvents: true }, leave.signal)
    expect((await stream.next())?.events.length).toBeGreaterThan(0)
    await eventually(() => backend.server.watchCount === 1)
    leave.abort()
    await eventually(() => backend.server.watchCount === 0)
    for (let i = 0; i < 20; i++) await client.list(nodes)
    expect(backend.proxy.connectionCount).toBeLessThanOrEqual(3) // kept alive, not one a request
    front.engine.arm(incident('watch.expire', {}, { clusters: ['management'] }))
    const expired = await client.watch(nodes, { resourceVersion: '2' }, new AbortController().signal)
    expect((await expired.next())?.events).toMatchObject([{ type: 'ERROR', object: { code: 410 } }])
    upstream.close()
  })
})

describe('large answers', () => {
  it('are compressed for clients that take it, and for nobody else', async () => {
    await using world = await socketWorld()
    const data = { k: 'a'.repeat(200_000) }
    const big: KubeObject & { data: object } = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'big', namespace: 'default' },
      data,
    }
    await world.client.create(configMaps, big)
    const fetched = (headers: Record<string, string>): Promise<{ encoding: string | undefined; bytes: Buffer }> =>
      new Promise((resolve, reject) => {
        const path = '/api/v1/namespaces/default/configmaps/big'
        const options = { host: '127.0.0.1', port: world.port, path, ca: world.ca.cert, ...world.admin, headers }
        fetchPath(options, (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('end', () =>
            resolve({ encoding: response.headers['content-encoding'], bytes: Buffer.concat(chunks) }),
          )
        }).on('error', reject)
      })
    const plain = await fetched({})
    expect(plain.encoding).toBeUndefined()
    const small = await fetched({ 'accept-encoding': 'gzip' })
    expect(small.encoding).toBe('gzip')
    expect(small.bytes.length).toBeLessThan(10_000)
    expect(gunzipSync(small.bytes)).toEqual(plain.bytes)
  })
})
