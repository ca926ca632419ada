/** Watches the fleet from outside of every fault, and writes down each change that means something to a judge. */
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { managementCluster } from '../faults/infrastructure.ts'
import type { JournalEvent, ObjectRef } from '../journal/events.ts'
import type { Client, KindRef } from '../kube/client.ts'
import { Informer } from '../kube/informer.ts'
import { deepEqual, type KubeObject } from '../kube/object.ts'
import { factsOf } from './facts.ts'
import { nodeKind, observedKinds } from './kinds.ts'

export interface ObserverOptions {
  readonly client: Client
  /** What is looked at on the management cluster; its other namespaces are others' business. */
  readonly namespace: string
  readonly workloadClient: (cluster: string) => Client | undefined
  readonly clock: Clock
  readonly random: Random
  readonly record: (event: JournalEvent) => void
}

export class Observer implements AsyncDisposable {
  readonly #options: ObserverOptions
  readonly #informers: Informer<KubeObject>[] = []
  readonly #nodes = new Map<string, Informer<KubeObject>>()
  readonly #ending = new Set<Promise<void>>()

  constructor(options: ObserverOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    for (const kind of observedKinds) this.#informers.push(this.#follow(managementCluster, this.#options.client, kind))
    await Promise.all(this.#informers.map((informer) => informer.start()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#informers, ...this.#nodes.values()].map((informer) => informer.close()))
    await Promise.all(this.#ending)
  }

  #follow(cluster: string, client: Client, kind: KindRef): Informer<KubeObject> {
    const { clock, random, record } = this.#options
    const informer = new Informer<KubeObject>({
      client,
      kind,
      ...(cluster === managementCluster ? { namespace: this.#options.namespace } : {}),
      clock,
      random,
      name: `observer ${cluster} ${kind.resource}`,
    })
    informer.listen((change, object, before) => {
      const facts = factsOf(object)
      if (
        change === 'modified' &&
        before !== undefined &&
        before.metadata.uid === object.metadata.uid &&
        deepEqual(factsOf(before), facts)
      )
        return
      const { namespace = '', name, uid = '' } = object.metadata
      const ref: ObjectRef = { cluster, kind: object.kind, namespace, name, uid }
      record({ type: 'object.changed', ref, change, facts })
      if (kind.kind === 'DevCluster') this.#followNodes(facts['cluster'] as string, change === 'deleted')
    })
    return informer
  }

  /** A workload cluster's nodes, from its appearance until it is gone. */
  #followNodes(cluster: string, gone: boolean): void {
    const existing = this.#nodes.get(cluster)
    if (gone) {
      this.#nodes.delete(cluster)
      if (existing === undefined) return
      const ending = existing.close().finally(() => this.#ending.delete(ending))
      this.#ending.add(ending)
      for (const node of existing.values()) {
        this.#options.record({
          type: 'object.changed',
          ref: { cluster, kind: 'Node', namespace: '', name: node.metadata.name, uid: node.metadata.uid ?? '' },
          change: 'deleted',
          facts: factsOf(node),
        })
      }
      return
    }
    if (existing !== undefined) return
    const client = this.#options.workloadClient(cluster)
    if (client === undefined) return
    const informer = this.#follow(cluster, client, nodeKind)
    this.#nodes.set(cluster, informer)
    informer.start().catch(() => {}) // closed before it synced: the cluster was short-lived
  }
}
