/** Bad input costs nothing that stays: the heap after many bad requests is the heap after few. */
import { Agent, request } from 'node:https'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { protobufType } from '../../src/kube/types/protobuf.ts'
import { eventually, socketWorld, type SocketWorld } from '../sockets.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const cm = '/api/v1/namespaces/default/configmaps'
const json = 'application/json'
const bad: readonly (readonly [method: string, path: string, type: string, body: string | Buffer, code: number])[] = [
  ['POST', cm, json, '{"metadata":', 400],
  ['POST', cm, json, `{"a":${'['.repeat(50_000)}`, 400],
  ['POST', cm, json, '{"metadata":{"name":"../../etc/passwd"}}', 422],
  ['POST', cm, protobufType, Buffer.from('6b3873000a0f0a02', 'hex'), 400],
  ['PATCH', `${cm}/x`, 'text/plain', 'x', 415],
  ['GET', `${cm}?labelSelector=%28%28`, json, '', 400],
  ['GET', `${cm}?limit=1&continue=%28`, json, '', 400],
  ['GET', '/apis/nope.dev/v1/nopes', json, '', 404],
  ['PATCH', `${cm}/none?fieldManager=m`, 'application/apply-patch+yaml', '{"a": [}', 400],
]

function send(world: SocketWorld, agent: Agent, [method, path, type, body]: (typeof bad)[number]): Promise<number> {
  return new Promise((resolve, reject) => {
    const { port, ca, admin } = world
    const headers = { 'content-type': type }
    const call = request({ host: '127.0.0.1', port, method, path, agent, headers, ca: ca.cert, ...admin })
    call.on('error', reject)
    call.on('response', (response) => {
      response.resume()
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    call.end(body)
  })
}

/** What is no request at all: garbage, half a handshake, nothing. */
const knock = (port: number, bytes: Buffer): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port }, () => {
      if (bytes.length > 0) socket.write(bytes)
      setImmediate(() => socket.destroy())
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })

it('leaves nothing in the heap', async () => {
  await using world = await socketWorld()
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const round = async (): Promise<number> => {
    for (let i = 0; i < 100; i++) {
      const codes = await Promise.all(bad.map((each) => send(world, agent, each)))
      expect(codes).toEqual(bad.map((each) => each[4]))
      await knock(world.port, Buffer.from([0x16, 0x03, 0x01].slice(0, i % 4)))
    }
    await eventually(() => world.proxy.connectionCount <= 4)
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  await round() // compiles, fills caches
  const before = await round()
  const after = await round()
  agent.destroy()
  // A kilobyte kept of each of a thousand requests would be seen.
  expect(after - before).toBeLessThan(512 * 1024)
}, 60_000)
