/**
 * One fake workload cluster: API server, etcd, machines. It listens from its first API server's start until none is
 * left, and answers with etcd's own errors while etcd has no quorum.
 */
import type { Duplex } from 'node:stream'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { Defer } from '../apiserver/event-log.ts'
import type { ResourceRegistry } from '../apiserver/registry.ts'
import { ApiServer } from '../apiserver/server.ts'
import { nodes } from '../apiserver/resources/nodes.ts'
import { leases } from '../apiserver/resources/leases.ts'
import { errorReply, statusReply, type Exchange, type Handler } from '../kube/handler.ts'
import type { KubeObject } from '../kube/object.ts'
import { failure } from '../kube/status.ts'
import type { MachineFacts } from '../faults/infrastructure.ts'
import { createSystemNamespaces, furnish } from '../apiserver/system-objects.ts'
import { clusterAddons } from './cluster-addons.ts'
import { EtcdCluster } from './etcd/etcd-cluster.ts'
import type { GrpcIdentity, GrpcServer } from './etcd/grpc.ts'
import { answerInside, etcdPath } from './etcd/inside-path.ts'
import { etcdMethods } from './etcd/rpc.ts'
import { EtcdFile } from './etcd/state-file.ts'
import { KubeletPods } from './machines/kubelet-pods.ts'
import { Machine, type MachineHost, type MachineSpec } from './machines/machine.ts'
import type { NodeTimings } from './machines/node-lifecycle.ts'

export interface WorkloadClusterOptions {
  readonly id: string
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly registry: ResourceRegistry
  readonly defer: Defer
  readonly trusted: boolean
  readonly timings: NodeTimings
  /** Begins to listen, or stops. */
  readonly serve: (serving: boolean) => void
  readonly onMachineChange: (machine: Machine) => void
  readonly onBoot: (machine: MachineFacts) => void
  /** A connection to the cluster's own address, as from inside it. */
  readonly connect: (stream: Duplex) => void
  readonly grpc: () => GrpcServer
  /** The certificate of the etcd member on that node. */
  readonly etcdIdentity: (node: string) => Promise<GrpcIdentity>
  /** A directory that keeps objects and etcd's members across restarts. */
  readonly data: string | undefined
  /** A deliberate bug: nodes of deleted machines stay. */
  readonly keepNodes: boolean
}

/** Workload clusters are many and their watchers few: a short history each. */
const historyMax = 100

export class WorkloadCluster {
  readonly #options: WorkloadClusterOptions
  readonly #server: ApiServer
  readonly etcd: EtcdCluster
  readonly #machines = new Map<string, Machine>()
  readonly #pods: KubeletPods
  #serving = false

