/** The Cluster: ties control plane and infrastructure together, sums up, and is taken down in order. Source: cluster-api core/reconcilers/cluster. */
import { splitKey, type Condition, type KubeObject } from '../../kube/object.ts'
import type { ReconcileResult } from '../../kube/work-queue.ts'
import { getCondition, isTrue, no, unknown, when, yes } from '../conditions.ts'
import type { Wanted } from '../../kube/conditions.ts'
import {
  addFinalizer,
  clusterNameLabel,
  controlPlaneLabel,
  deleteIfThere,
  isDeleting,
  isOwnedBy,
  namespaceOf,
  ownerRef,
  patchStatus,
  removeFinalizer,
  type Context,
} from '../context.ts'
import { clusters, kubeadmControlPlanes, machineDeployments, machines as machineKind } from '../kinds/catalogue.ts'
import type { Cluster, KubeadmControlPlane, Machine, MachineDeployment, ReplicaCounts } from '../kinds/types.ts'
import { machinesSummary } from './machine-set.ts'

const finalizer = 'cluster.cluster.x-k8s.io'

interface InfraCluster extends KubeObject {
  readonly spec?: { readonly controlPlaneEndpoint?: { readonly host?: string; readonly port?: number } }
  readonly status?: {
    readonly initialization?: { readonly provisioned?: boolean }
    readonly conditions?: readonly Condition[]
  }
}

interface Parts {
  readonly infra: InfraCluster | undefined
  readonly controlPlane: KubeadmControlPlane | undefined
  readonly deployments: readonly MachineDeployment[]
  readonly machines: readonly Machine[]
}

export function clusterReconciler(context: Context): (key: string) => Promise<ReconcileResult | void> {
  const { informers, clients } = context
  return async (key) => {
    const { namespace, name } = splitKey(key)
    const cluster = informers.clusters.get(namespace, name)
    if (cluster === undefined || (cluster.spec?.paused === true && !isDeleting(cluster))) return
    const mine = (object: KubeObject & { readonly spec?: { readonly clusterName?: string } }): boolean =>
      namespaceOf(object) === namespace && object.spec?.clusterName === name
    const parts: Parts = {
      infra: informers.infraClusters.get(namespace, cluster.spec?.infrastructureRef?.name ?? '') as
        InfraCluster | undefined,
      controlPlane: informers.controlPlanes.get(namespace, cluster.spec?.controlPlaneRef?.name ?? ''),
      deployments: [...informers.machineDeployments.values()].filter(mine),
      machines: [...informers.machines.values()].filter(mine),
    }
    if (isDeleting(cluster)) return remove(context, cluster, parts)
    if (await addFinalizer(clients.core, clusters, cluster, finalizer)) return
    await own(context, context.infrastructure.cluster, parts.infra, cluster)
    await own(context, kubeadmControlPlanes, parts.controlPlane, cluster)
    const endpoint = parts.infra?.spec?.controlPlaneEndpoint
    const provisioned = parts.infra?.status?.initialization?.provisioned === true
    if (provisioned && endpoint?.host !== undefined && cluster.spec?.controlPlaneEndpoint?.host === undefined) {
      await clients.core.patch(clusters, namespace, name, { spec: { controlPlaneEndpoint: endpoint } })
    }
    await report(context, cluster, parts)
    return parts.infra === undefined ? { requeueAfter: 30_000 } : undefined
  }
}

async function own(
  context: Context,
  kind: Parameters<typeof ownerRef>[0],
  object: KubeObject | undefined,
  cluster: Cluster,
): Promise<void> {
  if (object === undefined || isDeleting(object)) return
  if (isOwnedBy(object, cluster) && object.metadata.labels?.[clusterNameLabel] === cluster.metadata.name) return
  await context.clients.core.patch(kind, namespaceOf(object), object.metadata.name, {
    metadata: {
      ownerReferences: [ownerRef(clusters, cluster, true)],
      labels: { [clusterNameLabel]: cluster.metadata.name },
      resourceVersion: object.metadata.resourceVersion,
    },
  })
}

