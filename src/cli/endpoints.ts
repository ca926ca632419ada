/** Addresses for clusters: on the proxy's sockets, or in a rehearsal's table. Both keep the ledger that a soak balances. */
import { connect, createServer } from 'node:net'
import { pipeline } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import type { FaultEngine } from '../faults/engine.ts'
import { SimulatedListener } from '../faults/simulated-network.ts'
import type { Handler } from '../kube/handler.ts'
import { PortPool } from '../proxy/port-pool.ts'
import type { RequestTotals } from '../proxy/request-totals.ts'
import type { OpenListener, ProxyServer } from '../proxy/server.ts'
import type { EndpointPublisher, ServingIdentity } from '../provider/endpoints.ts'

export interface ListenerLedger {
  readonly cluster: string
  readonly port: number
}

export interface LedgeredPublisher extends EndpointPublisher {
  readonly listeners: readonly ListenerLedger[]
}

export interface PublisherOptions {
  readonly engine: FaultEngine
  readonly totals: RequestTotals
  readonly clock: Clock
  /** A deliberate bug: listeners of deleted clusters stay. */
  readonly leakListeners: boolean
}

const loopback = '127.0.0.1'

export function socketPublisher({
  engine,
  totals,
  clock,
  leakListeners,
  proxy,
  host = loopback,
  bind = host,
  firstPort,
}: PublisherOptions & {
  readonly proxy: ProxyServer
  readonly host?: string
  readonly bind?: string
  readonly firstPort: number
}): LedgeredPublisher {
  const pool = new PortPool(clock, firstPort)
  const reserved = new Map<string, number>()
  const open = new Map<string, OpenListener>()
  return {
    get listeners() {
      return proxy.listeners
    },
    async reserve(cluster, wanted) {
      let port = reserved.get(cluster)
      if (port === undefined) {
        port = pool.take(wanted)
        while (!(await isFree(port, bind))) port = pool.take() // somebody else's: it stays taken here too
        reserved.set(cluster, port)
      }
      return { host, port }
    },
    async open(cluster, handler, identity: ServingIdentity) {
      const port = reserved.get(cluster)
      if (port === undefined || open.has(cluster)) return
      const endpoint = { cluster, handler: engine.around(cluster, totals.around(cluster, handler)) }
      open.set(cluster, await proxy.listen({ endpoint, host: bind, port, ...identity }))
    },
    attach(cluster, stream) {
      const port = reserved.get(cluster)
      if (port === undefined) return void stream.destroy()
      const socket = connect({ host: bind === '0.0.0.0' ? loopback : bind, port })
      pipeline(stream, socket, stream, () => {}) // either end's failure ends both
    },
    async close(cluster) {
      const listener = open.get(cluster)
      open.delete(cluster)
      if (!leakListeners) await listener?.close()
    },
    async release(cluster) {
      const port = reserved.get(cluster)
      reserved.delete(cluster)
      if (port !== undefined && !leakListeners) pool.release(port)
    },
  }
}

/** Binds and lets go: the only way to know. */
export function isFree(port: number, host = loopback): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

/** A port that the system picked and that nobody has now. */
export function anyFreePort(): Promise<number> {
  return new Promise((done, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, loopback, () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}

export interface SimulatedPublisher extends LedgeredPublisher {
  find(port: number): SimulatedListener | undefined
}

export function simulatedPublisher({ engine, totals, clock, leakListeners }: PublisherOptions): SimulatedPublisher {
  const pool = new PortPool(clock)
  const reserved = new Map<string, number>()
  const open = new Map<number, { cluster: string; listener: SimulatedListener }>()
  return {
    get listeners() {
      return [...open].map(([port, { cluster }]) => ({ cluster, port }))
    },
    find: (port) => open.get(port)?.listener,
    async reserve(cluster, wanted) {
      let port = reserved.get(cluster)
      if (port === undefined) reserved.set(cluster, (port = pool.take(wanted)))
      return { host: loopback, port }
    },
    async open(cluster, handler: Handler) {
      const port = reserved.get(cluster)
      if (port === undefined || open.has(port)) return
      open.set(port, {
        cluster,
        listener: new SimulatedListener(engine, cluster, engine.around(cluster, totals.around(cluster, handler))),
      })
    },
    attach: (_cluster, stream) => void stream.destroy(), // a rehearsal has no sockets
    async close(cluster) {
      const port = reserved.get(cluster)
      if (port === undefined || leakListeners) return
      open.get(port)?.listener.close()
      open.delete(port)
    },
    async release(cluster) {
      const port = reserved.get(cluster)
      reserved.delete(cluster)
      if (port !== undefined && !leakListeners) pool.release(port)
    },
  }
}
