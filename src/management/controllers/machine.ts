/** The Machine: joins bootstrap, infrastructure and node, reports on them, and is taken down in order. Source: cluster-api core/reconcilers/machine. */
import { splitKey, type KubeObject } from '../../kube/object.ts'
import type { ReconcileResult } from '../../kube/work-queue.ts'
import { getCondition, no, summary, unknown, when, yes } from '../conditions.ts'
import type { Wanted } from '../../kube/conditions.ts'
import {
  addFinalizer,
  clusterNameLabel,
  controlPlaneLabel,
  isPaused,
  machineFinalizer,
  namespaceOf,
  ownerRef,
  patchStatus,
  type Context,
} from '../context.ts'
import { kubeadmConfigs, machines } from '../kinds/catalogue.ts'
import type { Cluster, Machine } from '../kinds/types.ts'
import type { Node } from '../cluster-cache.ts'
import { deleteMachine } from './machine-deletion.ts'

interface InfraMachine extends KubeObject {
  readonly spec?: { readonly providerID?: string }
  readonly status?: { readonly initialization?: { readonly provisioned?: boolean }; readonly failureDomain?: string }
}

export function machineReconciler(context: Context): (key: string) => Promise<ReconcileResult | void> {
  const { informers, clients } = context
  return async (key) => {
    const { namespace, name } = splitKey(key)
    const machine = informers.machines.get(namespace, name)
    if (machine === undefined) return
    const cluster = informers.clusters.get(namespace, machine.spec.clusterName)
    if (cluster === undefined || isPaused(cluster, machine)) return
    if (machine.metadata.deletionTimestamp !== undefined) return deleteMachine(context, cluster, machine)
    if (await addFinalizer(clients.core, machines, machine, machineFinalizer)) return
    return reconcile(context, cluster, machine)
  }
}

async function reconcile(context: Context, cluster: Cluster, machine: Machine): Promise<ReconcileResult | void> {
  const { informers, clients } = context
  const namespace = namespaceOf(machine)
  const { name } = machine.metadata
  const infra = informers.infraMachines.get(namespace, name) as InfraMachine | undefined
  const config = informers.kubeadmConfigs.get(namespace, name)
  await own(context, context.infrastructure.machine, infra, machine)
  await own(context, kubeadmConfigs, config, machine)

  const dataSecretName =
    config?.status?.initialization?.dataSecretCreated === true ? config.status.dataSecretName : undefined
  const provisioned = infra?.status?.initialization?.provisioned === true && infra.spec?.providerID !== undefined
  const spec: { bootstrap?: object; providerID?: string } = {}
  if (dataSecretName !== undefined && machine.spec.bootstrap.dataSecretName === undefined)
    spec.bootstrap = { dataSecretName }
  if (provisioned && machine.spec.providerID === undefined) spec.providerID = infra.spec?.providerID
  if (Object.keys(spec).length > 0) {
    await clients.core.patch(machines, namespace, name, { spec })
    return // the change comes back as an event
  }

  const node = await findNode(context, cluster, machine)
  const nodeRef = machine.status?.nodeRef ?? (node === undefined ? undefined : { name: node.metadata.name })
  if (node !== undefined) await labelNode(context, cluster, machine, node)
  const conditions = machineConditions(context, cluster, machine, infra, node)
  const infrastructureProvisioned = provisioned || machine.status?.initialization?.infrastructureProvisioned === true
  await patchStatus(
    context,
    clients.core,
    machines,
    machine,
    {
      initialization: {
        ...(infrastructureProvisioned ? { infrastructureProvisioned } : {}),
        ...(machine.spec.bootstrap.dataSecretName === undefined ? {} : { bootstrapDataSecretCreated: true }),
      },
      ...(nodeRef === undefined ? {} : { nodeRef }),
      ...(node?.status?.nodeInfo === undefined ? {} : { nodeInfo: node.status.nodeInfo }),
      phase: phaseOf(machine, nodeRef !== undefined, infrastructureProvisioned),
    },
    conditions,
  )
  if (infra === undefined || config === undefined) return { requeueAfter: 30_000 }
}

