/** As many machines as asked for; unhealthy ones are deleted first and replaced when they are gone. Source: cluster-api core/reconcilers/machineset. */
import { splitKey } from '../../kube/object.ts'
import { labelSelectorMatcher } from '../../kube/selector.ts'
import type { ReconcileResult } from '../../kube/work-queue.ts'
import { getCondition, isTrue, needsRemediation, no, when, yes } from '../conditions.ts'
import type { Wanted } from '../../kube/conditions.ts'
import {
  addFinalizer,
  controlPlaneLabel,
  deleteIfThere,
  deploymentNameLabel,
  intOrPercent,
  isDeleting,
  isOwnedBy,
  isPaused,
  keyOf,
  namespaceOf,
  patchStatus,
  removeFinalizer,
  setNameLabel,
  WriteGuard,
  type Context,
} from '../context.ts'
import { machines as machineKind, machineSets } from '../kinds/catalogue.ts'
import type { Cluster, Machine, MachineSet, Template } from '../kinds/types.ts'
import { kubeadmConfigTemplates } from '../kinds/catalogue.ts'
import { createMachine, MachineNames, ownTemplate } from './machine-parts.ts'

const finalizer = 'cluster.x-k8s.io/machineset'
const remediateAnnotation = 'cluster.x-k8s.io/remediate-machine'
const deleteAnnotation = 'cluster.x-k8s.io/delete-machine'
const noCreateAnnotation = 'cluster.x-k8s.io/disable-machine-create'

export function machineSetReconciler(context: Context): (key: string) => Promise<ReconcileResult | void> {
  const { informers, clients } = context
  const guard = new WriteGuard(context.clock)
  const names = new MachineNames(context.random)
  return async (key) => {
    const { namespace, name } = splitKey(key)
    const set = informers.machineSets.get(namespace, name)
    if (set === undefined) return
    const cluster = informers.clusters.get(namespace, set.spec.clusterName)
    const machines = machinesOf(context, set)
    if (isDeleting(set)) {
      if (machines.length === 0) {
        names.forget(set.metadata.uid as string)
        return removeFinalizer(clients.core, machineSets, set, finalizer)
      }
      for (const machine of machines) await deleteIfThere(clients.core, machineKind, machine)
      return
    }
    if (cluster === undefined || isDeleting(cluster) || isPaused(cluster, set)) return
    if (await addFinalizer(clients.core, machineSets, set, finalizer)) return
    if (guard.isStale(key)) return { requeueAfter: context.timers.reconcileGate }
    const remediation = await remediate(context, cluster, set, machines, guard)
    const scaled = await syncReplicas(context, cluster, set, machines, guard, names)
    await updateStatus(context, set, machines)
    return remediation ?? scaled
  }
}

/** Machines of the set, those being deleted included: they count until they are gone. */
export function machinesOf({ informers }: Context, set: MachineSet): Machine[] {
  return [...informers.machines.values()].filter(
    (machine) => namespaceOf(machine) === namespaceOf(set) && isOwnedBy(machine, set),
  )
}

