/**
 * The etcd cluster of one workload cluster: members that stay listed until they are removed, one leader, quorum.
 * Reached like everything else through the API server's address. Until port-forward is served (docs/fidelity.md)
 * that is a path of our own, with the calls Cluster API makes: MemberList, MoveLeader, MemberRemove.
 */
import type { Random } from '../../base/random.ts'
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { failure, methodNotAllowed } from '../../kube/status.ts'

export interface EtcdMember {
  readonly id: string
  /** The node's name, as kubeadm names members. */
  readonly name: string
  readonly leader: boolean
  readonly learner: boolean
  readonly healthy: boolean
  readonly alarms: readonly string[]
}

interface Member {
  readonly id: string
  readonly name: string
  healthy: boolean
}

export const etcdPath = '/capstorm.dev/etcd/members'

export class EtcdCluster {
  readonly #cluster: string
  readonly #random: Random
  readonly #members = new Map<string, Member>()
  #leader: string | undefined
  #joined = 0

  constructor(cluster: string, random: Random) {
    this.#cluster = cluster
    this.#random = random
  }

  get members(): readonly EtcdMember[] {
    return [...this.#members.values()].map((member) => ({
      ...member,
      leader: member.id === this.#leader,
      learner: false,
      alarms: [],
    }))
  }

  /** A cluster of no members has nothing to lose yet. */
  get hasQuorum(): boolean {
    const voters = this.#members.size
    return voters === 0 || this.#healthy() >= Math.floor(voters / 2) + 1
  }

  join(name: string): void {
    if ([...this.#members.values()].some((member) => member.name === name)) return
    const id = Math.floor(this.#random.between(1, 2 ** 48, 'etcd-member', this.#cluster, this.#joined++)).toString(16)
    this.#members.set(id, { id, name, healthy: true })
    this.#elect()
  }

  setHealthy(name: string, healthy: boolean): void {
    for (const member of this.#members.values()) if (member.name === name) member.healthy = healthy
    this.#elect()
  }

  /** The calls of a client that reached us through the API server. */
  answer(exchange: Exchange): Reply {
    const { method, path } = exchange.request
    const [id, action] = path.slice(etcdPath.length + 1).split('/')
    if (method === 'GET') return jsonReply(200, { members: this.members })
    if (method !== 'POST') throw methodNotAllowed(method)
    const member = this.#members.get(id ?? '')
    if (member === undefined) throw failure(404, 'NotFound', 'etcdserver: member not found')
    if (!this.hasQuorum) throw failure(500, undefined, 'etcdserver: request timed out')
    if (action === 'move-leader') {
      if (!member.healthy) throw failure(500, undefined, 'etcdserver: bad leader transferee')
      this.#leader = member.id
    } else {
      const left = [...this.#members.values()].filter((other) => other !== member)
      const healthy = left.filter((other) => other.healthy).length
      if (healthy < Math.floor(left.length / 2) + 1)
        throw failure(500, undefined, 'etcdserver: re-configuration failed due to not enough started members')
      this.#members.delete(member.id)
      this.#elect()
    }
    return jsonReply(200, { members: this.members })
  }

  #healthy(): number {
    return [...this.#members.values()].filter((member) => member.healthy).length
  }

  /** A leader that is down or gone is replaced by the healthy member that joined first. */
  #elect(): void {
    const leader = this.#leader === undefined ? undefined : this.#members.get(this.#leader)
    if (leader?.healthy === true) return
    this.#leader = [...this.#members.values()].find((member) => member.healthy)?.id
  }
}
