/** What a server on a network has to survive: each bad request gets its 4xx, and the next good one is answered. */
import { request, type RequestOptions } from 'node:https'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { protobufType } from '../src/kube/types/protobuf.ts'
import { socketWorld, type SocketWorld } from './sockets.ts'

let world: SocketWorld
beforeAll(async () => {
  world = await socketWorld()
})
afterAll(() => world[Symbol.asyncDispose]())

interface Sent {
  readonly status: number
  readonly text: string
}

function send(
  method: string,
  path: string,
  body: Buffer | string = '',
  headers: RequestOptions['headers'] = {},
): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const { port, ca, admin } = world
    const call = request({
      host: '127.0.0.1',
      port,
      method,
      path,
      ca: ca.cert,
      ...admin,
      headers: { 'content-type': 'application/json', ...headers },
    })
    call.on('error', reject)
    call.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      )
      response.on('error', reject)
    })
    call.end(body)
  })
}

const cm = '/api/v1/namespaces/default/configmaps'
const merge = { 'content-type': 'application/merge-patch+json' }
const jsonPatch = { 'content-type': 'application/json-patch+json' }
const apply = { 'content-type': 'application/apply-patch+yaml' }
const deep = (levels: number): string => `{"metadata":{"name":"x"},"a":${'['.repeat(levels)}${']'.repeat(levels)}}`

describe('bad input', () => {
  it.each<[string, number, () => Promise<Sent>]>([
    [
      'protobuf that is cut off',
      400,
      () => send('POST', cm, Buffer.from('6b3873000a0f0a02', 'hex'), { 'content-type': protobufType }),
    ],
    ['protobuf that is none', 400, () => send('POST', cm, '{}', { 'content-type': protobufType })],
    ['JSON 100,000 levels deep', 400, () => send('POST', cm, deep(100_000))],
    ['a patch 100,000 levels deep', 400, () => send('PATCH', '/api/v1/nodes/n1', deep(100_000), merge)],
    ['an apply 100,000 levels deep', 400, () => send('PATCH', `${cm}/x?fieldManager=m`, deep(100_000), apply)],
    ['an alias of nothing', 400, () => send('PATCH', `${cm}/x?fieldManager=m`, 'a: *b', apply)],
    ['a JSON patch of nothing', 422, () => send('PATCH', '/api/v1/nodes/n1', '[null]', jsonPatch)],
    ['a JSON patch of numbers', 400, () => send('PATCH', '/api/v1/nodes/n1', '[{"op":"add","path":1}]', jsonPatch)],
    ['JSON that is cut off', 400, () => send('POST', cm, '{"metadata":')],
    ['a list for an object', 400, () => send('POST', cm, '[]')],
    [
      'a number beyond 64 bits where text belongs',
      400,
      () => send('POST', cm, `{"metadata":{"name":${'9'.repeat(400)}}}`),
    ],
    ['a patch that is no object', 400, () => send('PATCH', '/api/v1/nodes/n1', '5', merge)],
    ['a JSON patch that is no list', 400, () => send('PATCH', '/api/v1/nodes/n1', '{}', jsonPatch)],
    [
      'a content type that nobody knows',
      415,
      () => send('POST', cm, 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    ['an Accept that nothing fits', 406, () => send('GET', cm, '', { accept: 'image/png' })],
    ['a name with path segments', 422, () => send('POST', cm, '{"metadata":{"name":"../../etc/passwd"}}')],
    ['a path with segments of its own', 404, () => send('GET', `${cm}/..%2f..%2fsecrets`)],
    ['an escape that is none', 400, () => send('GET', `${cm}/%zz`)],
    ['a selector that cannot be read', 400, () => send('GET', `${cm}?labelSelector=%28%28`)],
    ['a field that is not selectable', 400, () => send('GET', `${cm}?fieldSelector=spec.x%3D1`)],
    ['a revision that is no number', 400, () => send('GET', `${cm}?resourceVersion=abc`)],
    ['a body of more than 3 MiB', 413, () => send('POST', cm, Buffer.alloc(3 * 1024 * 1024 + 1, 0x20))],
    ['a kind that does not exist', 404, () => send('GET', '/apis/nope.dev/v1/nopes')],
  ])('%s is answered %i', async (_what, status, attempt) => {
    const answer = await attempt()
    expect(answer.status, answer.text.slice(0, 300)).toBe(status)
    expect((await send('GET', '/livez')).text).toBe('ok')
  })

  it('of 100,000 header bytes is within the limit of a real server; of two million it is refused', async () => {
    expect((await send('GET', cm, '', { 'x-long': 'a'.repeat(100_000) })).status).toBe(200)
    const tooLong = await send('GET', cm, '', { 'x-long': 'a'.repeat(2_000_000) }).catch(
      (error: Error) => error.message,
    )
    // The answer may be overtaken by the end of the connection, which the client is still filling.
    expect(typeof tooLong === 'string' ? tooLong : tooLong.status).toSatisfy(
      (seen) => seen === 431 || /ECONNRESET|EPIPE|socket hang up/.test(String(seen)),
    )
    expect((await send('GET', '/livez')).text).toBe('ok')
  })

  it('that means something is taken as Go takes it', async () => {
    const twice = await send('POST', cm, '{"metadata":{"name":"twice"},"data":{"k":"1","k":"2"}}')
    expect(JSON.parse(twice.text)).toMatchObject({ data: { k: '2' } })
    const broken = await send(
      'POST',
      cm,
      Buffer.concat([
        Buffer.from('{"metadata":{"name":"utf8"},"data":{"k":"'),
        Buffer.from([0xff]),
        Buffer.from('"}}'),
      ]),
    )
    expect(JSON.parse(broken.text)).toMatchObject({ data: { k: '\ufffd' } })
    const proto = await send('POST', cm, '{"metadata":{"name":"proto"},"data":{"__proto__":"x"}}')
    expect(proto.text).toContain('"__proto__":"x"')
    expect(({} as Record<string, unknown>)['x']).toBeUndefined()
  })

  it('of 1,000 connections that never finish their handshake keeps nobody out', async () => {
    const sockets: Socket[] = []
    for (let i = 0; i < 1_000; i++) {
      const socket = connect({ host: '127.0.0.1', port: world.port })
      socket.on('error', () => {})
      if (i % 2 === 0) socket.write(Buffer.from([0x16, 0x03, 0x01]))
      sockets.push(socket)
    }
    try {
      expect((await send('GET', '/livez')).text).toBe('ok')
    } finally {
      for (const socket of sockets) socket.destroy()
    }
    expect((await send('GET', '/livez')).text).toBe('ok')
  })
})