async function remediate(
  context: Context,
  cluster: Cluster,
  set: MachineSet,
  machines: readonly Machine[],
  guard: WriteGuard,
): Promise<ReconcileResult | undefined> {
  const { clients, informers, timers } = context
  const unhealthy = machines.filter(needsRemediation)
  if (unhealthy.length === 0) return undefined
  const deployment = informers.machineDeployments.get(
    namespaceOf(set),
    set.metadata.labels?.[deploymentNameLabel] ?? '',
  )
  const mark = (machine: Machine, condition: Wanted): Promise<void> =>
    patchStatus(context, clients.core, machineKind, machine, {}, [condition])
  if (deployment !== undefined && (set.spec.replicas ?? 0) === 0) {
    for (const machine of unhealthy)
      await mark(machine, no('OwnerRemediated', 'CannotBeRemediated', 'Machine is pending removal due to rollout'))
    return undefined
  }
  const limit = deployment?.spec.remediation?.maxInFlight
  const inFlight = machines.filter(
    (machine) => isDeleting(machine) && getCondition(machine, 'OwnerRemediated')?.reason === 'MachineDeleting',
  ).length
  const tokens =
    limit === undefined ? Infinity : Math.max(0, intOrPercent(limit, deployment?.spec.replicas ?? 0, 'up') - inFlight)
  const ordered = [...unhealthy].sort(
    (a, b) =>
      Number(b.metadata.annotations?.[remediateAnnotation] !== undefined) -
        Number(a.metadata.annotations?.[remediateAnnotation] !== undefined) ||
      compare(b.metadata.creationTimestamp, a.metadata.creationTimestamp) ||
      compare(a.metadata.name, b.metadata.name),
  )
  for (const machine of ordered.slice(tokens))
    await mark(
      machine,
      no(
        'OwnerRemediated',
        'RemediationDeferred',
        `Waiting because there are already too many remediations in progress (spec.strategy.remediation.maxInFlight is ${limit})`,
      ),
    )
  const chosen = ordered.slice(0, tokens)
  const failed = preflight(context, cluster)
  if (failed !== undefined) {
    for (const machine of chosen) await mark(machine, no('OwnerRemediated', 'RemediationDeferred', failed))
    return { requeueAfter: timers.machineSetPreflight }
  }
  for (const machine of chosen) {
    await mark(machine, no('OwnerRemediated', 'MachineDeleting', 'Machine is deleting'))
    await deleteIfThere(clients.core, machineKind, machine)
    expectDeletion(context, guard, set, machine)
  }
  return undefined
}

/** ControlPlaneIsStable: no machine is made or remediated while the control plane is being set up or upgraded. */
function preflight({ informers }: Context, cluster: Cluster): string | undefined {
  const reference = cluster.spec?.controlPlaneRef
  if (reference === undefined) return undefined
  const controlPlane = informers.controlPlanes.get(namespaceOf(cluster), reference.name)
  if (controlPlane === undefined) return undefined
  if (controlPlane.status?.version === undefined)
    return `KubeadmControlPlane ${reference.name} is provisioning ("ControlPlaneIsStable" preflight check failed)`
  if (controlPlane.status.version !== controlPlane.spec.version)
    return `KubeadmControlPlane ${reference.name} is upgrading ("ControlPlaneIsStable" preflight check failed)`
  return undefined
}

async function syncReplicas(
  context: Context,
  cluster: Cluster,
  set: MachineSet,
  machines: readonly Machine[],
  guard: WriteGuard,
  names: MachineNames,
): Promise<ReconcileResult | undefined> {
  const { clients, informers, timers } = context
  const wanted = set.spec.replicas ?? 1
  if (machines.length < wanted) {
    if (set.metadata.annotations?.[noCreateAnnotation] === 'true') return undefined
    if (preflight(context, cluster) !== undefined) return { requeueAfter: timers.machineSetPreflight }
    const { template } = set.spec
    const bootstrapName = template.spec.bootstrap.configRef?.name ?? ''
    const bootstrap =
      bootstrapName === ''
        ? undefined
        : await clients.core.get<Template>(kubeadmConfigTemplates, namespaceOf(set), bootstrapName)
    if (bootstrap !== undefined) {
      await ownTemplate(context, clients.core, kubeadmConfigTemplates, bootstrap, set.spec.clusterName)
    }
    for (let i = machines.length; i < wanted; i++) {
      const name = names.next(set)
      const { bootstrap: _, infrastructureRef, clusterName, ...spec } = template.spec
      await createMachine(context, clients.core, {
        owner: set,
        ownerKind: machineSets,
        name,
        clusterName,
        labels: { ...template.metadata?.labels, [setNameLabel]: set.metadata.name },
        annotations: template.metadata?.annotations ?? {},
        infrastructureTemplate: infrastructureRef.name,
        bootstrap: bootstrap?.spec?.template?.spec,
        spec,
      })
      guard.expect(keyOf(set), () => informers.machines.get(namespaceOf(set), name) !== undefined)
    }
  } else if (machines.length > wanted) {
    const alive = machines
      .filter((machine) => !isDeleting(machine))
      .sort((a, b) => deletionPriority(b) - deletionPriority(a) || compare(a.metadata.name, b.metadata.name))
    const surplus = machines.length - wanted - (machines.length - alive.length)
    for (const machine of alive.slice(0, Math.max(0, surplus))) {
      await deleteIfThere(clients.core, machineKind, machine)
      expectDeletion(context, guard, set, machine)
    }
  }
  return undefined
}

