/** What the control plane looks like from inside its cluster: static pods, nodes, etcd members. Source: cluster-api workload_cluster_conditions.go. */
import type { Client, KindRef } from '../../../kube/client.ts'
import type { Condition, KubeObject } from '../../../kube/object.ts'
import { no, unknown, yes } from '../../conditions.ts'
import type { Wanted } from '../../../kube/conditions.ts'
import { isDeleting, namespaceOf, type Context } from '../../context.ts'
import type { Cluster, KubeadmControlPlane, Machine } from '../../kinds/types.ts'

export interface EtcdMember {
  readonly id: string
  readonly name: string
  readonly leader: boolean
  readonly learner: boolean
  readonly healthy: boolean
  readonly alarms: readonly string[]
}

/** Where the embedded provider answers for etcd; the real control plane forwards ports (docs/fidelity.md). */
const etcdPath = '/capstorm.dev/etcd/members'

const podKind: KindRef = { group: '', version: 'v1', resource: 'pods', kind: 'Pod', namespaced: true }

export interface ControlPlaneState {
  readonly cluster: Cluster
  readonly controlPlane: KubeadmControlPlane
  readonly machines: readonly Machine[]
  /** Undefined while the cluster has no connection yet. */
  readonly remote:
    | {
        readonly client: Client
        readonly members: readonly EtcdMember[] | undefined
        readonly conditions: ReadonlyMap<string, readonly Wanted[]>
      }
    | undefined
}

interface Pod extends KubeObject {
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] }
}

const components = [
  ['APIServerPodHealthy', 'kube-apiserver'],
  ['ControllerManagerPodHealthy', 'kube-controller-manager'],
  ['SchedulerPodHealthy', 'kube-scheduler'],
  ['EtcdPodHealthy', 'etcd'],
] as const

export const podConditions: readonly string[] = components.map(([type]) => type)

/** Throws when the cluster is connected and does not answer. */
export async function inspect(
  context: Context,
  cluster: Cluster,
  controlPlane: KubeadmControlPlane,
  machines: readonly Machine[],
): Promise<ControlPlaneState> {
  const key = `${namespaceOf(cluster)}/${cluster.metadata.name}`
  if (!context.clusterCache.isConnected(key)) return { cluster, controlPlane, machines, remote: undefined }
  const client = context.clusterCache.client(key)
  const { items } = await client.list<Pod>(podKind, { namespace: 'kube-system', labelSelector: 'tier=control-plane' })
  const pods = new Map(items.map((pod) => [pod.metadata.name, pod]))
  const members = await etcdMembers(client)
  const conditions = new Map(
    machines.map((machine) => [machine.metadata.name, conditionsOf(context, key, machine, pods, members)]),
  )
  return { cluster, controlPlane, machines, remote: { client, members, conditions } }
}

async function etcdMembers(client: Client): Promise<readonly EtcdMember[] | undefined> {
  try {
    return ((await client.raw(etcdPath)) as { members: EtcdMember[] }).members
  } catch {
    return undefined // unreachable etcd is a state that conditions report, not a failure to inspect
  }
}

function conditionsOf(
  context: Context,
  cluster: string,
  machine: Machine,
  pods: ReadonlyMap<string, Pod>,
  members: readonly EtcdMember[] | undefined,
): Wanted[] {
  const types = [...podConditions, 'EtcdMemberHealthy']
  if (isDeleting(machine)) return types.map((type) => no(type, 'Deleting', 'Machine is deleting'))
  const name = machine.status?.nodeRef?.name
  if (name === undefined) {
    const waiting = `Waiting for a Node with spec.providerID ${machine.spec.providerID ?? ''} to exist`
    return types.map((type) => unknown(type, 'InspectionFailed', waiting))
  }
  const node = context.clusterCache.nodes(cluster).get('', name)
  if (node === undefined) return types.map((type) => unknown(type, 'InspectionFailed', `Node ${name} does not exist`))
  const member = members?.find((each) => each.name === name)
  const etcd =
    members === undefined
      ? unknown('EtcdMemberHealthy', 'InspectionFailed', 'Failed to connect to etcd')
      : member === undefined
        ? no('EtcdMemberHealthy', 'NotHealthy', `Etcd member ${name} does not exist`)
        : !member.healthy || member.learner || member.alarms.length > 0
          ? no('EtcdMemberHealthy', 'NotHealthy', `Etcd member ${name} does not answer`)
          : yes('EtcdMemberHealthy', 'Healthy')
  const unreachable =
    node.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'Unknown') === true
  if (unreachable)
    return [...podConditions.map((type) => unknown(type, 'InspectionFailed', `Node ${name} is unreachable`)), etcd]
  return [...components.map(([type, component]) => podCondition(type, pods.get(`${component}-${name}`))), etcd]
}

function podCondition(type: string, pod: Pod | undefined): Wanted {
  if (pod === undefined) return no(type, 'DoesNotExist', 'Pod does not exist')
  const ready =
    pod.status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') === true
  if (pod.status?.phase === 'Running' && ready) return yes(type, 'Running')
  if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded')
    return no(type, 'Failed', `Pod is ${pod.status.phase}`)
  return no(type, 'Provisioning', 'Pod is not ready')
}

export async function moveLeader(client: Client, to: EtcdMember): Promise<void> {
  await client.post(`${etcdPath}/${to.id}/move-leader`)
}

export async function removeMember(client: Client, member: EtcdMember): Promise<void> {
  await client.post(`${etcdPath}/${member.id}/remove`)
}
