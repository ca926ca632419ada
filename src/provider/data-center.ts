/**
 * The simulated data centre: all workload clusters of this process and the machines in them. It is the fault
 * engine's Infrastructure, and the ledger that a soak balances. It knows nothing of the journal: observers see what
 * happens here only through its API, which keeps verdicts honest.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { sleep, type Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { builtInResources } from '../apiserver/resources/catalogue.ts'
import type { Defer } from '../apiserver/event-log.ts'
import { ResourceRegistry } from '../apiserver/registry.ts'
import type { ClusterFacts, Impairment, Infrastructure, MachineFacts } from '../faults/infrastructure.ts'
import type { EndpointPublisher, ServingIdentity } from './endpoints.ts'
import { GrpcServer, type GrpcIdentity } from './etcd/grpc.ts'
import type { Machine } from './machines/machine.ts'
import { realNodeTimings, type NodeTimings } from './machines/node-lifecycle.ts'
import { WorkloadCluster } from './workload-cluster.ts'

export interface DataCenterOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly endpoints: EndpointPublisher
  readonly defer: Defer
  readonly trusted: boolean
  readonly timings?: NodeTimings
  readonly keepNodes?: boolean
  /** A directory that keeps what workload clusters hold across restarts: one folder each. */
  readonly data?: string | undefined
}

export interface ClusterSpec {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Called whenever the cluster has to begin listening: certificates are made then. */
  readonly identity: () => Promise<ServingIdentity>
  /** Called once for each etcd member that somebody connects to. */
  readonly etcdIdentity: (node: string) => Promise<GrpcIdentity>
}

/** Between two attempts to publish a cluster, whose authority may not be readable yet: milliseconds, doubled each time. */
const publishRetry = 1_000
const publishRetryMax = 30_000

export class DataCenter implements Infrastructure {
  readonly #options: DataCenterOptions
  readonly #registry = new ResourceRegistry(builtInResources)
  readonly #clusters = new Map<string, WorkloadCluster>()
  readonly #bootListeners = new Set<(machine: MachineFacts) => void>()
  readonly #machineListeners = new Set<(machine: Machine) => void>()
  readonly #serving = new Map<string, Promise<void>>()
  /** The latest order for each cluster's address; the next one ends its attempts. */
  readonly #orders = new Map<string, AbortController>()
  #grpc: GrpcServer | undefined

  constructor(options: DataCenterOptions) {
    this.#options = options
  }

  get workloadClusters(): IterableIterator<WorkloadCluster> {
    return this.#clusters.values()
  }

  cluster(id: string): WorkloadCluster | undefined {
    return this.#clusters.get(id)
  }

  clusters(): readonly ClusterFacts[] {
    return [...this.#clusters.values()].map((cluster) => cluster.facts)
  }

  machines(): readonly MachineFacts[] {
    return [...this.#clusters.values()]
      .flatMap((cluster) => [...cluster.machines])
      .filter((machine) => !machine.vanished)
  }

  impair(target: MachineFacts, impairment: Impairment): Disposable {
    const machine = this.#clusters.get(target.cluster)?.machine(target.name)
    return machine === undefined ? { [Symbol.dispose]() {} } : machine.impair(impairment)
  }

  onBoot(listener: (machine: MachineFacts) => void): Disposable {
    this.#bootListeners.add(listener)
    return { [Symbol.dispose]: () => void this.#bootListeners.delete(listener) }
  }

  /** Called whenever a machine's state has changed. */
  onMachineChange(listener: (machine: Machine) => void): void {
    this.#machineListeners.add(listener)
  }

  ensureCluster(spec: ClusterSpec): WorkloadCluster {
    const id = `${spec.namespace}/${spec.name}`
    const existing = this.#clusters.get(id)
    if (existing !== undefined) return existing
    const {
      clock,
      random,
      log,
      defer,
      trusted,
      timings = realNodeTimings,
      keepNodes = false,
      endpoints,
    } = this.#options
    const etcdIdentities = new Map<string, Promise<GrpcIdentity>>()
    const cluster: WorkloadCluster = new WorkloadCluster({
      id,
      namespace: spec.namespace,
      name: spec.name,
      labels: spec.labels,
      clock,
      random,
      log,
      registry: this.#registry,
      defer,
      trusted,
      timings,
      keepNodes,
      data: this.#dataOf(id),
      connect: (stream) => endpoints.attach(id, stream),
      grpc: () => (this.#grpc ??= new GrpcServer()),
      etcdIdentity: (node) => {
        const identity = etcdIdentities.get(node) ?? spec.etcdIdentity(node)
        etcdIdentities.set(node, identity)
        identity.catch(() => etcdIdentities.delete(node))
        return identity
      },
      serve: (serving) => this.#serve(cluster, serving, spec.identity),
      onMachineChange: (machine) => {
        for (const listener of this.#machineListeners) listener(machine)
      },
      onBoot: (machine) => {
        for (const listener of this.#bootListeners) listener(machine)
      },
    })
    this.#clusters.set(id, cluster)
    return cluster
  }

  async deleteCluster(id: string): Promise<void> {
    const cluster = this.#clusters.get(id)
    this.#clusters.delete(id)
    cluster?.close()
    await this.#unpublish(id)
    const data = this.#dataOf(id)
    if (data !== undefined) rmSync(data, { recursive: true, force: true })
  }

  /** Lets go of everything; what is on disk stays. */
  async close(): Promise<void> {
    for (const [id, cluster] of this.#clusters) {
      cluster.close()
      await this.#unpublish(id)
    }
    this.#clusters.clear()
  }

  async #unpublish(id: string): Promise<void> {
    this.#orders.get(id)?.abort()
    this.#orders.delete(id)
    await this.#serving.get(id)
    this.#serving.delete(id)
    await this.#options.endpoints.close(id)
    await this.#options.endpoints.release(id)
  }

  #dataOf(id: string): string | undefined {
    const { data } = this.#options
    return data === undefined ? undefined : join(data, id.replace('/', '_')) // names have no underscore
  }

  /** Opening and closing of one address follow one another, whatever their order of arrival costs. */
  #serve(cluster: WorkloadCluster, serving: boolean, identity: ClusterSpec['identity']): void {
    const { clock, endpoints, log } = this.#options
    const { id } = cluster
    this.#orders.get(id)?.abort()
    const order = new AbortController()
    this.#orders.set(id, order)
    const open = async (): Promise<void> => {
      let pause = publishRetry
      while (!order.signal.aborted && this.#clusters.get(id) === cluster) {
        try {
          const own = await identity()
          cluster.server.publishRootCa(own.clientCa)
          return await endpoints.open(id, cluster.handler, own)
        } catch (error) {
          log.error({ err: error, cluster: id }, 'a workload cluster could not be published: trying again')
          await sleep(clock, pause, order.signal).catch(() => {})
          pause = Math.min(2 * pause, publishRetryMax)
        }
      }
    }
    const next = (this.#serving.get(id) ?? Promise.resolve()).then(() => (serving ? open() : endpoints.close(id)))
    this.#serving.set(
      id,
      next.catch((error: unknown) =>
        log.error({ err: error, cluster: id }, 'a workload cluster could not be unpublished'),
      ),
    )
  }
}