function expectDeletion({ informers }: Context, guard: WriteGuard, set: MachineSet, machine: Machine): void {
  guard.expect(keyOf(set), () => {
    const seen = informers.machines.get(namespaceOf(machine), machine.metadata.name)
    return seen === undefined || isDeleting(seen)
  })
}

/** Marked for deletion, then unhealthy, then not running, then the rest ("Random" policy: by name, so that runs repeat). */
function deletionPriority(machine: Machine): number {
  if (machine.metadata.annotations?.[deleteAnnotation] !== undefined) return 3
  if (getCondition(machine, 'HealthCheckSucceeded')?.status === 'False') return 2
  return machine.status?.nodeRef === undefined || !isTrue(machine, 'Ready') ? 1 : 0
}

const compare = (a: string | undefined, b: string | undefined): number =>
  (a ?? '') < (b ?? '') ? -1 : (a ?? '') > (b ?? '') ? 1 : 0

async function updateStatus(context: Context, set: MachineSet, machines: readonly Machine[]): Promise<void> {
  const wanted = set.spec.replicas ?? 1
  const matches = labelSelectorMatcher(set.spec.selector)
  const counted = machines.filter(
    (machine) => matches(machine.metadata.labels) || machine.metadata.labels?.[controlPlaneLabel] === undefined,
  )
  const count = (type: string): number => counted.filter((machine) => isTrue(machine, type)).length
  const deleting = machines.filter(isDeleting).length
  const remediating = machines.filter((machine) => getCondition(machine, 'OwnerRemediated')?.status === 'False').length
  await patchStatus(
    context,
    context.clients.core,
    machineSets,
    set,
    {
      replicas: counted.length,
      readyReplicas: count('Ready'),
      availableReplicas: count('Available'),
      upToDateReplicas: counted.filter((machine) => getCondition(machine, 'UpToDate')?.status !== 'False').length,
    },
    [
      machinesSummary('MachinesReady', machines, 'Ready'),
      machinesSummary('MachinesUpToDate', machines, 'UpToDate'),
      when('ScalingUp', counted.length < wanted, 'ScalingUp', 'NotScalingUp'),
      when(
        'ScalingDown',
        counted.length > wanted || (deleting > 0 && counted.length >= wanted),
        'ScalingDown',
        'NotScalingDown',
      ),
      when('Remediating', remediating > 0, 'Remediating', 'NotRemediating'),
      no('Deleting', 'NotDeleting'),
      no('Paused', 'NotPaused'),
    ],
  )
}

/** One condition over all machines: True when all are, and when there are none. */
export function machinesSummary(type: string, machines: readonly Machine[], part: string): Wanted {
  const reason = type === 'MachinesReady' ? 'Ready' : 'UpToDate'
  const bad = machines.filter((machine) => !isTrue(machine, part))
  if (bad.length === 0) return yes(type, machines.length === 0 ? 'NoReplicas' : reason)
  return no(
    type,
    `Not${reason}`,
    `* Machine${bad.length === 1 ? '' : 's'} ${bad
      .map((machine) => machine.metadata.name)
      .slice(0, 3)
      .join(', ')}: not ${part}`,
  )
}
