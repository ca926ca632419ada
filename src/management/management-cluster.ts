/** The embedded management cluster: an API server with Cluster API's kinds, and the reference controllers on it. */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { builtInResources } from '../apiserver/resources/catalogue.ts'
import { createSystemNamespaces } from '../apiserver/system-objects.ts'
import type { ResourceDefinition } from '../apiserver/definition.ts'
import type { Defer } from '../apiserver/event-log.ts'
import { ResourceRegistry } from '../apiserver/registry.ts'
import { ApiServer } from '../apiserver/server.ts'
import { Client } from '../kube/client.ts'
import type { Handler } from '../kube/handler.ts'
import { Informer } from '../kube/informer.ts'
import { objectKey, type KubeObject } from '../kube/object.ts'
import type { Pki } from '../kube/pki.ts'
import { WorkQueue, type ReconcileResult } from '../kube/work-queue.ts'
import { ClusterCache, type Dial } from './cluster-cache.ts'
import {
  clusterNameLabel,
  deploymentNameLabel,
  keyOf,
  namespaceOf,
  type Context,
  type InfrastructureKinds,
  type Informers,
  type Plants,
} from './context.ts'
import { clusterReconciler } from './controllers/cluster.ts'
import { kubeadmConfigReconciler } from './controllers/kubeadm-config.ts'
import { kubeadmControlPlaneReconciler } from './controllers/kubeadm-control-plane.ts'
import { machineReconciler } from './controllers/machine.ts'
import { machineDeploymentReconciler } from './controllers/machine-deployment.ts'
import { machineHealthCheckReconciler } from './controllers/machine-health-check.ts'
import { machineSetReconciler } from './controllers/machine-set.ts'
import {
  clusters,
  kubeadmConfigs,
  kubeadmControlPlanes,
  machineDeployments,
  machineHealthChecks,
  machines,
  machineSets,
} from './kinds/catalogue.ts'
import type { Machine } from './kinds/types.ts'
import type { Timers } from './timers.ts'

export interface ManagementServerOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly defer: Defer
  readonly trusted: boolean
  /** The kinds beside Kubernetes' own. */
  readonly resources: readonly ResourceDefinition[]
  /** A directory that keeps the objects across restarts. */
  readonly data: string | undefined
  /** False: no garbage collector and no namespace controller. */
  readonly controllerManager: boolean
}

/** Events kept per kind: a management cluster's watchers may be away for a while. */
const historyMax = 2000

export function createManagementServer({
  clock,
  random,
  log,
  defer,
  trusted,
  resources,
  data,
  controllerManager,
}: ManagementServerOptions): ApiServer {
  const registry = new ResourceRegistry([...builtInResources, ...resources])
  const server = new ApiServer({
    name: 'management',
    clock,
    random,
    registry,
    defer,
    historyMax,
    trusted,
    controllerManager,
    ...(data === undefined ? {} : { data }),
    onError: (error) => log.error({ err: error }, 'the management API server failed'),
  })
  createSystemNamespaces(server.store, clock)
  return server
}

export interface ControllersOptions {
  /** The management API server, as the managers reach it. */
  readonly handler: Handler
  readonly dial: Dial
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly pki: Pki
  readonly timers: Timers
  readonly plants: Plants
  readonly infrastructure: InfrastructureKinds
}

const userAgents = {
  core: 'capi-core/v1.14.0 cluster-api-controller-manager (reference)',
  controlPlane: 'capi-control-plane/v1.14.0 cluster-api-kubeadm-control-plane-manager (reference)',
  bootstrap: 'capi-bootstrap/v1.14.0 cluster-api-kubeadm-bootstrap-manager (reference)',
}

/** The reference controllers. Started, they run until disposed. */
export class ReferenceControllers implements AsyncDisposable {
  readonly clusterCache: ClusterCache
  readonly #informers: readonly Informer<KubeObject>[]
  readonly #queues: Readonly<Record<string, WorkQueue>>

