import { connect as http2Connect } from 'node:http2'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as tlsConnect } from 'node:tls'
import { Duplex } from 'node:stream'
import { promisify } from 'node:util'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RealClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { keyedRandom } from '../src/base/random.ts'
import { Site } from '../src/cli/site.ts'
import { noPlants } from '../src/cli/plants.ts'
import { FeedJournal } from '../src/journal/feed.ts'
import { controlTypes, encodeFrame, finFlag, FrameReader, type Frame } from '../src/kube/spdy/frames.ts'
import { HeaderCodec } from '../src/kube/spdy/header-block.ts'
import { writeKubeconfig } from '../src/kube/kubeconfig.ts'
import { x509Pki, type KeyPair } from '../src/kube/pki.ts'
import { grpcIdentity } from '../src/provider/etcd/grpc.ts'
import { realNodeTimings } from '../src/provider/machines/node-lifecycle.ts'

const clock = new RealClock()
const pki = x509Pki(() => clock.wallMs())
let site: Site
let port: number
let ca: KeyPair
let etcdCa: KeyPair
let admin: KeyPair
let etcdClient: KeyPair

beforeAll(async () => {
  site = new Site({
    clock,
    random: keyedRandom(1),
    log: silentLog,
    journal: new FeedJournal(clock),
    nodeTimings: realNodeTimings,
    plants: noPlants,
    sockets: { firstPort: 23_000 + ((process.pid * 7) % 2_000), mayFreeze: () => false },
  })
  ca = await pki.createAuthority('kubernetes')
  etcdCa = await pki.createAuthority('etcd-ca')
  admin = await pki.issueClient(ca, 'kubernetes-admin', ['system:masters'])
  etcdClient = await pki.issueClient(etcdCa, 'cluster-api.x-k8s.io', [])
  const names = { dns: ['localhost'], ips: ['127.0.0.1'] }
  const cluster = site.dataCenter.ensureCluster({
    namespace: 'default',
    name: 'c',
    labels: {},
    identity: async () => ({ serving: await pki.issueServer(ca, 'kube-apiserver', names), clientCa: ca.cert }),
    etcdIdentity: async (node) => grpcIdentity(await pki.issueServer(etcdCa, `etcd-${node}`, names), etcdCa.cert),
  })
  port = (await site.publisher.reserve('default/c')).port
  const none = { duration: 0, jitter: 0 }
  const delays = { vm: none, node: none, etcd: none, apiServer: none }
  for (const name of ['a', 'b', 'x'])
    cluster.ensureMachine({ name, role: 'control-plane', version: 'v1.35.0', labels: {}, delays })
  while (site.proxy?.listeners.length !== 1 || cluster.etcd.members.length < 3)
    await new Promise((r) => setTimeout(r, 10))
})
afterAll(() => site[Symbol.asyncDispose]())

const members = (): readonly { id: string; name: string; leader: boolean }[] =>
  site.dataCenter.cluster('default/c')?.etcd.members ?? []

/** A request that asks for another protocol. Resolves with the answer's head and the connection; rejects for any other answer. */
function upgraded(pod: string, headers: Record<string, string>): Promise<{ head: IncomingMessage; socket: Duplex }> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path: `/api/v1/namespaces/kube-system/pods/${pod}/portforward?timeout=10s`,
      method: headers['upgrade'] === 'websocket' ? 'GET' : 'POST',
      headers: { connection: 'Upgrade', ...headers },
      ca: ca.cert,
      ...admin,
      agent: false,
    })
    asked.once('upgrade', (head, socket) => resolve({ head, socket }))
    asked.once('response', (answer) => reject(new Error(`answered ${answer.statusCode}`)))
    asked.once('error', reject)
    asked.end()
  })
}