/** The owner who created it hands it over: the Machine becomes its controller. */
async function own(
  context: Context,
  kind: Parameters<typeof ownerRef>[0],
  object: KubeObject | undefined,
  machine: Machine,
): Promise<void> {
  if (
    object === undefined ||
    object.metadata.ownerReferences?.some(
      (owner) => owner.uid === machine.metadata.uid && owner.controller === true,
    ) === true
  )
    return
  await context.clients.core.patch(kind, namespaceOf(object), object.metadata.name, {
    metadata: {
      ownerReferences: [ownerRef(machines, machine, true)],
      labels: { [clusterNameLabel]: machine.spec.clusterName },
      resourceVersion: object.metadata.resourceVersion,
    },
  })
}

async function findNode(context: Context, cluster: Cluster, machine: Machine): Promise<Node | undefined> {
  const { providerID } = machine.spec
  const key = `${namespaceOf(cluster)}/${cluster.metadata.name}`
  if (
    providerID === undefined ||
    cluster.status?.initialization?.controlPlaneInitialized !== true ||
    !context.clusterCache.isConnected(key)
  )
    return undefined
  const named = context.clusterCache.nodes(key).get('', machine.status?.nodeRef?.name ?? machine.metadata.name)
  if (named?.spec?.providerID === providerID) return named
  for (const node of context.clusterCache.nodes(key).values()) if (node.spec?.providerID === providerID) return node
  return undefined
}

/** What Cluster API writes on a node; with an optimistic lock, and only when something differs. */
async function labelNode(context: Context, cluster: Cluster, machine: Machine, node: Node): Promise<void> {
  const owner = machine.metadata.ownerReferences?.[0]
  const annotations: Record<string, string> = {
    'cluster.x-k8s.io/cluster-name': cluster.metadata.name,
    'cluster.x-k8s.io/cluster-namespace': namespaceOf(cluster),
    'cluster.x-k8s.io/machine': machine.metadata.name,
    ...(owner === undefined
      ? {}
      : { 'cluster.x-k8s.io/owner-kind': owner.kind, 'cluster.x-k8s.io/owner-name': owner.name }),
  }
  if (Object.entries(annotations).every(([key, value]) => node.metadata.annotations?.[key] === value)) return
  const client = context.clusterCache.client(`${namespaceOf(cluster)}/${cluster.metadata.name}`)
  const kind = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false }
  await client.patch(kind, '', node.metadata.name, {
    metadata: { annotations, resourceVersion: node.metadata.resourceVersion },
  })
}

function machineConditions(
  context: Context,
  cluster: Cluster,
  machine: Machine,
  infra: InfraMachine | undefined,
  node: Node | undefined,
): (Wanted | undefined)[] {
  const infraReady = infra === undefined ? undefined : getCondition(infra, 'Ready')
  const bootstrap = when(
    'BootstrapConfigReady',
    machine.spec.bootstrap.dataSecretName !== undefined,
    'Ready',
    'NotReady',
    'Waiting for bootstrap data',
  )
  const infrastructure: Wanted =
    infra === undefined
      ? machine.status?.initialization?.infrastructureProvisioned === true
        ? no(
            'InfrastructureReady',
            'Deleted',
            `${machine.spec.infrastructureRef.kind} has been deleted while the Machine still exists`,
          )
        : no('InfrastructureReady', 'DoesNotExist', `${machine.spec.infrastructureRef.kind} does not exist`)
      : infraReady === undefined
        ? unknown('InfrastructureReady', 'NotReported')
        : {
            type: 'InfrastructureReady',
            status: infraReady.status,
            reason: infraReady.reason ?? infraReady.status,
            message: infraReady.message ?? '',
          }
  const [nodeReady, nodeHealthy] = nodeConditions(context, cluster, machine, node)
  const parts: Wanted[] = [bootstrap, infrastructure, nodeHealthy]
  const upToDate = getCondition(machine, 'UpToDate')
  const health = getCondition(machine, 'HealthCheckSucceeded')
  const names = [
    'BootstrapConfigReady',
    'InfrastructureReady',
    'NodeHealthy',
    ...(health === undefined ? [] : ['HealthCheckSucceeded']),
  ]
  const own =
    machine.metadata.labels?.[controlPlaneLabel] === undefined
      ? []
      : [
          'APIServerPodHealthy',
          'ControllerManagerPodHealthy',
          'SchedulerPodHealthy',
          'EtcdPodHealthy',
          'EtcdMemberHealthy',
        ]
  const ready = summary(
    'Ready',
    machine,
    [...names, ...own],
    { true: 'Ready', false: 'NotReady', unknown: 'ReadyUnknown' },
    parts,
  )
  // minReadySeconds is 0 unless the owner says more: what is ready is available.
  const available: Wanted = ready.status === 'True' ? yes('Available', 'Available') : no('Available', 'NotReady')
  return [
    available,
    ready,
    upToDate === undefined ? yes('UpToDate', 'UpToDate') : undefined,
    bootstrap,
    infrastructure,
    nodeReady,
    nodeHealthy,
    no('Updating', 'NotUpdating'),
    no('Deleting', 'NotDeleting'),
    no('Paused', 'NotPaused'),
  ]
}

