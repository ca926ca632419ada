/**
 * The embedded world: management cluster, reference controllers, provider and fault engine, joined either by real
 * TLS sockets through the proxy or handler to handler under a simulated clock. Everything else is the same code.
 */
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { ApiServer } from '../apiserver/server.ts'
import type { Defer } from '../apiserver/event-log.ts'
import { FaultEngine } from '../faults/engine.ts'
import { managementCluster } from '../faults/infrastructure.ts'
import { machineStriker } from '../faults/machine-faults.ts'
import type { Ledger } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import { Client } from '../kube/client.ts'
import type { Peer } from '../kube/handler.ts'
import { placeholderPki, x509Pki, type Pki } from '../kube/pki.ts'
import type { Plants } from '../management/context.ts'
import { clusterApiResources } from '../management/kinds/catalogue.ts'
import { createManagementServer, ReferenceControllers } from '../management/management-cluster.ts'
import type { Timers } from '../management/timers.ts'
import { DataCenter } from '../provider/data-center.ts'
import { devClusters } from '../provider/kinds/dev-cluster.ts'
import { devMachines } from '../provider/kinds/dev-machine.ts'
import { devMachineTemplates } from '../provider/kinds/templates.ts'
import type { NodeTimings } from '../provider/machines/node-lifecycle.ts'
import { Provider, providerResources } from '../provider/provider.ts'
import { RequestTotals } from '../proxy/request-totals.ts'
import { ProxyServer } from '../proxy/server.ts'
import { controlEndpoint } from './control.ts'
import { simulatedPublisher, socketPublisher, type LedgeredPublisher } from './endpoints.ts'
import { managementIdentity } from './identity.ts'
import { installReleased, type Released } from './released/install.ts'
import { simulatedTransport, socketTransport, type ManagementAccess } from './transport.ts'

export interface EmbeddedOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly journal: Journal
  readonly timers: Timers
  readonly nodeTimings: NodeTimings
  readonly plants: Plants & { readonly leakListeners: boolean }
  /** Real sockets from this port on, or none. */
  readonly sockets: { readonly firstPort: number; readonly mayFreeze: (cluster: string) => boolean } | undefined
  /** A directory that keeps the objects of all clusters across restarts. */
  readonly data?: string | undefined
  /** Definitions and webhooks of released managers, which run beside us: then there are no reference controllers. */
  readonly released?: Released | undefined
}

/** Whoever calls an API server in this process, around the proxy, is its administrator. */
const insider: Peer = { certificate: { user: 'capstorm', groups: ['system:masters'] } }

export class EmbeddedWorld implements AsyncDisposable {
  readonly engine: FaultEngine
  readonly totals = new RequestTotals()
  readonly dataCenter: DataCenter
  readonly management: ApiServer
  readonly pki: Pki
  readonly #controllers: ReferenceControllers | undefined
  /** Undefined in a rehearsal. */
  readonly access: ManagementAccess | undefined
  readonly proxy: ProxyServer | undefined
  readonly #options: EmbeddedOptions
  readonly #publisher: LedgeredPublisher
  readonly #provider: Provider
  readonly #stack: AsyncDisposableStack

