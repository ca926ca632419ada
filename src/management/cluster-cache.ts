/**
 * Connections to workload clusters: probe, disconnect, reconnect, and a live copy of the nodes.
 * Source: cluster-api controllers/clustercache.
 */
import { sleep, type Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { nodes as nodeKind } from '../apiserver/resources/nodes.ts'
import { Client } from '../kube/client.ts'
import type { Handler } from '../kube/handler.ts'
import { Informer } from '../kube/informer.ts'
import { readKubeconfig, type KubeconfigFacts } from '../kube/kubeconfig.ts'
import { objectKey, splitKey, type Condition, type KubeObject } from '../kube/object.ts'
import { isStatus } from '../kube/status.ts'
import { secretKind } from './context.ts'
import type { Cluster } from './kinds/types.ts'
import type { Timers } from './timers.ts'

export interface Node extends KubeObject {
  readonly spec?: {
    readonly providerID?: string
    readonly unschedulable?: boolean
    readonly taints?: readonly { readonly key: string; readonly effect: string }[]
  }
  readonly status?: { readonly conditions?: readonly Condition[]; readonly nodeInfo?: object }
}

/** A connection to one workload cluster, over sockets or not. */
export interface RemoteTransport {
  readonly handler: Handler
  close(): void
}

export type Dial = (cluster: string, kubeconfig: KubeconfigFacts) => RemoteTransport

export interface ClusterCacheOptions {
  /** To read kubeconfig Secrets. */
  readonly client: Client
  readonly dial: Dial
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly timers: Timers
  readonly userAgent: string
}

/** `probed`: a probe has failed, or succeeded after a failure. */
export type CacheEvent =
  { readonly type: 'connected' | 'disconnected' | 'probed' } | { readonly type: 'node'; readonly node: Node }

/** The cluster is known and not reachable now; what needs it has to wait. */
export class ClusterNotConnectedError extends Error {
  override readonly name = 'ClusterNotConnectedError'
}

interface Connected {
  readonly client: Client
  readonly nodes: Informer<Node>
  readonly transport: RemoteTransport
}

class Accessor {
  readonly stop = new AbortController()
  connected: Connected | undefined
  /** Wall time of the last probe that succeeded. */
  lastProbeSuccess: number | undefined
  failures = 0
  running: Promise<void> = Promise.resolve()
}

export class ClusterCache implements AsyncDisposable {
  readonly #options: ClusterCacheOptions
  readonly #accessors = new Map<string, Accessor>()
  readonly #listeners = new Set<(cluster: string, event: CacheEvent) => void>()

  constructor(options: ClusterCacheOptions) {
    this.#options = options
  }

  listen(listener: (cluster: string, event: CacheEvent) => void): void {
    this.#listeners.add(listener)
  }

  /** Starts or ends the connection as the Cluster says. */
  observe(change: 'added' | 'modified' | 'deleted', cluster: Cluster): void {
    const key = objectKey(cluster.metadata)
    if (change === 'deleted') {
      this.#accessors.get(key)?.stop.abort(new Error('the cluster is gone'))
      this.#accessors.delete(key)
    } else if (cluster.status?.initialization?.infrastructureProvisioned === true && !this.#accessors.has(key)) {
      const accessor = new Accessor()
      this.#accessors.set(key, accessor)
      accessor.running = this.#keep(key, accessor)
    }
  }

  isConnected(cluster: string): boolean {
    return this.#accessors.get(cluster)?.connected !== undefined
  }

  /** Throws {@link ClusterNotConnectedError} while there is no connection. */
  client(cluster: string): Client {
    return this.#require(cluster).client
  }

  nodes(cluster: string): Informer<Node> {
    return this.#require(cluster).nodes
  }

  lastProbeSuccess(cluster: string): number | undefined {
    return this.#accessors.get(cluster)?.lastProbeSuccess
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const accessors = [...this.#accessors.values()]
    this.#accessors.clear()
    for (const accessor of accessors) accessor.stop.abort(new Error('shutting down'))
    await Promise.all(accessors.map((accessor) => accessor.running))
  }

  #require(cluster: string): Connected {
    const connected = this.#accessors.get(cluster)?.connected
    if (connected === undefined)
      throw new ClusterNotConnectedError(`connection to the workload cluster ${cluster} is down`)
    return connected
  }

  async #keep(key: string, accessor: Accessor): Promise<void> {
    const { clock, timers, log } = this.#options
    const { signal } = accessor.stop
    while (!signal.aborted) {
      try {
        accessor.connected = await this.#connect(key, signal)
        accessor.failures = 0
        accessor.lastProbeSuccess = clock.wallMs()
        this.#tell(key, { type: 'connected' })
        await this.#probe(key, accessor, accessor.connected.client)
      } catch (error) {
        accessor.failures++
        if (!signal.aborted) log.debug({ err: error, cluster: key }, 'no connection to a workload cluster')
      }
      const connected = accessor.connected
      accessor.connected = undefined
      if (connected !== undefined) {
        await connected.nodes.close()
        connected.transport.close()
      }
      if (signal.aborted) return
      this.#tell(key, { type: connected === undefined ? 'probed' : 'disconnected' })
      await sleep(clock, timers.reconnectInterval, signal).catch(() => {})
    }
  }

  async #connect(key: string, signal: AbortSignal): Promise<Connected> {
    const { client, dial, clock, random, timers, userAgent } = this.#options
    const { namespace, name } = splitKey(key)
    const secret = await client.get<KubeObject & { data?: { value?: string } }>(
      secretKind,
      namespace,
      `${name}-kubeconfig`,
    )
    const transport = dial(key, readKubeconfig(Buffer.from(secret.data?.value ?? '', 'base64').toString('utf8')))
    try {
      const remote = new Client({ handler: transport.handler, clock, userAgent, timeout: timers.clientTimeout })
      await remote.raw('/', timers.probeTimeout)
      const nodes = new Informer<Node>({
        client: remote,
        kind: nodeKind,
        clock,
        random,
        name: `nodes of ${key}`,
        watchTimeout: timers.watchTimeout,
      })
      const onAbort = (): void => void nodes.close()
      signal.addEventListener('abort', onAbort, { once: true })
      const patience = clock.after(300_000, onAbort)
      try {
        await nodes.start()
      } finally {
        patience.cancel()
        signal.removeEventListener('abort', onAbort)
      }
      nodes.listen((_change, node) => this.#tell(key, { type: 'node', node }))
      return { client: remote, nodes, transport }
    } catch (error) {
      transport.close()
      throw error
    }
  }

  /** Returns when the connection is to be given up. */
  async #probe(key: string, accessor: Accessor, client: Client): Promise<void> {
    const { clock, timers } = this.#options
    for (;;) {
      await sleep(clock, timers.probeInterval, accessor.stop.signal)
      const failedBefore = accessor.failures > 0
      try {
        await client.raw('/', timers.probeTimeout)
        accessor.failures = 0
        accessor.lastProbeSuccess = clock.wallMs()
      } catch (error) {
        if (isStatus(error, 'Unauthorized')) return
        if (++accessor.failures >= timers.probeFailures) return
      }
      if (failedBefore || accessor.failures > 0) this.#tell(key, { type: 'probed' })
    }
  }

  #tell(cluster: string, event: CacheEvent): void {
    for (const listener of this.#listeners) listener(cluster, event)
  }
}
