/** Before a control-plane machine's infrastructure goes: leadership moved, member removed, hook lifted. Source: cluster-api reconcilePreTerminateHook. */
import type { ReconcileResult } from '../../../kube/work-queue.ts'
import { getCondition } from '../../conditions.ts'
import { ignoreNotFound, isDeleting, namespaceOf, type Context } from '../../context.ts'
import { machines as machineKind } from '../../kinds/catalogue.ts'
import type { Machine } from '../../kinds/types.ts'
import { waitingForPreTerminateHook } from '../machine-deletion.ts'
import { forwardLeadership, quorumRisk } from './etcd-safety.ts'
import { removeMember, type ControlPlaneState } from './state.ts'

export const cleanupHook = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup'

const hasHook = (machine: Machine): boolean => machine.metadata.annotations?.[cleanupHook] !== undefined

export async function liftHook({ clients }: Context, machine: Machine): Promise<void> {
  if (!hasHook(machine)) return
  await ignoreNotFound(
    clients.controlPlane.patch(machineKind, namespaceOf(machine), machine.metadata.name, {
      metadata: { annotations: { [cleanupHook]: null } },
    }),
  )
}

/** Works on the machine that has been deleted longest; undefined when no machine waits. */
export async function preTerminate(context: Context, state: ControlPlaneState): Promise<ReconcileResult | undefined> {
  const waiting = state.machines
    .filter(
      (machine) =>
        isDeleting(machine) &&
        hasHook(machine) &&
        getCondition(machine, 'Deleting')?.reason === waitingForPreTerminateHook,
    )
    .sort((a, b) => ((a.metadata.deletionTimestamp ?? '') < (b.metadata.deletionTimestamp ?? '') ? -1 : 1))
  const [machine] = waiting
  if (machine === undefined) return undefined
  const { remote } = state
  const name = machine.status?.nodeRef?.name
  const member = remote?.members?.find((each) => each.name === name)
  if (state.machines.length > 1 && remote !== undefined && member !== undefined) {
    if (!context.plants.doubleDelete && quorumRisk(state, machine) !== undefined)
      return { requeueAfter: context.timers.controlPlanePreflight * 2 }
    await forwardLeadership(state, machine)
    await removeMember(remote.client, member)
  }
  await liftHook(context, machine)
  return { requeueAfter: context.timers.reconcileGate }
}
