/** A Machine's end, strictly in order: drain, hooks, infrastructure, bootstrap, node, finalizer. Source: cluster-api machine_controller.go. */
import type { KindRef } from '../../kube/client.ts'
import type { KubeObject } from '../../kube/object.ts'
import { isNotFound } from '../../kube/status.ts'
import type { ReconcileResult } from '../../kube/work-queue.ts'
import { getCondition, no, yes } from '../conditions.ts'
import {
  controlPlaneLabel,
  deleteIfThere,
  ignoreNotFound,
  isDeleting,
  namespaceOf,
  patchStatus,
  removeFinalizer,
  type Context,
} from '../context.ts'
import { kubeadmConfigs, machines } from '../kinds/catalogue.ts'
import type { Cluster, Machine } from '../kinds/types.ts'
import { machineFinalizer } from '../context.ts'

const preTerminateHook = 'pre-terminate.delete.hook.machine.cluster.x-k8s.io/'
const preDrainHook = 'pre-drain.delete.hook.machine.cluster.x-k8s.io/'
const nodeKind: KindRef = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false }
const podKind: KindRef = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true }

export const waitingForPreTerminateHook = 'WaitingForPreTerminateHook'

export async function deleteMachine(
  context: Context,
  cluster: Cluster,
  machine: Machine,
): Promise<ReconcileResult | void> {
  const { informers, clients } = context
  const namespace = namespaceOf(machine)
  const { name } = machine.metadata
  const infra = informers.infraMachines.get(namespace, name)
  const config = informers.kubeadmConfigs.get(namespace, name)
  const nodeName = machine.status?.nodeRef?.name
  const touchesNode = nodeName !== undefined && !isDeleting(cluster) && !controlPlaneGone(context, cluster)

  if (hasHook(machine, preDrainHook)) return report(context, machine, 'WaitingForPreDrainHook')
  const terminating = getCondition(machine, 'Deleting')?.reason
  const pastDrain =
    terminating !== undefined &&
    [
      'WaitingForPreTerminateHook',
      'WaitingForInfrastructureDeletion',
      'WaitingForBootstrapDeletion',
      'DeletingNode',
    ].includes(terminating)
  if (touchesNode && !pastDrain && infra !== undefined && !isDeleting(infra)) {
    await report(context, machine, 'DrainingNode')
    if (!(await drain(context, cluster, machine, nodeName))) return { requeueAfter: context.timers.drainRetry }
  }
  if (hasHook(machine, preTerminateHook)) return report(context, machine, waitingForPreTerminateHook)
  if (infra !== undefined) {
    await report(context, machine, 'WaitingForInfrastructureDeletion')
    return deleteIfThere(clients.core, context.infrastructure.machine, infra)
  }
  if (config !== undefined) {
    await report(context, machine, 'WaitingForBootstrapDeletion')
    return deleteIfThere(clients.core, kubeadmConfigs, config)
  }
  if (touchesNode && !context.plants.keepNodes) {
    await report(context, machine, 'DeletingNode')
    const gone = await deleteNode(context, cluster, nodeName)
    const since = context.clock.wallMs() - Date.parse(machine.metadata.deletionTimestamp as string)
    const timeout =
      (machine.spec.deletion?.nodeDeletionTimeoutSeconds ?? context.timers.nodeDeletionTimeout / 1000) * 1000
    if (!gone && (timeout === 0 || since < timeout)) return { requeueAfter: 2_000 }
  }
  await removeFinalizer(clients.core, machines, machine, machineFinalizer)
}

const hasHook = (machine: Machine, prefix: string): boolean =>
  Object.keys(machine.metadata.annotations ?? {}).some((annotation) => annotation.startsWith(prefix))

/** Nobody is left to ask about nodes. */
function controlPlaneGone({ informers }: Context, cluster: Cluster): boolean {
  for (const machine of informers.machines.values()) {
    if (namespaceOf(machine) !== namespaceOf(cluster) || machine.spec.clusterName !== cluster.metadata.name) continue
    if (machine.metadata.labels?.[controlPlaneLabel] !== undefined && !isDeleting(machine)) return false
  }
  return true
}

async function report(context: Context, machine: Machine, reason: string): Promise<void> {
  await patchStatus(context, context.clients.core, machines, machine, { phase: 'Deleting' }, [
    yes('Deleting', reason),
    no('Available', 'NotReady'),
    no('Ready', 'NotReady', '* Deleting: Machine deletion in progress'),
  ])
}

interface Pod extends KubeObject {
  readonly spec?: { readonly nodeName?: string }
}

/** Cordons, then evicts what can be evicted; a node that doesn't answer is not waited for. Throws while the cluster is unreachable. */
async function drain(context: Context, cluster: Cluster, machine: Machine, nodeName: string): Promise<boolean> {
  const drainTimeout = machine.spec.deletion?.nodeDrainTimeoutSeconds ?? 0
  const since = context.clock.wallMs() - Date.parse(machine.metadata.deletionTimestamp as string)
  if (drainTimeout > 0 && since > drainTimeout * 1000) return true
  const key = `${namespaceOf(cluster)}/${cluster.metadata.name}`
  const client = context.clusterCache.client(key)
  const node = context.clusterCache.nodes(key).get('', nodeName)
  if (node === undefined) return true
  if (node.spec?.unschedulable !== true)
    await ignoreNotFound(client.patch(nodeKind, '', nodeName, { spec: { unschedulable: true } }))
  const { items } = await client.list<Pod>(podKind, { fieldSelector: `spec.nodeName=${nodeName}` })
  const evictable = items.filter(
    ({ metadata }) =>
      metadata.annotations?.['kubernetes.io/config.mirror'] === undefined &&
      metadata.ownerReferences?.some((owner) => owner.kind === 'DaemonSet') !== true,
  )
  const unreachable =
    node.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'Unknown') === true
  for (const pod of evictable) {
    if (unreachable && pod.metadata.deletionTimestamp !== undefined) continue
    await ignoreNotFound(client.delete(podKind, namespaceOf(pod), pod.metadata.name))
  }
  return evictable.length === 0 || unreachable
}

async function deleteNode(context: Context, cluster: Cluster, nodeName: string): Promise<boolean> {
  try {
    await context.clusterCache.client(`${namespaceOf(cluster)}/${cluster.metadata.name}`).delete(nodeKind, '', nodeName)
    return true
  } catch (error) {
    return isNotFound(error)
  }
}