/** Workers, then the control plane, then the infrastructure; nothing of it touches the workload cluster. */
async function remove(
  context: Context,
  cluster: Cluster,
  { infra, controlPlane, deployments, machines }: Parts,
): Promise<ReconcileResult | void> {
  const { clients, timers } = context
  const waiting = async (reason: string): Promise<void> =>
    patchStatus(context, clients.core, clusters, cluster, { phase: 'Deleting' }, [
      yes('Deleting', reason),
      no('Available', 'NotAvailable', 'Cluster is being deleted'),
    ])
  const workers = machines.filter((machine) => machine.metadata.labels?.[controlPlaneLabel] === undefined)
  if (deployments.length > 0 || workers.length > 0) {
    await waiting('WaitingForWorkersDeletion')
    for (const deployment of deployments) await deleteIfThere(clients.core, machineDeployments, deployment)
    for (const machine of workers)
      if (machine.metadata.ownerReferences === undefined) await deleteIfThere(clients.core, machineKind, machine)
    return { requeueAfter: timers.clusterDeletion }
  }
  if (controlPlane !== undefined) {
    await waiting('WaitingForControlPlaneDeletion')
    await deleteIfThere(clients.core, kubeadmControlPlanes, controlPlane)
    return { requeueAfter: timers.clusterDeletion }
  }
  if (infra !== undefined) {
    await waiting('WaitingForInfrastructureDeletion')
    await deleteIfThere(clients.core, context.infrastructure.cluster, infra)
    return { requeueAfter: timers.clusterDeletion }
  }
  await removeFinalizer(clients.core, clusters, cluster, finalizer)
}

async function report(context: Context, cluster: Cluster, parts: Parts): Promise<void> {
  const { infra, controlPlane, deployments, machines } = parts
  const provisioned =
    infra?.status?.initialization?.provisioned === true ||
    cluster.status?.initialization?.infrastructureProvisioned === true
  const initialized =
    controlPlane?.status?.initialization?.controlPlaneInitialized === true ||
    cluster.status?.initialization?.controlPlaneInitialized === true
  const workers = machines.filter((machine) => machine.metadata.labels?.[controlPlaneLabel] === undefined)
  const controlPlaneMachines = machines.filter((machine) => machine.metadata.labels?.[controlPlaneLabel] !== undefined)
  const conditions = clusterConditions(context, cluster, parts, provisioned, initialized, controlPlaneMachines, workers)
  await patchStatus(
    context,
    context.clients.core,
    clusters,
    cluster,
    {
      initialization: {
        ...(provisioned ? { infrastructureProvisioned: true } : {}),
        ...(initialized ? { controlPlaneInitialized: true } : {}),
      },
      ...(controlPlane === undefined
        ? {}
        : { controlPlane: counts(controlPlane.spec.replicas ?? 1, controlPlane.status) }),
      workers: sum(deployments),
      phase: provisioned
        ? cluster.spec?.controlPlaneEndpoint?.host === undefined
          ? 'Provisioning'
          : 'Provisioned'
        : 'Provisioning',
    },
    conditions,
  )
}

function counts(desiredReplicas: number, status: MachineDeployment['status']): ReplicaCounts {
  return {
    desiredReplicas,
    replicas: status?.replicas ?? 0,
    readyReplicas: status?.readyReplicas ?? 0,
    availableReplicas: status?.availableReplicas ?? 0,
    upToDateReplicas: status?.upToDateReplicas ?? 0,
  }
}

function sum(deployments: readonly MachineDeployment[]): ReplicaCounts {
  const all = deployments.map((deployment) => counts(deployment.spec.replicas ?? 1, deployment.status))
  const total = (field: keyof ReplicaCounts): number => all.reduce((sum, each) => sum + (each[field] ?? 0), 0)
  return {
    desiredReplicas: total('desiredReplicas'),
    replicas: total('replicas'),
    readyReplicas: total('readyReplicas'),
    availableReplicas: total('availableReplicas'),
    upToDateReplicas: total('upToDateReplicas'),
  }
}

