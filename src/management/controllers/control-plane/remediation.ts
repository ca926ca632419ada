/** One broken control-plane machine at a time, and only when the rest can do without. Source: cluster-api remediation.go. */
import type { ReconcileResult } from '../../../kube/work-queue.ts'
import { getCondition, needsRemediation, no } from '../../conditions.ts'
import type { Wanted } from '../../../kube/conditions.ts'
import {
  deleteIfThere,
  isDeleting,
  keyOf,
  namespaceOf,
  patchStatus,
  type Context,
  type WriteGuard,
} from '../../context.ts'
import { kubeadmControlPlanes, machines as machineKind } from '../../kinds/catalogue.ts'
import type { Machine } from '../../kinds/types.ts'
import { forwardLeadership, isHealthyNow, quorumRisk } from './etcd-safety.ts'
import { podConditions, type ControlPlaneState } from './state.ts'

export const inProgressAnnotation = 'controlplane.cluster.x-k8s.io/remediation-in-progress'
export const remediationForAnnotation = 'controlplane.cluster.x-k8s.io/remediation-for'
const remediateAnnotation = 'cluster.x-k8s.io/remediate-machine'

export interface RemediationData {
  readonly machine: string
  readonly timestamp: string
  readonly retryCount: number
}

export const readRemediation = (text: string | undefined): RemediationData | undefined =>
  text === undefined ? undefined : (JSON.parse(text) as RemediationData)

/** Undefined when there is nothing to remediate, so that other work may go on. */
export async function remediate(
  context: Context,
  state: ControlPlaneState,
  guard: WriteGuard,
): Promise<ReconcileResult | undefined> {
  const { clients, clock } = context
  const { controlPlane, machines } = state
  const broken = machines
    .filter(needsRemediation)
    .sort((a, b) => brokenness(state, b) - brokenness(state, a) || (a.metadata.name < b.metadata.name ? -1 : 1))
  const [machine] = broken
  if (machine === undefined || readRemediation(controlPlane.metadata.annotations?.[inProgressAnnotation]) !== undefined)
    return undefined
  const refuse = async (reason: string, message: string): Promise<undefined> => {
    await patchStatus(context, clients.controlPlane, machineKind, machine, {}, [no('OwnerRemediated', reason, message)])
    return undefined
  }
  const retry = retryOf(context, state, machine)
  if ('refused' in retry) return refuse(...retry.refused)
  if (controlPlane.status?.initialization?.controlPlaneInitialized === true) {
    const refusal = unsafe(state, machine)
    if (refusal !== undefined) return refuse(...refusal)
    try {
      await forwardLeadership(state, machine)
    } catch (error) {
      return refuse('CannotBeRemediated', (error as Error).message)
    }
  }
  const data: RemediationData = {
    machine: machine.metadata.name,
    timestamp: `${new Date(clock.wallMs()).toISOString().slice(0, 19)}Z`,
    retryCount: retry.retryCount,
  }
  await patchStatus(context, clients.controlPlane, machineKind, machine, {}, [
    no('OwnerRemediated', 'MachineDeleting', 'Machine is deleting'),
  ])
  await deleteWithPlant(context, state, machine)
  await clients.controlPlane.patch(kubeadmControlPlanes, namespaceOf(controlPlane), controlPlane.metadata.name, {
    metadata: { annotations: { [inProgressAnnotation]: JSON.stringify(data) } },
  })
  guard.expect(
    keyOf(controlPlane),
    () =>
      context.informers.controlPlanes.get(namespaceOf(controlPlane), controlPlane.metadata.name)?.metadata
        .annotations?.[inProgressAnnotation] !== undefined,
  )
  return { requeueAfter: 1 }
}

/** Deletes the machine; with the plant `kcp-double-delete` another one as well, which is the bug to be caught. */
export async function deleteWithPlant(context: Context, state: ControlPlaneState, machine: Machine): Promise<void> {
  const client = context.clients.controlPlane
  await deleteIfThere(client, machineKind, machine)
  if (!context.plants.doubleDelete) return
  const other = state.machines.find((each) => each !== machine && !isDeleting(each))
  if (state.machines.length > 2) await deleteIfThere(client, machineKind, other)
}

