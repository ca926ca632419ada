/** The infrastructure provider: its controllers against a management cluster, and the data centre they command. */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { ResourceDefinition } from '../apiserver/definition.ts'
import type { Client, KindRef } from '../kube/client.ts'
import { Informer } from '../kube/informer.ts'
import { objectKey, type KubeObject } from '../kube/object.ts'
import type { Pki } from '../kube/pki.ts'
import { WorkQueue } from '../kube/work-queue.ts'
import type { DataCenter } from './data-center.ts'
import type { EndpointPublisher } from './endpoints.ts'
import { devClusterReconciler } from './controllers/dev-cluster.ts'
import { devMachineReconciler } from './controllers/dev-machine.ts'
import { clusterNameLabel, type OwnerCluster, type OwnerMachine } from './controllers/contract.ts'
import { devClusters, type DevCluster } from './kinds/dev-cluster.ts'
import { devMachines, type DevMachine } from './kinds/dev-machine.ts'
import { devClusterTemplates, devMachineTemplates } from './kinds/templates.ts'

/** The kinds this provider brings to a management cluster. */
export const providerResources: readonly ResourceDefinition[] = [
  devClusters,
  devMachines,
  devClusterTemplates,
  devMachineTemplates,
]

const core = (resource: string, kind: string): KindRef => ({
  group: 'cluster.x-k8s.io',
  version: 'v1beta2',
  resource,
  kind,
  namespaced: true,
})

export interface ProviderOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly pki: Pki
  readonly dataCenter: DataCenter
  readonly endpoints: EndpointPublisher
  /** Least time between two reconciles of one object; milliseconds (Cluster API: 1 s). */
  readonly reconcileGate: number
}

export class Provider implements AsyncDisposable {
  readonly #options: ProviderOptions
  readonly #queues: readonly WorkQueue[]
  readonly #informers: readonly Informer<KubeObject>[]

  constructor(options: ProviderOptions) {
    this.#options = options
    const { client, clock, random, log, dataCenter } = options
    const informer = <T extends KubeObject>(kind: KindRef): Informer<T> =>
      new Informer<T>({
        client,
        kind,
        clock,
        random,
        name: `provider ${kind.resource}`,
        onError: (error) =>
          log.debug({ err: error, kind: kind.kind }, 'an informer of the provider has to start again'),
      })
    const informers = {
      devClusters: informer<DevCluster>(devClusters),
      devMachines: informer<DevMachine>(devMachines),
      clusters: informer<OwnerCluster>(core('clusters', 'Cluster')),
      machines: informer<OwnerMachine>(core('machines', 'Machine')),
    }
    const queue = (name: string, reconcile: (key: string) => Promise<void>): WorkQueue =>
      new WorkQueue({
        name,
        clock,
        concurrency: 50,
        gate: options.reconcileGate,
        reconcile,
        onError: (key, error) =>
          log.debug({ err: error, controller: name, object: key }, 'reconcile failed, will be tried again'),
      })
    const clusterQueue = queue('devcluster', devClusterReconciler({ ...options, ...informers }))
    const machineQueue = queue('devmachine', devMachineReconciler({ ...options, ...informers }))

    informers.devClusters.listen((change, object) =>
      change === 'deleted'
        ? clusterQueue.forget(objectKey(object.metadata))
        : clusterQueue.add(objectKey(object.metadata)),
    )
    informers.devMachines.listen((change, object) =>
      change === 'deleted'
        ? machineQueue.forget(objectKey(object.metadata))
        : machineQueue.add(objectKey(object.metadata)),
    )
    informers.clusters.listen((_change, cluster) => {
      const { namespace } = cluster.metadata
      const name = cluster.spec?.infrastructureRef?.name
      if (name !== undefined) clusterQueue.add(objectKey({ namespace, name }))
      for (const machine of informers.devMachines.values()) {
        if (
          machine.metadata.namespace === namespace &&
          machine.metadata.labels?.[clusterNameLabel] === cluster.metadata.name &&
          machine.status?.initialization?.provisioned !== true
        ) {
          machineQueue.add(objectKey(machine.metadata))
        }
      }
    })
    informers.machines.listen((change, machine) => {
      if (change !== 'deleted') machineQueue.add(objectKey(machine.metadata)) // Machine and DevMachine share their name
    })
    dataCenter.onMachineChange((machine) =>
      machineQueue.add(`${machine.cluster.slice(0, machine.cluster.indexOf('/'))}/${machine.name}`),
    )
    this.#queues = [clusterQueue, machineQueue]
    this.#informers = Object.values(informers) as Informer<KubeObject>[]
  }

  async start(): Promise<void> {
    await this.#keepPorts()
    await Promise.all(this.#informers.map((informer) => informer.start()))
  }

  /** Clusters of an earlier process have their ports before anybody new gets one. */
  async #keepPorts(): Promise<void> {
    const { client, endpoints } = this.#options
    for (const { metadata, spec } of (await client.list<DevCluster>(devClusters)).items) {
      const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'Cluster')
      const port = spec?.controlPlaneEndpoint?.port
      if (owner !== undefined && port !== undefined)
        await endpoints.reserve(`${metadata.namespace ?? ''}/${owner.name}`, port)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.close()))
    await Promise.all(this.#queues.map((queue) => queue.close()))
  }
}
