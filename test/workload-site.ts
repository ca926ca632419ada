/** One workload cluster of three control-plane nodes behind the real proxy, on sockets; and what its clients do. */
import { connect as http2Connect } from 'node:http2'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { Duplex } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import { RealClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { keyedRandom } from '../src/base/random.ts'
import { Site } from '../src/cli/site.ts'
import { noPlants } from '../src/cli/plants.ts'
import { FeedJournal } from '../src/journal/feed.ts'
import { x509Pki, type KeyPair } from '../src/kube/pki.ts'
import { controlTypes, encodeFrame, finFlag, FrameReader, type Frame } from '../src/kube/spdy/frames.ts'
import { HeaderCodec } from '../src/kube/spdy/header-block.ts'
import type { EtcdMember } from '../src/provider/etcd/etcd-cluster.ts'
import { grpcIdentity } from '../src/provider/etcd/grpc.ts'
import { realNodeTimings } from '../src/provider/machines/node-lifecycle.ts'
import type { WorkloadCluster } from '../src/provider/workload-cluster.ts'

let nextPort = 23_000 + ((process.pid * 7) % 2_000)

export class WorkloadSite implements AsyncDisposable {
  readonly site: Site
  readonly cluster: WorkloadCluster
  readonly port: number
  readonly ca: KeyPair
  readonly admin: KeyPair
  readonly #etcdCa: KeyPair
  readonly #etcdClient: KeyPair

  private constructor(
    site: Site,
    cluster: WorkloadCluster,
    port: number,
    keys: { ca: KeyPair; admin: KeyPair; etcdCa: KeyPair; etcdClient: KeyPair },
  ) {
    this.site = site
    this.cluster = cluster
    this.port = port
    this.ca = keys.ca
    this.admin = keys.admin
    this.#etcdCa = keys.etcdCa
    this.#etcdClient = keys.etcdClient
  }

  /** Resolves when the cluster `default/c` serves and its three nodes are members of etcd. */
  static async open(): Promise<WorkloadSite> {
    const clock = new RealClock()
    const pki = x509Pki(() => clock.wallMs())
    const site = new Site({
      clock,
      random: keyedRandom(1),
      log: silentLog,
      journal: new FeedJournal(clock),
      nodeTimings: realNodeTimings,
      plants: noPlants,
      sockets: { firstPort: nextPort++, mayFreeze: () => false },
    })
    const ca = await pki.createAuthority('kubernetes')
    const etcdCa = await pki.createAuthority('etcd-ca')
    const admin = await pki.issueClient(ca, 'kubernetes-admin', ['system:masters'])
    const etcdClient = await pki.issueClient(etcdCa, 'cluster-api.x-k8s.io', [])
    const names = { dns: ['localhost'], ips: ['127.0.0.1'] }
    const cluster = site.dataCenter.ensureCluster({
      namespace: 'default',
      name: 'c',
      labels: {},
      identity: async () => ({ serving: await pki.issueServer(ca, 'kube-apiserver', names), clientCa: ca.cert }),
      etcdIdentity: async (node) => grpcIdentity(await pki.issueServer(etcdCa, `etcd-${node}`, names), etcdCa.cert),
    })
    const { port } = await site.publisher.reserve('default/c')
    const none = { duration: 0, jitter: 0 }
    const delays = { vm: none, node: none, etcd: none, apiServer: none }
    for (const name of ['a', 'b', 'x'])
      cluster.ensureMachine({ name, role: 'control-plane', version: 'v1.35.0', labels: {}, delays })
    while (site.proxy?.listeners.length !== 1 || cluster.etcd.members.length < 3)
      await new Promise((r) => setTimeout(r, 10))
    return new WorkloadSite(site, cluster, port, { ca, admin, etcdCa, etcdClient })
  }

  get members(): readonly EtcdMember[] {
    return this.cluster.etcd.members
  }

  /** A request that asks for another protocol. Resolves with the answer's head and the connection; rejects for any other answer. */
  upgraded(pod: string, headers: Record<string, string>): Promise<{ head: IncomingMessage; socket: Duplex }> {
    return new Promise((resolve, reject) => {
      const asked = request({
        host: '127.0.0.1',
        port: this.port,
        path: `/api/v1/namespaces/kube-system/pods/${pod}/portforward?timeout=10s`,
        method: headers['upgrade'] === 'websocket' ? 'GET' : 'POST',
        headers: { connection: 'Upgrade', ...headers },
        ca: this.ca.cert,
        ...this.admin,
        agent: false,
      })
      asked.once('upgrade', (head, socket) => resolve({ head, socket }))
      asked.once('response', (answer) => reject(new Error(`answered ${answer.statusCode}`)))
      asked.once('error', reject)
      asked.end()
    })
  }

  /** Opens a pod's port over SPDY. `error` resolves with what the error stream said. */
  async forward(pod: string, podPort: number): Promise<{ data: Duplex; error: Promise<string> }> {
    const { socket: transport } = await this.upgraded(pod, {
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
  async etcd(
    node: string,
    method: string,
    request: Uint8Array = Buffer.alloc(0),
    credentials: KeyPair | undefined = this.#etcdClient,
  ) {
    const { data } = await this.forward(`etcd-${node}`, 2379)
    const tls = tlsConnect({
      socket: data,
      ca: this.#etcdCa.cert,
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

  [Symbol.asyncDispose](): Promise<void> {
    return this.site[Symbol.asyncDispose]()
  }
}

/** A request about the member of that id. */
export const idRequest = (id: string): Buffer => {
  const bytes: number[] = [8]
  for (let left = BigInt(`0x${id}`); ; left >>= 7n) {
    bytes.push(Number(left & 0x7fn) | (left > 0x7fn ? 0x80 : 0))
    if (left <= 0x7fn) return Buffer.from(bytes)
  }
}
