/** Rolls MachineSets within maxSurge and maxUnavailable. Source: cluster-api core/reconcilers/machinedeployment. */
import { createHash } from 'node:crypto'
import { splitKey } from '../../kube/object.ts'
import type { ReconcileResult } from '../../kube/work-queue.ts'
import { getCondition, no, when, yes } from '../conditions.ts'
import {
  addFinalizer,
  clusterNameLabel,
  deleteIfThere,
  deploymentNameLabel,
  intOrPercent,
  isDeleting,
  isOwnedBy,
  isPaused,
  keyOf,
  namespaceOf,
  oldestFirst,
  ownerRef,
  patchStatus,
  removeFinalizer,
  WriteGuard,
  type Context,
} from '../context.ts'
import { clusters, machineDeployments, machineSets } from '../kinds/catalogue.ts'
import type { Machine, MachineDeployment, MachineSet } from '../kinds/types.ts'
import { machinesOf, machinesSummary } from './machine-set.ts'

const finalizer = 'cluster.x-k8s.io/machinedeployment'
const hashLabel = 'machine-template-hash'

const replicasOf = (set: MachineSet): number => set.spec.replicas ?? 0

export function machineDeploymentReconciler(context: Context): (key: string) => Promise<ReconcileResult | void> {
  const { informers, clients } = context
  const guard = new WriteGuard(context.clock)
  return async (key) => {
    const { namespace, name } = splitKey(key)
    const deployment = informers.machineDeployments.get(namespace, name)
    if (deployment === undefined) return
    const cluster = informers.clusters.get(namespace, deployment.spec.clusterName)
    const sets = [...informers.machineSets.values()].filter(
      (set) => namespaceOf(set) === namespace && isOwnedBy(set, deployment),
    )
    if (isDeleting(deployment)) {
      if (sets.length === 0) return removeFinalizer(clients.core, machineDeployments, deployment, finalizer)
      for (const set of sets) await deleteIfThere(clients.core, machineSets, set)
      return
    }
    if (
      cluster === undefined ||
      isDeleting(cluster) ||
      isPaused(cluster, deployment) ||
      deployment.spec.paused === true
    )
      return
    if (await addFinalizer(clients.core, machineDeployments, deployment, finalizer)) return
    if (!isOwnedBy(deployment, cluster)) {
      await clients.core.patch(machineDeployments, namespace, name, {
        metadata: {
          ownerReferences: [ownerRef(clusters, cluster, false)],
          labels: { [clusterNameLabel]: cluster.metadata.name },
        },
      })
      return
    }
    if (guard.isStale(key)) return { requeueAfter: context.timers.reconcileGate }
    const hash = templateHash(deployment)
    const current = sets.find((set) => set.metadata.labels?.[hashLabel] === hash)
    if (current === undefined) await createSet(context, deployment, hash, initialReplicas(deployment, sets), guard)
    else
      await roll(
        context,
        deployment,
        current,
        sets.filter((set) => set !== current),
        guard,
      )
    await updateStatus(context, deployment, current, sets)
  }
}

/** What makes a machine a different machine: its template, not its labels. */
function templateHash({ spec }: MachineDeployment): string {
  const { version, bootstrap, infrastructureRef, failureDomain } = spec.template.spec
  return createHash('sha256')
    .update(JSON.stringify([version, bootstrap.configRef, infrastructureRef, failureDomain]))
    .digest('hex')
    .slice(0, 10)
}