  static async start(options: EmbeddedOptions): Promise<EmbeddedWorld> {
    await using stack = new AsyncDisposableStack()
    const { clock, random, log, journal, sockets, plants, data, released } = options
    const defer: Defer = sockets === undefined ? queueMicrotask : (flush) => void setImmediate(flush)
    const pki = sockets === undefined ? placeholderPki : x509Pki(() => clock.wallMs())
    // Machine faults strike the data centre, which needs the engine's addresses first.
    const hosted: { dataCenter?: DataCenter } = {}
    const strike = machineStriker(
      {
        clusters: () => hosted.dataCenter?.clusters() ?? [],
        machines: () => hosted.dataCenter?.machines() ?? [],
        impair: (machine, impairment) => (hosted.dataCenter as DataCenter).impair(machine, impairment),
        onBoot: (listener) => (hosted.dataCenter as DataCenter).onBoot(listener),
      },
      journal,
    )
    const engine = new FaultEngine({ clock, random, journal, strikeMachines: strike })
    const totals = new RequestTotals()
    const proxy =
      sockets === undefined
        ? undefined
        : stack.use(new ProxyServer({ engine, log, clock, mayFreeze: sockets.mayFreeze }))
    const simulated = simulatedPublisher({ engine, totals, clock, leakListeners: plants.leakListeners })
    const publisher: LedgeredPublisher =
      proxy === undefined || sockets === undefined
        ? simulated
        : socketPublisher({
            engine,
            totals,
            clock,
            leakListeners: plants.leakListeners,
            proxy,
            firstPort: sockets.firstPort,
          })
    const management = createManagementServer({
      clock,
      random,
      log,
      defer,
      trusted: sockets === undefined,
      resources: released === undefined ? [...clusterApiResources, ...providerResources] : [],
      data,
    })
    stack.defer(() => management[Symbol.dispose]())
    const dataCenter = new DataCenter({
      clock,
      random,
      log,
      endpoints: publisher,
      defer,
      trusted: sockets === undefined,
      timings: options.nodeTimings,
      keepNodes: plants.keepNodes,
      data: data === undefined ? undefined : join(data, 'clusters'),
    })
    hosted.dataCenter = dataCenter
    const guarded = engine.around(managementCluster, totals.around(managementCluster, management.handler))
    const { handler, access, dial } =
      proxy === undefined
        ? simulatedTransport(engine, guarded, (port) => simulated.find(port))
        : await socketTransport(stack, clock, await managementIdentity(pki, data), publisher, management.handler)
    if (released !== undefined) {
      const client = new Client({ handler: management.handler, clock, userAgent: 'capstorm-up', peer: insider })
      await installReleased(client, released, (access as ManagementAccess).authority.cert)
    }
    const providerClient = new Client({ handler, clock, userAgent: 'capstorm-provider/v0.1.0' })
    const gate = options.timers.reconcileGate
    const provider = stack.use(
      new Provider({
        client: providerClient,
        clock,
        random,
        log,
        pki,
        dataCenter,
        endpoints: publisher,
        reconcileGate: gate,
      }),
    )
    const infrastructure = { cluster: devClusters, machine: devMachines, machineTemplate: devMachineTemplates }
    const controllers =
      released !== undefined
        ? undefined
        : stack.use(
            new ReferenceControllers({
              handler,
              dial,
              clock,
              random,
              log,
              pki,
              timers: options.timers,
              plants,
              infrastructure,
            }),
          )
    await Promise.all([provider.start(), controllers?.start()])
    return new EmbeddedWorld({
      options,
      engine,
      totals,
      dataCenter,
      management,
      pki,
      controllers,
      provider,
      access,
      proxy,
      publisher,
      stack: stack.move(),
    })
  }

  private constructor(parts: {
    options: EmbeddedOptions
    engine: FaultEngine
    totals: RequestTotals
    dataCenter: DataCenter
    management: ApiServer
    pki: Pki
    controllers: ReferenceControllers | undefined
    provider: Provider
    access: ManagementAccess | undefined
    proxy: ProxyServer | undefined
    publisher: LedgeredPublisher
    stack: AsyncDisposableStack
  }) {
    this.#options = parts.options
    this.engine = parts.engine
    this.totals = parts.totals
    this.dataCenter = parts.dataCenter
    this.management = parts.management
    this.pki = parts.pki
    this.#controllers = parts.controllers
    this.#provider = parts.provider
    this.access = parts.access
    this.proxy = parts.proxy
    this.#publisher = parts.publisher
    this.#stack = parts.stack
  }

  /** A client that no fault touches: observers and scenarios. */
  insideClient(userAgent: string): Client {
    return new Client({ handler: this.management.handler, clock: this.#options.clock, userAgent, peer: insider })
  }

  insideWorkloadClient(cluster: string, userAgent: string): Client | undefined {
    const handler = this.dataCenter.cluster(cluster)?.server.handler
    return handler === undefined
      ? undefined
      : new Client({ handler, clock: this.#options.clock, userAgent, peer: insider })
  }

  ledger(): Ledger {
    const clusters = [...this.dataCenter.workloadClusters]
    return {
      clusters: clusters.map((cluster) => cluster.id),
      listeners: this.#publisher.listeners.filter(
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
    await this.#controllers?.[Symbol.asyncDispose]()
    await this.#provider[Symbol.asyncDispose]()
    await this.dataCenter.close()
    await this.#stack.disposeAsync()
  }
}