function unsafe(state: ControlPlaneState, machine: Machine): [reason: string, message: string] | undefined {
  const { machines } = state
  if (machines.length <= 1)
    return ['CannotBeRemediated', "KubeadmControlPlane can't remediate if current replicas are less or equal to 1"]
  if (machines.some((each) => each.status?.nodeRef === undefined && !needsRemediation(each)))
    return ['RemediationDeferred', "KubeadmControlPlane can't remediate while there are Machines provisioning"]
  if (machines.some(isDeleting))
    return ['RemediationDeferred', "KubeadmControlPlane can't remediate while there are Machines deleting"]
  if (state.remote?.members === undefined) return ['RemediationDeferred', 'Failed to check etcd cluster health']
  const others = machines.filter((each) => each !== machine)
  if (!others.some((each) => podConditions.every((type) => isHealthyNow(state, each, type))))
    return ['CannotBeRemediated', 'there are no other healthy control plane components']
  const risk = quorumRisk(state, machine)
  return risk === undefined ? undefined : ['CannotBeRemediated', `KubeadmControlPlane can't remediate: ${risk}`]
}

/** Retry limits: same problem while within minHealthyPeriod of the last remediation. */
function retryOf(
  { clock }: Context,
  { controlPlane }: ControlPlaneState,
  machine: Machine,
): { retryCount: number } | { refused: [string, string] } {
  const last = readRemediation(machine.metadata.annotations?.[remediationForAnnotation])
  const { maxRetry, retryPeriodSeconds = 0, minHealthyPeriodSeconds = 3600 } = controlPlane.spec.remediation ?? {}
  if (last === undefined) return { retryCount: 0 }
  const since = clock.wallMs() - Date.parse(last.timestamp)
  if (since >= minHealthyPeriodSeconds * 1000) return { retryCount: 0 }
  if (since < retryPeriodSeconds * 1000)
    return { refused: ['RemediationDeferred', `waiting ${retryPeriodSeconds}s between remediations`] }
  if (maxRetry !== undefined && last.retryCount >= maxRetry)
    return { refused: ['CannotBeRemediated', `maxRetry ${maxRetry} reached`] }
  return { retryCount: last.retryCount + 1 }
}

function brokenness(state: ControlPlaneState, machine: Machine): number {
  const order = [
    'EtcdMemberHealthy',
    'EtcdPodHealthy',
    'APIServerPodHealthy',
    'ControllerManagerPodHealthy',
    'SchedulerPodHealthy',
  ]
  if (machine.metadata.annotations?.[remediateAnnotation] !== undefined) return 100
  if (machine.status?.nodeRef === undefined) return 50
  const worst = order.findIndex((type) => !isHealthyNow(state, machine, type))
  return worst < 0 ? 0 : order.length - worst
}

/** The annotation goes once a machine newer than its timestamp exists. */
export async function finishRemediation(
  { clients }: Context,
  { controlPlane, machines }: ControlPlaneState,
): Promise<void> {
  const data = readRemediation(controlPlane.metadata.annotations?.[inProgressAnnotation])
  if (data === undefined) return
  const replaced = machines.some(
    (machine) =>
      readRemediation(machine.metadata.annotations?.[remediationForAnnotation])?.timestamp === data.timestamp,
  )
  const newer = machines.some((machine) => (machine.metadata.creationTimestamp ?? '') > data.timestamp)
  if (!replaced && !newer) return
  await clients.controlPlane.patch(kubeadmControlPlanes, namespaceOf(controlPlane), controlPlane.metadata.name, {
    metadata: { annotations: { [inProgressAnnotation]: null } },
  })
}

export const remediationCondition = (machines: readonly Machine[]): Wanted => {
  const marked = machines.filter((machine) => getCondition(machine, 'OwnerRemediated')?.status === 'False')
  return marked.length === 0
    ? no('Remediating', 'NotRemediating')
    : {
        type: 'Remediating',
        status: 'True',
        reason: 'Remediating',
        message: marked
          .map((machine) => `* Machine ${machine.metadata.name}: ${getCondition(machine, 'OwnerRemediated')?.reason}`)
          .join('\n'),
      }
}