  constructor(options: ControllersOptions) {
    const { handler, clock, random, log, timers, dial, infrastructure } = options
    const client = (userAgent: string): Client =>
      new Client({ handler, clock, userAgent, timeout: timers.clientTimeout })
    const clients = {
      core: client(userAgents.core),
      controlPlane: client(userAgents.controlPlane),
      bootstrap: client(userAgents.bootstrap),
    }
    const informer = <T extends KubeObject>(kind: ResourceDefinition): Informer<T> =>
      new Informer<T>({
        client: clients.core,
        kind,
        clock,
        random,
        name: `controllers ${kind.resource}`,
        onError: (error) => log.debug({ err: error, kind: kind.kind }, 'an informer has to start again'),
      })
    const informers: Informers = {
      clusters: informer(clusters),
      machines: informer(machines),
      machineSets: informer(machineSets),
      machineDeployments: informer(machineDeployments),
      machineHealthChecks: informer(machineHealthChecks),
      controlPlanes: informer(kubeadmControlPlanes),
      kubeadmConfigs: informer(kubeadmConfigs),
      infraClusters: informer(infrastructure.cluster),
      infraMachines: informer(infrastructure.machine),
    }
    this.clusterCache = new ClusterCache({
      client: clients.core,
      dial,
      clock,
      random,
      log,
      timers,
      userAgent: userAgents.core,
    })
    const context: Context = { ...options, clients, informers, clusterCache: this.clusterCache }
    const queue = (
      name: string,
      reconcile: (key: string) => Promise<ReconcileResult | void>,
      gate = timers.reconcileGate,
    ): WorkQueue =>
      new WorkQueue({
        name,
        clock,
        concurrency: 50,
        gate,
        reconcile,
        onError: (key, error) =>
          log.debug({ err: error, controller: name, object: key }, 'reconcile failed, will be tried again'),
      })
    const queues = {
      cluster: queue('cluster', clusterReconciler(context)),
      controlPlane: queue('kubeadmcontrolplane', kubeadmControlPlaneReconciler(context)),
      kubeadmConfig: queue('kubeadmconfig', kubeadmConfigReconciler(context)),
      machine: queue('machine', machineReconciler(context)),
      machineSet: queue('machineset', machineSetReconciler(context)),
      machineDeployment: queue('machinedeployment', machineDeploymentReconciler(context)),
      healthCheck: queue('machinehealthcheck', machineHealthCheckReconciler(context), timers.healthCheckGate),
    }
    this.#queues = queues
    this.#informers = Object.values(informers) as Informer<KubeObject>[]
    wire(informers, queues, this.clusterCache)
  }