function clusterConditions(
  context: Context,
  cluster: Cluster,
  { infra, controlPlane, deployments }: Parts,
  provisioned: boolean,
  initialized: boolean,
  controlPlaneMachines: readonly Machine[],
  workers: readonly Machine[],
): Wanted[] {
  const any = (type: string): boolean =>
    [controlPlane, ...deployments].some((object) => object !== undefined && isTrue(object, type))
  const infraReady =
    infra === undefined
      ? no('InfrastructureReady', 'DoesNotExist', 'The infrastructure cluster does not exist')
      : when('InfrastructureReady', provisioned, 'Ready', 'NotReady', 'Waiting for the infrastructure')
  const available = controlPlane === undefined ? undefined : getCondition(controlPlane, 'Available')
  const controlPlaneAvailable: Wanted =
    available === undefined
      ? unknown('ControlPlaneAvailable', 'NotReported')
      : {
          type: 'ControlPlaneAvailable',
          status: available.status,
          reason: available.reason ?? available.status,
          message: available.message ?? '',
        }
  const badDeployments = deployments.filter((deployment) => !isTrue(deployment, 'Available'))
  const workersAvailable =
    badDeployments.length === 0
      ? yes('WorkersAvailable', deployments.length === 0 ? 'NoWorkers' : 'Available')
      : no(
          'WorkersAvailable',
          'NotAvailable',
          badDeployments
            .map((deployment) => `* MachineDeployment ${deployment.metadata.name}: not available`)
            .join('\n'),
        )
  const probe = remoteConnection(context, cluster, initialized)
  const parts = [infraReady, controlPlaneAvailable, workersAvailable, probe]
  const bad = parts.filter((part) => part.status !== 'True')
  const overall: Wanted =
    bad.length === 0
      ? yes('Available', 'Available')
      : {
          type: 'Available',
          status: bad.some((part) => part.status === 'False') ? 'False' : 'Unknown',
          reason: 'NotAvailable',
          message: bad.map((part) => `* ${part.type}: ${part.message ?? part.reason}`).join('\n'),
        }
  return [
    overall,
    infraReady,
    when('ControlPlaneInitialized', initialized, 'Initialized', 'NotInitialized', 'Control plane not yet initialized'),
    controlPlaneAvailable,
    workersAvailable,
    probe,
    machinesSummary('ControlPlaneMachinesReady', controlPlaneMachines, 'Ready'),
    machinesSummary('WorkerMachinesReady', workers, 'Ready'),
    machinesSummary('ControlPlaneMachinesUpToDate', controlPlaneMachines, 'UpToDate'),
    machinesSummary('WorkerMachinesUpToDate', workers, 'UpToDate'),
    when('RollingOut', any('RollingOut'), 'RollingOut', 'NotRollingOut'),
    when('ScalingUp', any('ScalingUp'), 'ScalingUp', 'NotScalingUp'),
    when('ScalingDown', any('ScalingDown'), 'ScalingDown', 'NotScalingDown'),
    when('Remediating', any('Remediating'), 'Remediating', 'NotRemediating'),
    no('Deleting', 'NotDeleting'),
    no('Paused', 'NotPaused'),
  ]
}

/** False once no probe has succeeded for the grace period; before that the last state stays. */
function remoteConnection({ clusterCache, clock, timers }: Context, cluster: Cluster, initialized: boolean): Wanted {
  const lastProbe = clusterCache.lastProbeSuccess(`${namespaceOf(cluster)}/${cluster.metadata.name}`)
  if (lastProbe === undefined)
    return no(
      'RemoteConnectionProbe',
      'ProbeFailed',
      initialized ? 'Remote connection probe failed' : 'Remote connection not established yet',
    )
  if (clock.wallMs() - lastProbe > timers.remoteConnectionGrace) {
    return no(
      'RemoteConnectionProbe',
      'ProbeFailed',
      `Remote connection probe failed, probe last succeeded at ${new Date(lastProbe).toISOString().slice(0, 19)}Z`,
    )
  }
  return yes('RemoteConnectionProbe', 'ProbeSucceeded')
}