  constructor(options: WorkloadClusterOptions) {
    this.#options = options
    const { id, clock, random, registry, defer, trusted, log, data } = options
    this.#server = new ApiServer({
      name: id,
      clock,
      random,
      registry,
      defer,
      historyMax,
      trusted,
      dialPort: (pod, port) => this.#dial(pod, port),
      ...(data === undefined ? {} : { data }),
      onError: (error) => log.error({ err: error, cluster: id }, 'the workload API server failed'),
    })
    this.#pods = new KubeletPods(this.#server.store, clock, (node) => this.#machines.get(node)?.kubeletRuns === true)
    const file = data === undefined ? undefined : new EtcdFile(data)
    this.etcd = new EtcdCluster({
      cluster: id,
      random,
      restored: file?.read(),
      changed: (state) => file?.write(state),
    })
    const { store } = this.#server
    createSystemNamespaces(store, clock)
    for (const [definition, object] of clusterAddons()) furnish(store, clock, definition, [object], () => object)
  }

  get id(): string {
    return this.#options.id
  }

  get facts(): { namespace: string; name: string; labels: Readonly<Record<string, string>> } {
    return this.#options
  }

  get server(): ApiServer {
    return this.#server
  }

  get machines(): IterableIterator<Machine> {
    return this.#machines.values()
  }

  /** What answers on the cluster's address. */
  readonly handler: Handler = (exchange) => {
    if (!this.etcd.hasQuorum)
      return Promise.resolve(statusReply(failure(500, undefined, 'etcdserver: no leader').status))
    if (!exchange.request.path.startsWith(etcdPath)) return this.#server.handler(exchange)
    return this.#etcdCall(exchange)
  }

  machine(name: string): Machine | undefined {
    return this.#machines.get(name)
  }

  /** The machine of that name, created and booted if there is none yet. */
  ensureMachine(spec: Omit<MachineSpec, 'cluster'>): Machine {
    const existing = this.#machines.get(spec.name)
    if (existing !== undefined) return existing
    const machine = new Machine({ ...spec, cluster: this.id }, this.#host())
    this.#machines.set(spec.name, machine)
    this.#options.onBoot(machine)
    machine.boot()
    return machine
  }

  /** Removes the machine and, as Cluster API's in-memory backend does, its node and pods. */
  deleteMachine(name: string): void {
    const machine = this.#machines.get(name)
    if (machine === undefined) return
    this.#machines.delete(name)
    machine.destroy()
    const { store } = this.#server
    this.#pods.forget(name)
    if (this.#options.keepNodes) return
    if (store.get(nodes, name) !== undefined) store.delete(nodes, name)
    if (store.get(leases, `kube-node-lease/${name}`) !== undefined) store.delete(leases, `kube-node-lease/${name}`)
  }

  close(): void {
    for (const machine of this.#machines.values()) machine.destroy()
    this.#machines.clear()
    this.#pods.close()
    this.#server[Symbol.dispose]()
  }

  #host(): MachineHost {
    const { clock, random, timings, onMachineChange } = this.#options
    return {
      clock,
      random,
      timings,
      store: this.#server.store,
      changed: (machine) => {
        if (machine.kubeletRuns) this.#pods.resume(machine.name)
        onMachineChange(machine)
      },
      etcdStarted: (machine) => this.#joinEtcd(machine),
      apiServerStarted: () => this.#updateServing(),
      controlPlaneChanged: (machine) => {
        this.etcd.setHealthy(machine.name, this.#machines.get(machine.name) === machine && machine.serves)
        this.#updateServing()
      },
    }
  }

  #joinEtcd({ name, initializes }: Machine): void {
    const abandoned = this.etcd.members.every((member) => !this.#machines.has(member.name))
    if (initializes && abandoned) this.etcd.begin()
    this.etcd.join(name)
  }

  #updateServing(): void {
    const serves = [...this.#machines.values()].some((machine) => machine.serves)
    if (serves === this.#serving) return
    this.#serving = serves
    if (!serves) this.#server.close()
    this.#options.serve(serves)
  }

  /** What listens on the ports of static pods, by the node that they run on. */
  #dial(pod: KubeObject, port: number): (stream: Duplex) => void {
    const { nodeName = '' } = pod.spec as { nodeName?: string }
    const machine = this.#machines.get(nodeName)
    const component = pod.metadata.labels?.['component']
    if (component === 'kube-apiserver' && port === 6443 && machine?.serves === true) return this.#options.connect
    if (component === 'etcd' && port === 2379 && this.etcd.member(nodeName)?.healthy === true)
      return (stream) => void this.#serveEtcd(nodeName, stream)
    throw new Error(
      `failed to connect to localhost:${port} inside namespace, IPv4: dial tcp4 127.0.0.1:${port}: connect: connection refused`,
    )
  }

  async #serveEtcd(node: string, stream: Duplex): Promise<void> {
    try {
      const identity = await this.#options.etcdIdentity(node)
      this.#options.grpc().accept(
        stream,
        identity,
        etcdMethods(this.etcd, node, () => this.#server.store.revision),
      )
    } catch (error) {
      this.#options.log.debug({ err: error, cluster: this.id, node }, 'an etcd member could not answer')
      stream.destroy()
    }
  }

  async #etcdCall(exchange: Exchange): ReturnType<Handler> {
    try {
      this.#server.admit(exchange)
      return answerInside(this.etcd, exchange)
    } catch (error) {
      return errorReply(error)
    }
  }
}