/** Opens a pod's port over SPDY. `error` resolves with what the error stream said. */
async function forward(pod: string, podPort: number): Promise<{ data: Duplex; error: Promise<string> }> {
  const { socket: transport } = await upgraded(pod, {
    upgrade: 'SPDY/3.1',
    'x-stream-protocol-version': 'portforward.k8s.io',
  })
  const [codec, reader] = [new HeaderCodec(), new FrameReader()]
  const send = (frame: Frame): void => void transport.write(encodeFrame(frame))
  const failed = Promise.withResolvers<string>()
  let problem = ''
  const data = new Duplex({
    read() {},
    write: (chunk: Buffer, _encoding, done) => {
      send({ kind: 'data', stream: 3, flags: 0, payload: chunk })
      done()
    },
    destroy: (_error, done) => {
      transport.destroy()
      done(null)
    },
  })
  transport.on('data', (chunk: Buffer) => {
    for (const frame of reader.push(chunk)) {
      if (frame.kind === 'control') {
        if (frame.type === controlTypes.rstStream) data.destroy()
        continue
      }
      const fin = (frame.flags & finFlag) !== 0
      if (frame.stream === 1) {
        problem += frame.payload.toString()
        if (fin) failed.resolve(problem)
      } else {
        if (frame.payload.length > 0) data.push(frame.payload)
        if (fin) data.push(null)
      }
    }
  })
  transport.on('error', () => {})
  for (const [id, type] of [
    [1, 'error'],
    [3, 'data'],
  ] as const) {
    const head = Buffer.alloc(10)
    head.writeUInt32BE(id)
    const block = await codec.encode({ streamType: type, port: String(podPort), requestID: '0' })
    send({
      kind: 'control',
      type: controlTypes.synStream,
      flags: type === 'error' ? finFlag : 0,
      payload: Buffer.concat([head, block]),
    })
  }
  return { data, error: failed.promise }
}

/** One unary call over a forwarded port. */
async function call(
  node: string,
  method: string,
  request: Uint8Array = Buffer.alloc(0),
  credentials: KeyPair | undefined = etcdClient,
) {
  const { data } = await forward(`etcd-${node}`, 2379)
  const tls = tlsConnect({
    socket: data,
    ca: etcdCa.cert,
    ...credentials,
    ALPNProtocols: ['h2'],
    checkServerIdentity: () => undefined,
  })
  tls.on('error', () => {})
  const session = http2Connect(`https://etcd-${node}`, { createConnection: () => tls })
  return new Promise<{ status: string; message: string; body: Buffer; certificate: string }>((resolve, reject) => {
    session.on('error', reject)
    session.on('close', () => reject(new Error('the connection ended')))
    const stream = session.request({
      ':method': 'POST',
      ':path': method,
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const head = Buffer.alloc(5)
    head.writeUInt32BE(request.length, 1)
    stream.end(Buffer.concat([head, request]))
    const chunks: Buffer[] = []
    const found: Record<string, unknown> = {}
    stream.on('response', (headers) => void Object.assign(found, headers))
    stream.on('trailers', (headers) => void Object.assign(found, headers))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('end', () => {
      const certificate = /^CN=(.*)$/m.exec(tls.getPeerX509Certificate()?.subject ?? '')?.[1] ?? ''
      resolve({
        status: String(found['grpc-status']),
        message: decodeURIComponent(String((found['grpc-message'] as string | undefined) ?? '')),
        body: Buffer.concat(chunks).subarray(5),
        certificate,
      })
      session.destroy()
      data.destroy()
    })
  })
}

const idRequest = (id: string): Buffer => {
  const bytes: number[] = [8]
  for (let left = BigInt(`0x${id}`); ; left >>= 7n) {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0))
    if (left <= 0x7fn) return Buffer.from(bytes)
  }
}

/** Names in a MemberListResponse. */
function memberNames(body: Buffer): string[] {
  const names: string[] = []
  const reader = new BinaryReader(body)
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag()
    if (field !== 2 || wire !== WireType.LengthDelimited) {
      reader.skip(wire, field)
      continue
    }
    const member = new BinaryReader(reader.bytes())
    while (member.pos < member.len) {
      const [inner, innerWire] = member.tag()
      if (inner === 2) names.push(member.string())
      else member.skip(innerWire, inner)
    }
  }
  return names
}