  async start(): Promise<void> {
    await Promise.all(this.#informers.map((informer) => informer.start()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.clusterCache[Symbol.asyncDispose]()
    await Promise.all(this.#informers.map((informer) => informer.close()))
    await Promise.all(Object.values(this.#queues).map((queue) => queue.close()))
  }
}

type Queues = Record<
  'cluster' | 'controlPlane' | 'kubeadmConfig' | 'machine' | 'machineSet' | 'machineDeployment' | 'healthCheck',
  WorkQueue
>

/** Who looks again when what changes. */
function wire(informers: Informers, queues: Queues, cache: ClusterCache): void {
  const enqueue = (queue: WorkQueue) => (change: string, object: KubeObject) => {
    const key = objectKey(object.metadata)
    if (change === 'deleted') queue.forget(key)
    queue.add(key)
  }
  const clusterOf = (object: KubeObject): string =>
    `${namespaceOf(object)}/${object.metadata.labels?.[clusterNameLabel] ?? ''}`
  const machinesOfCluster = (key: string): Machine[] =>
    [...informers.machines.values()].filter((machine) => `${namespaceOf(machine)}/${machine.spec.clusterName}` === key)
  const healthChecksOf = (key: string): void => {
    for (const check of informers.machineHealthChecks.values())
      if (`${namespaceOf(check)}/${check.spec.clusterName}` === key) queues.healthCheck.add(keyOf(check))
  }
  const controlPlanesOf = (key: string): void => {
    for (const controlPlane of informers.controlPlanes.values())
      if (clusterOf(controlPlane) === key) queues.controlPlane.add(keyOf(controlPlane))
  }

  informers.clusters.listen(enqueue(queues.cluster))
  informers.clusters.listen((change, cluster, before) => {
    cache.observe(change, cluster)
    const key = keyOf(cluster)
    controlPlanesOf(key)
    const now = cluster.status?.initialization
    const then = before?.status?.initialization
    if (
      before !== undefined &&
      now?.controlPlaneInitialized === then?.controlPlaneInitialized &&
      now?.infrastructureProvisioned === then?.infrastructureProvisioned &&
      cluster.metadata.deletionTimestamp === before.metadata.deletionTimestamp &&
      cluster.spec?.paused === before.spec?.paused
    )
      return
    for (const machine of machinesOfCluster(key)) queues.machine.add(keyOf(machine))
    for (const config of informers.kubeadmConfigs.values())
      if (clusterOf(config) === key) queues.kubeadmConfig.add(keyOf(config))
    for (const set of informers.machineSets.values())
      if (`${namespaceOf(set)}/${set.spec.clusterName}` === key) queues.machineSet.add(keyOf(set))
    for (const deployment of informers.machineDeployments.values())
      if (`${namespaceOf(deployment)}/${deployment.spec.clusterName}` === key)
        queues.machineDeployment.add(keyOf(deployment))
    healthChecksOf(key)
  })
  informers.controlPlanes.listen(enqueue(queues.controlPlane))
  informers.controlPlanes.listen((_change, controlPlane, before) => {
    queues.cluster.add(clusterOf(controlPlane))
    if (before?.status?.version === controlPlane.status?.version && before?.spec.version === controlPlane.spec.version)
      return
    for (const set of informers.machineSets.values())
      if (`${namespaceOf(set)}/${set.spec.clusterName}` === clusterOf(controlPlane)) queues.machineSet.add(keyOf(set))
  })
  informers.kubeadmConfigs.listen(enqueue(queues.kubeadmConfig))
  informers.kubeadmConfigs.listen((_change, config) => queues.machine.add(keyOf(config))) // Machine and KubeadmConfig share their name
  informers.infraMachines.listen((_change, machine) => queues.machine.add(keyOf(machine)))
  informers.infraClusters.listen((_change, cluster) => queues.cluster.add(clusterOf(cluster)))
  informers.infraClusters.listen((_change, infra) => {
    for (const cluster of informers.clusters.values())
      if (cluster.spec?.infrastructureRef?.name === infra.metadata.name && namespaceOf(cluster) === namespaceOf(infra))
        queues.cluster.add(keyOf(cluster))
  })
  informers.machines.listen(enqueue(queues.machine))
  informers.machines.listen((change, machine) => {
    const { namespace } = machine.metadata
    for (const owner of machine.metadata.ownerReferences ?? []) {
      const key = objectKey({ namespace, name: owner.name })
      if (owner.kind === 'MachineSet') queues.machineSet.add(key)
      if (owner.kind === 'KubeadmControlPlane') queues.controlPlane.add(key)
    }
    const cluster = `${namespaceOf(machine)}/${machine.spec.clusterName}`
    queues.cluster.add(cluster)
    healthChecksOf(cluster)
    if (change !== 'modified') return
    queues.kubeadmConfig.add(keyOf(machine))
  })
  informers.machineSets.listen(enqueue(queues.machineSet))
  informers.machineSets.listen((_change, set) => {
    const name = set.metadata.labels?.[deploymentNameLabel]
    if (name !== undefined) queues.machineDeployment.add(objectKey({ namespace: namespaceOf(set), name }))
  })
  informers.machineDeployments.listen(enqueue(queues.machineDeployment))
  informers.machineDeployments.listen((_change, deployment) =>
    queues.cluster.add(`${namespaceOf(deployment)}/${deployment.spec.clusterName}`),
  )
  informers.machineHealthChecks.listen(enqueue(queues.healthCheck))

  cache.listen((cluster, event) => {
    queues.cluster.add(cluster)
    if (event.type === 'probed') return
    if (event.type === 'node') {
      const owner = event.node.metadata.name // nodes are named like their machines
      queues.machine.add(`${cluster.slice(0, cluster.indexOf('/'))}/${owner}`)
      healthChecksOf(cluster)
      return
    }
    controlPlanesOf(cluster)
    for (const machine of machinesOfCluster(cluster)) queues.machine.add(keyOf(machine))
    healthChecksOf(cluster)
  })
}