function limits(deployment: MachineDeployment): { surge: number; unavailable: number; wanted: number } {
  const wanted = deployment.spec.replicas ?? 1
  const { maxSurge = 1, maxUnavailable = 0 } = deployment.spec.rollout?.strategy?.rollingUpdate ?? {}
  const surge = intOrPercent(maxSurge, wanted, 'up')
  const unavailable = intOrPercent(maxUnavailable, wanted, 'down')
  return { wanted, surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

function initialReplicas(deployment: MachineDeployment, others: readonly MachineSet[]): number {
  const { wanted, surge } = limits(deployment)
  const existing = others.reduce((sum, set) => sum + replicasOf(set), 0)
  return Math.max(0, Math.min(wanted, wanted + surge - existing))
}

async function createSet(
  context: Context,
  deployment: MachineDeployment,
  hash: string,
  replicas: number,
  guard: WriteGuard,
): Promise<void> {
  const { informers, clients } = context
  const namespace = namespaceOf(deployment)
  const name = `${deployment.metadata.name}-${hash}`
  const { template } = deployment.spec
  const labels = {
    ...template.metadata?.labels,
    [clusterNameLabel]: deployment.spec.clusterName,
    [deploymentNameLabel]: deployment.metadata.name,
    [hashLabel]: hash,
  }
  await clients.core.create<MachineSet>(machineSets, {
    apiVersion: `${machineSets.group}/${machineSets.version}`,
    kind: machineSets.kind,
    metadata: { name, namespace, labels, ownerReferences: [ownerRef(machineDeployments, deployment, true)] },
    spec: {
      clusterName: deployment.spec.clusterName,
      replicas,
      selector: { matchLabels: { ...deployment.spec.selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  })
  guard.expect(keyOf(deployment), () => informers.machineSets.get(namespace, name) !== undefined)
}

/** New set up as far as surge allows, old ones down as far as availability allows. */
async function roll(
  context: Context,
  deployment: MachineDeployment,
  current: MachineSet,
  old: readonly MachineSet[],
  guard: WriteGuard,
): Promise<void> {
  const { wanted, surge } = limits(deployment)
  const total = [current, ...old].reduce((sum, set) => sum + replicasOf(set), 0)
  const now = replicasOf(current)
  if (old.every((set) => replicasOf(set) === 0)) {
    if (now !== wanted) await scale(context, deployment, current, wanted, guard)
  } else {
    const grown = Math.min(wanted, now + Math.max(0, wanted + surge - total))
    if (now > wanted) await scale(context, deployment, current, wanted, guard)
    else if (grown > now) await scale(context, deployment, current, grown, guard)
    await scaleDownOld(context, deployment, current, old, guard)
  }
  for (const set of old) {
    if (replicasOf(set) === 0 && (set.status?.replicas ?? 0) === 0 && machinesOf(context, set).length === 0)
      await deleteIfThere(context.clients.core, machineSets, set)
  }
}

/**
 * Old machines go only as far as what is promised stays: counted by what is asked for, since a status may lag behind.
 * Broken ones go first. Source: cluster-api reconcileOldMachineSets.
 */
async function scaleDownOld(
  context: Context,
  deployment: MachineDeployment,
  current: MachineSet,
  old: readonly MachineSet[],
  guard: WriteGuard,
): Promise<void> {
  const { wanted, unavailable } = limits(deployment)
  const availableOf = (set: MachineSet): number => Math.min(replicasOf(set), set.status?.availableReplicas ?? 0)
  const sum = (read: (set: MachineSet) => number): number =>
    [current, ...old].reduce((total, set) => total + read(set), 0)
  const promised = wanted - unavailable
  let spare = sum(replicasOf) - promised - (replicasOf(current) - availableOf(current))
  let spareAvailable = sum(availableOf) - promised
  for (const set of [...old].sort(oldestFirst)) {
    const broken = Math.min(Math.max(0, spare), replicasOf(set) - availableOf(set))
    const healthy = Math.max(0, Math.min(spare - broken, spareAvailable, availableOf(set)))
    if (broken + healthy === 0) continue
    spare -= broken + healthy
    spareAvailable -= healthy
    await scale(context, deployment, set, replicasOf(set) - broken - healthy, guard)
  }
}

async function scale(
  context: Context,
  deployment: MachineDeployment,
  set: MachineSet,
  replicas: number,
  guard: WriteGuard,
): Promise<void> {
  const { informers, clients } = context
  const written = await clients.core.patch<MachineSet>(machineSets, namespaceOf(set), set.metadata.name, {
    spec: { replicas },
  })
  guard.expect(keyOf(deployment), () => {
    const seen = informers.machineSets.get(namespaceOf(set), set.metadata.name)
    return seen === undefined || Number(seen.metadata.resourceVersion) >= Number(written.metadata.resourceVersion)
  })
}

async function updateStatus(
  context: Context,
  deployment: MachineDeployment,
  current: MachineSet | undefined,
  sets: readonly MachineSet[],
): Promise<void> {
  const { wanted, unavailable } = limits(deployment)
  const machines: Machine[] = sets.flatMap((set) => machinesOf(context, set))
  const sum = (read: (set: MachineSet) => number | undefined): number =>
    sets.reduce((total, set) => total + (read(set) ?? 0), 0)
  const replicas = sum((set) => set.status?.replicas)
  const available = sum((set) => set.status?.availableReplicas)
  const upToDate = current?.status?.replicas ?? 0
  const rolling = sets.some((set) => set !== current && (set.status?.replicas ?? 0) > 0)
  const deleting = machines.filter(isDeleting).length
  const remediating = machines.some((machine) => getCondition(machine, 'OwnerRemediated')?.status === 'False')
  await patchStatus(
    context,
    context.clients.core,
    machineDeployments,
    deployment,
    {
      replicas,
      readyReplicas: sum((set) => set.status?.readyReplicas),
      availableReplicas: available,
      upToDateReplicas: upToDate,
      phase: rolling ? 'RollingOut' : replicas < wanted ? 'ScalingUp' : replicas > wanted ? 'ScalingDown' : 'Running',
    },
    [
      when(
        'Available',
        available >= wanted - unavailable,
        'Available',
        'NotAvailable',
        `${available} available replicas, at least ${wanted - unavailable} required`,
      ),
      machinesSummary('MachinesReady', machines, 'Ready'),
      machinesSummary('MachinesUpToDate', machines, 'UpToDate'),
      rolling ? yes('RollingOut', 'RollingOut') : no('RollingOut', 'NotRollingOut'),
      when('ScalingUp', replicas < wanted, 'ScalingUp', 'NotScalingUp'),
      when(
        'ScalingDown',
        replicas > wanted || (deleting > 0 && replicas >= wanted && !remediating),
        'ScalingDown',
        'NotScalingDown',
      ),
      when('Remediating', remediating, 'Remediating', 'NotRemediating'),
      no('Deleting', 'NotDeleting'),
      no('Paused', 'NotPaused'),
    ],
  )
}