describe('port-forward', () => {
  it('to etcd: the member on that node answers with its own certificate', async () => {
    const answer = await call('b', '/etcdserverpb.Cluster/MemberList')
    expect([answer.status, answer.certificate]).toEqual(['0', 'etcd-b'])
    expect(memberNames(answer.body)).toEqual(['a', 'b', 'x'])
    expect((await call('a', '/etcdserverpb.Maintenance/Status')).status).toBe('0')
    expect((await call('a', '/etcdserverpb.KV/Range')).status).toBe('12')
  })

  it('to etcd: leadership moves by the leader alone, and a member is removed for good', async () => {
    const leader = members().find((member) => member.leader)
    const [other] = members().filter((member) => !member.leader)
    const request = idRequest(other?.id ?? '')
    expect(await call(other?.name ?? '', '/etcdserverpb.Maintenance/MoveLeader', request)).toMatchObject({
      status: '9',
      message: 'etcdserver: not leader',
    })
    expect((await call(leader?.name ?? '', '/etcdserverpb.Maintenance/MoveLeader', request)).status).toBe('0')
    expect(members().find((member) => member.leader)?.name).toBe(other?.name)
    const removed = await call(other?.name ?? '', '/etcdserverpb.Cluster/MemberRemove', idRequest(leader?.id ?? ''))
    expect(memberNames(removed.body)).not.toContain(leader?.name)
    const { error } = await forward(`etcd-${leader?.name}`, 2379)
    expect(await error).toContain('connection refused')
    expect((await call(other?.name ?? '', '/etcdserverpb.Cluster/MemberRemove', idRequest('ffff'))).status).toBe('5')
  })

  it('to etcd: who shows no certificate of its authority gets no answer', async () => {
    const answer = await call('b', '/etcdserverpb.Cluster/MemberList', undefined, admin).catch(() => undefined)
    expect(answer?.status ?? 'undefined').toBe('undefined')
  })

  it('to an API server, which shows its serving certificate', async () => {
    const { data } = await forward('kube-apiserver-b', 6443)
    const tls = tlsConnect({ socket: data, ca: ca.cert, checkServerIdentity: () => undefined })
    await new Promise((resolve, reject) => tls.once('secureConnect', resolve).once('error', reject))
    expect(tls.getPeerCertificate().subject.CN).toBe('kube-apiserver')
    tls.destroy()
    data.destroy()
  })

  it('to a port where nothing listens says so on the error stream; to a pod that is not there, 404', async () => {
    const { error } = await forward('etcd-b', 1234)
    expect(await error).toContain('error forwarding port 1234 to pod')
    await expect(forward('etcd-nobody', 2379)).rejects.toThrow('answered 404')
  })

  it('over WebSocket: the same frames in binary messages, under the name that clients ask for', async () => {
    const { head, socket } = await upgraded('etcd-b', {
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io',
    })
    expect(head.headers['sec-websocket-protocol']).toBe('SPDY/3.1+portforward.k8s.io')
    const ping = encodeFrame({ kind: 'control', type: controlTypes.ping, flags: 0, payload: Buffer.from([0, 0, 0, 1]) })
    const mask = Buffer.alloc(4) // of zeros: the payload stays as it is
    socket.write(Buffer.concat([Buffer.from([0x82, 0x80 + ping.length]), mask, ping]))
    const echoed = await new Promise<Buffer>((resolve) => socket.once('data', resolve))
    expect(echoed).toEqual(Buffer.concat([Buffer.from([0x82, ping.length]), ping]))
    socket.destroy()
    await expect(
      upgraded('etcd-b', { upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'eA==' }),
    ).rejects.toThrow('answered 400')
  })

  it('passes the faults of its cluster', async () => {
    const { httpError } = await import('../src/faults/kinds/http-error.ts')
    site.engine.arm({
      id: 'f',
      fault: 'f',
      kind: httpError,
      spec: { code: 503, shape: 'status' },
      clusters: ['default/c'],
      machines: [],
      matches: ({ request }) => request.subresource === 'portforward',
      streams: 'both',
      sample: undefined,
      priority: 0,
      lease: 60_000,
    })
    await expect(forward('etcd-b', 2379)).rejects.toThrow('answered 503')
    site.engine.healAll('heal')
  })

  it('serves kubectl port-forward', async ({ skip }) => {
    const run = promisify(execFile)
    if (
      !(await run('kubectl', ['version', '--client']).then(
        () => true,
        () => false,
      ))
    )
      skip('kubectl is not installed')
    const directory = mkdtempSync(join(tmpdir(), 'forward-'))
    const kubeconfig = join(directory, 'kubeconfig')
    writeFileSync(
      kubeconfig,
      writeKubeconfig({ name: 'c', server: `https://127.0.0.1:${port}`, ca: ca.cert, user: 'admin', ...admin }),
    )
    const child = spawn('kubectl', [
      '--kubeconfig',
      kubeconfig,
      '-n',
      'kube-system',
      'port-forward',
      'pod/kube-apiserver-b',
      ':6443',
    ])
    try {
      const local = await new Promise<number>((resolve, reject) => {
        child.stdout.on('data', (text: Buffer) => {
          const found = /127\.0\.0\.1:(\d+)/.exec(text.toString())
          if (found !== null) resolve(Number(found[1]))
        })
        child.stderr.on('data', (text: Buffer) => reject(new Error(text.toString())))
      })
      const answer = await run('curl', [
        '-sS',
        '--fail',
        '--cacert',
        writtenTo(directory, ca.cert),
        `https://127.0.0.1:${local}/version`,
      ])
      expect(answer.stdout).toContain('capstorm')
    } finally {
      child.kill()
      rmSync(directory, { recursive: true })
    }
  })
})

function writtenTo(directory: string, text: string): string {
  const path = join(directory, 'ca.crt')
  writeFileSync(path, text)
  return path
}
