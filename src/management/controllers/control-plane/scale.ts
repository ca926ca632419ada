/** Grows, shrinks and rolls a control plane, one machine at a time. Source: cluster-api scale.go, preflight.go, update.go. */
import type { ReconcileResult } from '../../../kube/work-queue.ts'
import {
  intOrPercent,
  isDeleting,
  keyOf,
  namespaceOf,
  oldestFirst,
  controlPlaneLabel,
  type Context,
  type WriteGuard,
} from '../../context.ts'
import { kubeadmControlPlanes } from '../../kinds/catalogue.ts'
import type { KubeadmControlPlane, Machine } from '../../kinds/types.ts'
import { createMachine, type MachineNames } from '../machine-parts.ts'
import { forwardLeadership, isFullyHealthy, quorumRisk } from './etcd-safety.ts'
import { deleteWithPlant, inProgressAnnotation, remediationForAnnotation } from './remediation.ts'
import { cleanupHook } from './pre-terminate.ts'
import type { ControlPlaneState } from './state.ts'

const deleteAnnotation = 'cluster.x-k8s.io/delete-machine'

export function isUpToDate({ informers }: Context, { spec }: KubeadmControlPlane, machine: Machine): boolean {
  const infra = informers.infraMachines.get(namespaceOf(machine), machine.metadata.name)
  const template = infra?.metadata.annotations?.['cluster.x-k8s.io/cloned-from-name']
  return (
    machine.spec.version === spec.version &&
    (template === undefined || template === spec.machineTemplate.spec.infrastructureRef.name)
  )
}

export async function rolloutAndScale(
  context: Context,
  state: ControlPlaneState,
  guard: WriteGuard,
  names: MachineNames,
): Promise<ReconcileResult | undefined> {
  const { controlPlane, machines } = state
  const wanted = controlPlane.spec.replicas ?? 1
  const outdated = machines.filter((machine) => !isUpToDate(context, controlPlane, machine))
  if (machines.length === 0) return scaleUp(context, state, guard, names)
  if (controlPlane.status?.initialization?.controlPlaneInitialized !== true) return undefined
  if (outdated.length > 0) {
    const surge = intOrPercent(controlPlane.spec.rollout?.strategy?.rollingUpdate?.maxSurge ?? 1, wanted, 'up')
    return machines.length < wanted + surge
      ? scaleUp(context, state, guard, names)
      : scaleDown(context, state, outdated, guard)
  }
  if (machines.length < wanted) return scaleUp(context, state, guard, names)
  if (machines.length > wanted) return scaleDown(context, state, machines, guard)
  return undefined
}

async function scaleUp(
  context: Context,
  state: ControlPlaneState,
  guard: WriteGuard,
  names: MachineNames,
): Promise<ReconcileResult | undefined> {
  const { clients, informers, timers } = context
  const { controlPlane, machines, cluster } = state
  const remediation = controlPlane.metadata.annotations?.[inProgressAnnotation]
  if (machines.length > 0 && !mayScaleUp(state, remediation !== undefined))
    return { requeueAfter: timers.controlPlanePreflight }
  const { machineTemplate, kubeadmConfigSpec, version } = controlPlane.spec
  const name = names.next(controlPlane)
  await createMachine(context, clients.controlPlane, {
    owner: controlPlane,
    ownerKind: kubeadmControlPlanes,
    name,
    clusterName: cluster.metadata.name,
    labels: {
      ...machineTemplate.metadata?.labels,
      [controlPlaneLabel]: '',
      'cluster.x-k8s.io/control-plane-name': controlPlane.metadata.name,
    },
    annotations: {
      ...machineTemplate.metadata?.annotations,
      [cleanupHook]: '',
      ...(remediation === undefined ? {} : { [remediationForAnnotation]: remediation }),
    },
    infrastructureTemplate: machineTemplate.spec.infrastructureRef.name,
    bootstrap: kubeadmConfigSpec,
    spec: { version },
  })
  guard.expect(keyOf(controlPlane), () => informers.machines.get(namespaceOf(controlPlane), name) !== undefined)
  return undefined
}

/** While a remediation is in progress one healthy machine is enough; else everything has to be well. */
function mayScaleUp(state: ControlPlaneState, remediating: boolean): boolean {
  const { machines, remote } = state
  if (remote === undefined || machines.some(isDeleting)) return false
  const healthy = machines.filter((machine) => isFullyHealthy(state, machine)).length
  if (healthy === machines.length) return true
  // One more member, not started yet, must leave a quorum of healthy ones.
  return (
    remediating &&
    healthy >= 1 &&
    remote.members !== undefined &&
    healthy >= Math.floor((remote.members.length + 1) / 2) + 1
  )
}

async function scaleDown(
  context: Context,
  state: ControlPlaneState,
  candidates: readonly Machine[],
  guard: WriteGuard,
): Promise<ReconcileResult | undefined> {
  const { informers, timers } = context
  const { machines, remote, controlPlane } = state
  if (remote === undefined || machines.some(isDeleting)) return { requeueAfter: timers.controlPlanePreflight }
  const machine = [...candidates].sort(
    (a, b) =>
      Number(b.metadata.annotations?.[deleteAnnotation] !== undefined) -
        Number(a.metadata.annotations?.[deleteAnnotation] !== undefined) ||
      Number(isFullyHealthy(state, a)) - Number(isFullyHealthy(state, b)) ||
      oldestFirst(a, b),
  )[0] as Machine
  const others = machines.filter((each) => each !== machine)
  if (!others.every((each) => isFullyHealthy(state, each)) || quorumRisk(state, machine) !== undefined)
    return { requeueAfter: timers.controlPlanePreflight }
  await forwardLeadership(state, machine)
  await deleteWithPlant(context, state, machine)
  guard.expect(keyOf(controlPlane), () => {
    const seen = informers.machines.get(namespaceOf(machine), machine.metadata.name)
    return seen === undefined || isDeleting(seen)
  })
  return undefined
}
