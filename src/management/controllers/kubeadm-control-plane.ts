/** The control plane: certificates, first machine, growth, remediation, rollout. Source: cluster-api kubeadmcontrolplane_controller.go. */
import { splitKey } from '../../kube/object.ts'
import type { ReconcileResult } from '../../kube/work-queue.ts'
import { yes, no } from '../conditions.ts'
import {
  addFinalizer,
  clusterNameLabel,
  deleteIfThere,
  isDeleting,
  isOwnedBy,
  isPaused,
  namespaceOf,
  patchStatus,
  removeFinalizer,
  WriteGuard,
  type Context,
} from '../context.ts'
import { kubeadmControlPlanes, machines as machineKind } from '../kinds/catalogue.ts'
import type { Cluster, KubeadmControlPlane, Machine } from '../kinds/types.ts'
import { Certificates } from './control-plane/certificates.ts'
import { liftHook, preTerminate } from './control-plane/pre-terminate.ts'
import { finishRemediation, remediate } from './control-plane/remediation.ts'
import { rolloutAndScale } from './control-plane/scale.ts'
import { inspect } from './control-plane/state.ts'
import { reportControlPlane, reportMachines } from './control-plane/status.ts'
import { MachineNames } from './machine-parts.ts'

const finalizer = 'kubeadm.controlplane.cluster.x-k8s.io'

export function kubeadmControlPlaneReconciler(context: Context): (key: string) => Promise<ReconcileResult | void> {
  const { informers, clients } = context
  const guard = new WriteGuard(context.clock)
  const names = new MachineNames(context.random)
  const certificates = new Certificates(context)
  return async (key) => {
    const { namespace, name } = splitKey(key)
    const controlPlane = informers.controlPlanes.get(namespace, name)
    if (controlPlane === undefined) return
    const cluster = informers.clusters.get(namespace, controlPlane.metadata.labels?.[clusterNameLabel] ?? '')
    const machines = [...informers.machines.values()].filter(
      (machine) => namespaceOf(machine) === namespace && isOwnedBy(machine, controlPlane),
    )
    if (isDeleting(controlPlane)) {
      names.forget(controlPlane.metadata.uid as string)
      certificates.forget(controlPlane.metadata.uid as string)
      return remove(context, cluster, controlPlane, machines)
    }
    if (cluster === undefined || isPaused(cluster, controlPlane)) return
    if (await addFinalizer(clients.controlPlane, kubeadmControlPlanes, controlPlane, finalizer)) return
    if (cluster.status?.initialization?.infrastructureProvisioned !== true || isDeleting(cluster)) return
    if (guard.isStale(key)) return { requeueAfter: context.timers.reconcileGate }
    return reconcile(
      context,
      cluster,
      controlPlane,
      machines,
      guard,
      names,
      await certificates.ensure(cluster, controlPlane),
    )
  }
}

async function reconcile(
  context: Context,
  cluster: Cluster,
  controlPlane: KubeadmControlPlane,
  machines: readonly Machine[],
  guard: WriteGuard,
  names: MachineNames,
  certificates: boolean,
): Promise<ReconcileResult | void> {
  const { timers } = context
  const state = await inspect(context, cluster, controlPlane, machines)
  const initialized = controlPlane.status?.initialization?.controlPlaneInitialized === true
  if (initialized && state.remote === undefined) {
    await reportControlPlane(context, state, certificates)
    return { requeueAfter: timers.controlPlaneRetry } // nothing else is safe without a connection
  }
  await reportMachines(context, state)
  await finishRemediation(context, state)
  let result = await preTerminate(context, state)
  if (!guard.isStale(`${namespaceOf(controlPlane)}/${controlPlane.metadata.name}`)) {
    result ??= await remediate(context, state, guard)
    if (result === undefined && certificates) result = await rolloutAndScale(context, state, guard, names)
  }
  await reportControlPlane(context, state, certificates)
  if (result !== undefined) return result
  const healthy =
    initialized &&
    machines.length === (controlPlane.spec.replicas ?? 1) &&
    [...(state.remote?.conditions.values() ?? [])].every((conditions) =>
      conditions.every((condition) => condition.status === 'True'),
    )
  return healthy ? undefined : { requeueAfter: timers.controlPlaneRetry }
}

/** Workers have to be gone; then all machines go at once, without looking at etcd. */
async function remove(
  context: Context,
  cluster: Cluster | undefined,
  controlPlane: KubeadmControlPlane,
  machines: readonly Machine[],
): Promise<ReconcileResult | void> {
  const { clients, informers, timers } = context
  if (machines.length === 0) return removeFinalizer(clients.controlPlane, kubeadmControlPlanes, controlPlane, finalizer)
  const workers = [...informers.machines.values()].filter(
    (machine) =>
      namespaceOf(machine) === namespaceOf(controlPlane) &&
      machine.spec.clusterName === cluster?.metadata.name &&
      !isOwnedBy(machine, controlPlane),
  )
  if (workers.length > 0) {
    await patchStatus(context, clients.controlPlane, kubeadmControlPlanes, controlPlane, {}, [
      yes('Deleting', 'WaitingForWorkersDeletion', `${workers.length} worker Machines are left`),
    ])
    return { requeueAfter: timers.clusterDeletion }
  }
  await patchStatus(context, clients.controlPlane, kubeadmControlPlanes, controlPlane, {}, [
    yes('Deleting', 'WaitingForMachineDeletion'),
    no('Available', 'NotAvailable', 'Control plane is being deleted'),
  ])
  for (const machine of machines) {
    await liftHook(context, machine)
    await deleteIfThere(clients.controlPlane, machineKind, machine)
  }
}
