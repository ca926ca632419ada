/** A real API server of ours behind the real proxy, for tests where the network is the point. */
import { RealClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { keyedRandom } from '../src/base/random.ts'
import { ResourceRegistry } from '../src/apiserver/registry.ts'
import { builtInResources } from '../src/apiserver/resources/catalogue.ts'
import { namespaces } from '../src/apiserver/resources/namespaces.ts'
import { nodes } from '../src/apiserver/resources/nodes.ts'
import { ApiServer } from '../src/apiserver/server.ts'
import { FaultEngine } from '../src/faults/engine.ts'
import { MemoryJournal } from '../src/journal/journal.ts'
import { Client } from '../src/kube/client.ts'
import { networkHandler, type NetworkHandler } from '../src/kube/network.ts'
import { x509Pki, type KeyPair } from '../src/kube/pki.ts'
import { ProxyServer } from '../src/proxy/server.ts'

export interface SocketWorld extends AsyncDisposable {
  readonly clock: RealClock
  readonly server: ApiServer
  readonly engine: FaultEngine
  readonly journal: MemoryJournal
  readonly proxy: ProxyServer
  readonly port: number
  readonly ca: KeyPair
  readonly admin: KeyPair
  readonly client: Client
  connect(credentials?: KeyPair): NetworkHandler
}

let nextPort = 28_500 + ((process.pid * 13) % 1_000)

export async function socketWorld(
  options: { mayFreeze?: boolean; pingIdle?: number; pingTimeout?: number } = {},
): Promise<SocketWorld> {
  const clock = new RealClock()
  const random = keyedRandom(1)
  const journal = new MemoryJournal(clock)
  const server = new ApiServer({
    name: 'sockets',
    clock,
    random,
    registry: new ResourceRegistry(builtInResources),
    defer: (flush) => void setImmediate(flush),
  })
  server.store.create(namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'default' },
    status: { phase: 'Active' },
  })
  server.store.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' }, spec: {}, status: {} })
  const engine = new FaultEngine({ clock, random, journal, strikeMachines: () => () => {} })
  const proxy = new ProxyServer({ engine, log: silentLog, clock, mayFreeze: () => options.mayFreeze === true })
  const pki = x509Pki(() => clock.wallMs())
  const ca = await pki.createAuthority('kubernetes')
  const serving = await pki.issueServer(ca, 'kube-apiserver', { dns: ['localhost'], ips: ['127.0.0.1'] })
  const admin = await pki.issueClient(ca, 'kubernetes-admin', ['system:masters'])
  let port = nextPort++
  for (;;) {
    try {
      await proxy.listen({
        endpoint: { cluster: 'c', handler: engine.around('c', server.handler) },
        host: '127.0.0.1',
        port,
        serving,
        clientCa: ca.cert,
      })
      break
    } catch {
      port = nextPort++
    }
  }
  const open: NetworkHandler[] = []
  const connect = (credentials: KeyPair | undefined = admin): NetworkHandler => {
    const handler = networkHandler({
      server: `https://127.0.0.1:${port}`,
      ca: ca.cert,
      ...(credentials.cert === '' ? {} : credentials),
      clock,
      ...(options.pingIdle === undefined
        ? {}
        : { pingIdle: options.pingIdle, pingTimeout: options.pingTimeout ?? 500 }),
    })
    open.push(handler)
    return handler
  }
  return {
    clock,
    server,
    engine,
    journal,
    proxy,
    port,
    ca,
    admin,
    client: new Client({ handler: connect().handler, clock, userAgent: 'test', timeout: 2_000 }),
    connect,
    async [Symbol.asyncDispose]() {
      engine.healAll('abort')
      for (const each of open) await each[Symbol.asyncDispose]()
      await proxy[Symbol.asyncDispose]()
      server.close()
    },
  }
}

export async function eventually(condition: () => boolean, ms = 5_000): Promise<void> {
  for (const deadline = performance.now() + ms; !condition();) {
    if (performance.now() > deadline) throw new Error('it never came true')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