/** NodeReady mirrors the node's Ready with its transition time; both fade to Unknown when the cluster has been silent. */
function nodeConditions(
  { clusterCache, clock, timers }: Context,
  cluster: Cluster,
  machine: Machine,
  node: Node | undefined,
): [Wanted | undefined, Wanted] {
  const key = `${namespaceOf(cluster)}/${cluster.metadata.name}`
  const lastProbe = clusterCache.lastProbeSuccess(key)
  const initialized = cluster.status?.initialization?.controlPlaneInitialized === true
  if (!clusterCache.isConnected(key)) {
    if (lastProbe !== undefined && clock.wallMs() - lastProbe > timers.remoteConditionsGrace) {
      const message = `Last successful probe at ${new Date(lastProbe).toISOString().slice(0, 19)}Z`
      return [unknown('NodeReady', 'ConnectionDown', message), unknown('NodeHealthy', 'ConnectionDown', message)]
    }
    const before = (type: string): Wanted | undefined => {
      const condition = getCondition(machine, type)
      return condition === undefined
        ? undefined
        : {
            type,
            status: condition.status,
            reason: condition.reason ?? '',
            message: condition.message ?? '',
            ...(condition.lastTransitionTime === undefined ? {} : { lastTransitionTime: condition.lastTransitionTime }),
          }
    }
    return [
      before('NodeReady'),
      before('NodeHealthy') ??
        unknown(
          'NodeHealthy',
          initialized ? 'ConnectionDown' : 'InspectionFailed',
          'Remote connection not established yet',
        ),
    ]
  }
  if (node === undefined) {
    if (machine.status?.nodeRef !== undefined) {
      const message = `Node ${machine.status.nodeRef.name} has been deleted while the Machine still exists`
      return [no('NodeReady', 'NodeDeleted', message), no('NodeHealthy', 'NodeDeleted', message)]
    }
    const message =
      machine.spec.providerID === undefined
        ? 'Waiting for the providerID to be reported'
        : `Waiting for a Node with spec.providerID ${machine.spec.providerID} to exist`
    return [unknown('NodeReady', 'InspectionFailed', message), unknown('NodeHealthy', 'InspectionFailed', message)]
  }
  const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready')
  const bad = (node.status?.conditions ?? []).filter((condition) =>
    condition.type === 'Ready' ? condition.status !== 'True' : condition.status !== 'False',
  )
  const nodeReady: Wanted = {
    type: 'NodeReady',
    status: ready?.status ?? 'Unknown',
    reason: ready?.status === 'True' ? 'NodeReady' : ready?.status === 'False' ? 'NodeNotReady' : 'NodeReadyUnknown',
    message: ready?.status === 'True' ? '' : (ready?.message ?? ''),
    ...(ready?.lastTransitionTime === undefined ? {} : { lastTransitionTime: ready.lastTransitionTime }),
  }
  const text = bad
    .map((condition) => `* Node.${condition.type}: ${condition.message ?? condition.reason ?? condition.status}`)
    .join('\n')
  const status =
    bad.length === 0 ? 'True' : bad.some((condition) => condition.status !== 'Unknown') ? 'False' : 'Unknown'
  return [
    nodeReady,
    {
      type: 'NodeHealthy',
      status,
      reason: status === 'True' ? 'NodeHealthy' : status === 'False' ? 'NodeNotHealthy' : 'NodeHealthUnknown',
      message: text,
    },
  ]
}

function phaseOf(machine: Machine, hasNode: boolean, provisioned: boolean): string {
  if (hasNode && provisioned) return 'Running'
  if (provisioned) return 'Provisioned'
  return machine.spec.bootstrap.dataSecretName !== undefined ? 'Provisioning' : 'Pending'
}
