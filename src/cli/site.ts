/**
 * What our provider is made of, without a management cluster: the fault engine, the proxy that carries it, the data
 * centre behind, and the provider's controllers, joined by real TLS sockets or handler to handler.
 */
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Defer } from '../apiserver/event-log.ts'
import { FaultEngine } from '../faults/engine.ts'
import { managementCluster } from '../faults/infrastructure.ts'
import { machineStriker } from '../faults/machine-faults.ts'
import type { Ledger } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { Client } from '../kube/client.ts'
import type { Handler } from '../kube/handler.ts'
import { placeholderPki, x509Pki, type Pki } from '../kube/pki.ts'
import { DataCenter } from '../provider/data-center.ts'
import type { NodeTimings } from '../provider/machines/node-lifecycle.ts'
import { Provider } from '../provider/provider.ts'
import { RequestTotals } from '../proxy/request-totals.ts'
import { ProxyServer } from '../proxy/server.ts'
import { controlEndpoint } from './control.ts'
import { simulatedPublisher, socketPublisher, type LedgeredPublisher, type SimulatedPublisher } from './endpoints.ts'
import { version } from './version.ts'

export interface SocketSettings {
  /** The address that clients use; loopback where absent. */
  readonly host?: string
  /** The address to listen on; `host` where absent. */
  readonly bind?: string
  readonly firstPort: number
  readonly mayFreeze: (cluster: string) => boolean
}

export interface SiteOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly journal: Journal
  readonly nodeTimings: NodeTimings
  /** Deliberate bugs. */
  readonly plants: { readonly keepNodes: boolean; readonly leakListeners: boolean }
  /** Real sockets from this port on, or none. */
  readonly sockets: SocketSettings | undefined
  /** A directory that keeps what the clusters hold across restarts. */
  readonly data?: string | undefined
}

/** How the provider names itself to a management cluster. */
export const providerAgent = `capstorm-provider/v${version}`

export class Site implements AsyncDisposable {
  readonly engine: FaultEngine
  readonly totals = new RequestTotals()
  readonly pki: Pki
  readonly dataCenter: DataCenter
  readonly publisher: LedgeredPublisher
  /** Undefined in a rehearsal. */
  readonly proxy: ProxyServer | undefined
  /** Set in a rehearsal. */
  readonly simulated: SimulatedPublisher | undefined
  /** When events of one turn travel. */
  readonly defer: Defer
  readonly #options: SiteOptions
  #provider: Provider | undefined

  constructor(options: SiteOptions) {
    this.#options = options
    const { clock, random, log, journal, sockets, plants, data } = options
    const { leakListeners, keepNodes } = plants
    this.defer = sockets === undefined ? queueMicrotask : (flush) => void setImmediate(flush)
    this.pki = sockets === undefined ? placeholderPki : x509Pki(() => clock.wallMs())
    // Machine faults strike the data centre, which needs the engine's addresses first.
    const strike = machineStriker(
      {
        clusters: () => this.dataCenter.clusters(),
        machines: () => this.dataCenter.machines(),
        impair: (machine, impairment) => this.dataCenter.impair(machine, impairment),
        onBoot: (listener) => this.dataCenter.onBoot(listener),
      },
      journal,
    )
    const { totals } = this
    const engine = new FaultEngine({ clock, random, journal, strikeMachines: strike })
    this.engine = engine
    if (sockets === undefined) {
      this.simulated = simulatedPublisher({ engine, totals, clock, leakListeners })
      this.publisher = this.simulated
    } else {
      const proxy = new ProxyServer({ engine, log, clock, mayFreeze: sockets.mayFreeze })
      this.proxy = proxy
      this.publisher = socketPublisher({ engine, totals, clock, leakListeners, proxy, ...sockets })
    }
    this.dataCenter = new DataCenter({
      clock,
      random,
      log,
      endpoints: this.publisher,
      defer: this.defer,
      trusted: sockets === undefined,
      timings: options.nodeTimings,
      keepNodes,
      data: data === undefined ? undefined : join(data, 'clusters'),
    })
  }

  /** Starts the provider's controllers on the management cluster behind `management`. */
  async startProvider(management: Handler, reconcileGate: number): Promise<void> {
    const { clock, random, log } = this.#options
    const { pki, dataCenter, publisher } = this
    // On sockets pings find dead connections; an answer that takes long is waited for, as controller-runtime does.
    const timeout = this.proxy === undefined ? {} : { timeout: 60_000 }
    const client = new Client({ handler: management, clock, userAgent: providerAgent, ...timeout })
    this.#provider = new Provider({ client, clock, random, log, pki, dataCenter, endpoints: publisher, reconcileGate })
    await this.#provider.start()
  }

  ledger(): Ledger {
    const clusters = [...this.dataCenter.workloadClusters]
    return {
      clusters: clusters.map((cluster) => cluster.id),
      listeners: this.publisher.listeners.filter(
        ({ cluster }) => cluster !== managementCluster && cluster !== controlEndpoint,
      ),
      machines: clusters.flatMap((cluster) =>
        [...cluster.machines].map(({ name, providerID }) => ({ cluster: cluster.id, name, providerID })),
      ),
      etcdMembers: clusters.flatMap((cluster) =>
        cluster.etcd.members.map(({ name }) => ({ cluster: cluster.id, name })),
      ),
      watchStreams: this.engine.streamCount,
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.engine.healAll('abort')
    await this.#provider?.[Symbol.asyncDispose]()
    await this.dataCenter.close()
    await this.proxy?.[Symbol.asyncDispose]()
  }
}
