/** Would what is left still be a control plane? The checks that keep quorum. Source: cluster-api remediation.go. */
import type { Wanted } from '../../../kube/conditions.ts'
import { getCondition } from '../../conditions.ts'
import { isDeleting, oldestFirst } from '../../context.ts'
import type { Machine } from '../../kinds/types.ts'
import { moveLeader, podConditions, type ControlPlaneState, type EtcdMember } from './state.ts'

/** The condition as just inspected, else as last written. */
export const isHealthyNow = (state: ControlPlaneState, machine: Machine, type: string): boolean =>
  statusNow(state, machine, type) === 'True'

export function statusNow(state: ControlPlaneState, machine: Machine, type: string): Wanted['status'] {
  const fresh = state.remote?.conditions.get(machine.metadata.name)?.find((condition) => condition.type === type)
  return (fresh ?? getCondition(machine, type))?.status ?? 'Unknown'
}

export const isFullyHealthy = (state: ControlPlaneState, machine: Machine): boolean =>
  machine.status?.nodeRef !== undefined &&
  [...podConditions, 'EtcdMemberHealthy'].every((type) => isHealthyNow(state, machine, type))

/** Why removing the machine's member would hurt; undefined when it is safe. */
export function quorumRisk(state: ControlPlaneState, machine: Machine): string | undefined {
  const { remote, machines } = state
  if (remote?.members === undefined) return 'Failed to check etcd cluster health'
  if (remote.members.some((member) => member.learner || member.name === ''))
    return 'etcd has a learner or an unstarted member'
  const own = machine.status?.nodeRef?.name
  const remaining = remote.members.filter((member) => member.name !== own)
  const unhealthy = remaining.filter((member) => {
    const holder = machines.find((each) => each.status?.nodeRef?.name === member.name)
    return holder === undefined ? member.alarms.length > 0 : !isHealthyNow(state, holder, 'EtcdMemberHealthy')
  })
  const healthy = remaining.length - unhealthy.length
  const quorum = Math.floor(remaining.length / 2) + 1
  return healthy >= quorum
    ? undefined
    : `etcd would lose quorum: ${healthy} healthy of ${remaining.length} voting members would be left, ${quorum} are needed`
}

/** Moves leadership away from the machine's member. */
export async function forwardLeadership(state: ControlPlaneState, machine: Machine): Promise<void> {
  const { remote, machines } = state
  const leader = remote?.members?.find((member) => member.leader)
  if (remote === undefined || leader === undefined || leader.name !== machine.status?.nodeRef?.name) return
  const candidates = machines
    .filter((other) => other !== machine && !isDeleting(other) && isHealthyNow(state, other, 'EtcdMemberHealthy'))
    .sort((a, b) => oldestFirst(b, a))
  const name = candidates[0]?.status?.nodeRef?.name
  const target = remote.members?.find((member: EtcdMember) => member.name === name)
  if (target === undefined) throw new Error('there is no healthy etcd member to forward leadership to')
  await moveLeader(remote.client, target)
}
