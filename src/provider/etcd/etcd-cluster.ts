/**
 * The etcd cluster of one workload cluster: members that stay listed until they are removed, one leader, quorum.
 * Errors are etcd's own (go.etcd.io/etcd/api/v3/v3rpc/rpctypes/error.go).
 */
import type { Random } from '../../base/random.ts'

export interface EtcdMember {
  /** Hexadecimal, 64 bits at most, as etcdctl prints it. */
  readonly id: string
  /** The node's name, as kubeadm names members. */
  readonly name: string
  readonly leader: boolean
  readonly learner: boolean
  readonly healthy: boolean
  readonly alarms: readonly EtcdAlarm[]
}

export type EtcdAlarm = 'NOSPACE' | 'CORRUPT'

interface Member {
  readonly id: string
  readonly name: string
  healthy: boolean
  learner: boolean
  alarms: readonly EtcdAlarm[]
}

/** What survives a restart. */
export interface EtcdState {
  readonly clusterId: string
  readonly members: readonly { readonly id: string; readonly name: string }[]
  /** Nodes whose member was removed: their etcd does not join again. */
  readonly removed: readonly string[]
  readonly leader: string | undefined
  readonly term: number
}

/** What etcd refuses, by the name of its gRPC status. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError'
  readonly code: 'notFound' | 'failedPrecondition' | 'unavailable'

  constructor(code: EtcdError['code'], message: string) {
    super(`etcdserver: ${message}`)
    this.code = code
  }
}

export interface EtcdClusterOptions {
  readonly cluster: string
  readonly random: Random
  readonly restored: EtcdState | undefined
  /** Members, leadership or term are others than before. */
  readonly changed: (state: EtcdState) => void
}

export class EtcdCluster {
  readonly clusterId: string
  readonly #options: EtcdClusterOptions
  readonly #members = new Map<string, Member>()
  readonly #removed: Set<string>
  #leader: string | undefined
  #term = 1
  #joined: number

  constructor(options: EtcdClusterOptions) {
    this.#options = options
    const { restored } = options
    this.clusterId = restored?.clusterId ?? this.#newId('etcd-cluster', 0)
    for (const { id, name } of restored?.members ?? [])
      this.#members.set(id, { id, name, healthy: false, learner: false, alarms: [] })
    this.#removed = new Set(restored?.removed)
    this.#leader = restored?.leader
    this.#term = restored?.term ?? 1
    this.#joined = this.#members.size
  }

  get members(): readonly EtcdMember[] {
    return [...this.#members.values()].map((member) => ({ ...member, leader: member.id === this.#leader }))
  }

  get leader(): string | undefined {
    return this.#leader
  }

  /** Goes up with every election. */
  get term(): number {
    return this.#term
  }

  /** A cluster of no members has nothing to lose yet; learners don't vote. */
  get hasQuorum(): boolean {
    const voters = [...this.#members.values()].filter(({ learner }) => !learner)
    return voters.length === 0 || isQuorum(voters)
  }

  member(name: string): EtcdMember | undefined {
    return this.members.find((member) => member.name === name)
  }

  join(name: string): void {
    if (this.#removed.has(name)) return
    if (this.member(name) !== undefined) return this.setHealthy(name, true)
    let id = this.#newId('etcd-member', this.#joined++)
    while (this.#members.has(id)) id = this.#newId('etcd-member', this.#joined++)
    this.#members.set(id, { id, name, healthy: true, learner: false, alarms: [] })
    this.#elect()
    this.#changed()
  }

  /** Begins anew without members, as `kubeadm init` does on a machine that knows of none. */
  begin(): void {
    this.#members.clear()
    this.#leader = undefined
  }

  setHealthy(name: string, healthy: boolean): void {
    for (const member of this.#members.values()) if (member.name === name) member.healthy = healthy
    if (this.#elect()) this.#changed()
  }

  setAlarms(name: string, alarms: readonly EtcdAlarm[]): void {
    for (const member of this.#members.values()) if (member.name === name) member.alarms = alarms
  }

  /** Makes another member the leader. Throws an {@link EtcdError}. */
  moveLeader(id: string): void {
    const member = this.#require(id)
    if (!member.healthy || member.learner) throw new EtcdError('failedPrecondition', 'bad leader transferee')
    this.#lead(member.id)
    this.#changed()
  }

  /** Removes a member for good. Throws an {@link EtcdError}. */
  remove(id: string): void {
    const member = this.#require(id)
    const left = [...this.#members.values()].filter((other) => other !== member && !other.learner)
    if (!isQuorum(left))
      throw new EtcdError('failedPrecondition', 're-configuration failed due to not enough started members')
    this.#members.delete(member.id)
    this.#removed.add(member.name)
    this.#elect()
    this.#changed()
  }

  #require(id: string): Member {
    const member = this.#members.get(id)
    if (member === undefined) throw new EtcdError('notFound', 'member not found')
    if (!this.hasQuorum) throw new EtcdError('unavailable', 'request timed out')
    return member
  }

  #newId(purpose: string, ordinal: number): string {
    const { random, cluster } = this.#options
    return Math.floor(random.between(1, 2 ** 48, purpose, cluster, ordinal)).toString(16)
  }

  /** A leader that is down or gone is replaced by the healthy voter that joined first. */
  #elect(): boolean {
    const leader = this.#leader === undefined ? undefined : this.#members.get(this.#leader)
    if (leader?.healthy === true) return false
    return this.#lead([...this.#members.values()].find((member) => member.healthy && !member.learner)?.id)
  }

  #lead(id: string | undefined): boolean {
    if (id === this.#leader) return false
    this.#leader = id
    this.#term++
    return true
  }

  #changed(): void {
    this.#options.changed({
      clusterId: this.clusterId,
      members: [...this.#members.values()].map(({ id, name }) => ({ id, name })),
      removed: [...this.#removed],
      leader: this.#leader,
      term: this.#term,
    })
  }
}

const isQuorum = (voters: readonly Member[]): boolean =>
  voters.filter(({ healthy }) => healthy).length >= Math.floor(voters.length / 2) + 1
