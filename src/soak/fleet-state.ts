/** The fleet as the journal tells it: what exists, and which clusters have converged. Built live and in replay alike. */
import type { Facts, JournalEntry, ObjectRef } from '../journal/events.ts'

export interface Observed {
  readonly ref: ObjectRef
  readonly facts: Facts
  /** When its facts last changed; milliseconds into the run. */
  readonly since: number
}

export const refKey = (ref: Pick<ObjectRef, 'cluster' | 'kind' | 'namespace' | 'name'>): string =>
  `${ref.cluster} ${ref.kind} ${ref.namespace}/${ref.name}`

export class FleetState {
  readonly #objects = new Map<string, Observed>()
  /** Objects of a workload cluster, its nodes aside: what decides whether it has converged. */
  readonly #byCluster = new Map<string, Map<string, Observed>>()

  observe(entry: Pick<JournalEntry, 'at' | 'event'>): void {
    const { event } = entry
    if (event.type === 'run.resumed') this.#clear()
    if (event.type !== 'object.changed') return
    const key = refKey(event.ref)
    const cluster = event.ref.kind === 'Node' ? undefined : (event.facts['cluster'] as string | undefined)
    if (event.change === 'deleted') {
      this.#objects.delete(key)
      if (cluster !== undefined) this.#remove(cluster, key)
      return
    }
    const observed = { ref: event.ref, facts: event.facts, since: entry.at }
    this.#objects.set(key, observed)
    if (cluster === undefined) return
    let group = this.#byCluster.get(cluster)
    if (group === undefined) this.#byCluster.set(cluster, (group = new Map<string, Observed>()))
    group.set(key, observed)
  }

  get(ref: Pick<ObjectRef, 'cluster' | 'kind' | 'namespace' | 'name'>): Observed | undefined {
    return this.#objects.get(refKey(ref))
  }

  all(): Iterable<Observed> {
    return this.#objects.values()
  }

  *ofKind(kind: string): Generator<Observed> {
    for (const observed of this.#objects.values()) if (observed.ref.kind === kind) yield observed
  }

  ofCluster(cluster: string, kind: string): Observed[] {
    return [...(this.#byCluster.get(cluster)?.values() ?? [])].filter((observed) => observed.ref.kind === kind)
  }

  get clusters(): string[] {
    return [...this.ofKind('Cluster')].map(({ facts }) => facts['cluster'] as string)
  }

  get size(): number {
    return this.#objects.size
  }

  /** Why the cluster has not converged; undefined when it has. Source: Cluster API's e2e predicates (docs/architecture.md). */
  waitingFor(cluster: string): string | undefined {
    const group = this.#byCluster.get(cluster)
    if (group === undefined) return 'it does not exist'
    for (const { ref, facts } of group.values()) {
      const why = unsettled(ref.kind, facts)
      if (why !== undefined) return `${ref.kind} ${ref.name} ${why}`
    }
    return undefined
  }

  /** Every cluster that has not converged, with the reason. */
  waiting(): string[] {
    return this.clusters.flatMap((cluster) => {
      const why = this.waitingFor(cluster)
      return why === undefined ? [] : [`${cluster}: ${why}`]
    })
  }

  /** A run that is resumed starts with a new fleet. */
  #clear(): void {
    this.#objects.clear()
    this.#byCluster.clear()
  }

  #remove(cluster: string, key: string): void {
    const group = this.#byCluster.get(cluster)
    group?.delete(key)
    if (group?.size === 0) this.#byCluster.delete(cluster)
  }
}

function unsettled(kind: string, facts: Facts): string | undefined {
  if (facts['deleting'] === true) return 'is being deleted'
  const busy = facts['busy'] as readonly string[] | undefined
  if (busy !== undefined && busy.length > 0) return `is ${busy.join(', ')}`
  switch (kind) {
    case 'Cluster':
      if (facts['available'] !== 'True') return 'is not Available'
      return facts['connected'] === 'True' ? undefined : 'is not reachable'
    case 'KubeadmControlPlane':
      if (facts['etcd'] !== 'True') return 'has unhealthy etcd members'
      if (facts['components'] !== 'True') return 'has unhealthy components'
      return facts['runs'] === facts['version'] ? counts(facts) : `runs ${facts['runs'] as string}`
    case 'MachineDeployment':
      return counts(facts)
    case 'Machine':
      if (facts['ready'] !== 'True') return 'is not Ready'
      if (facts['healthy'] === 'False') return 'is unhealthy'
      return facts['upToDate'] === 'False' ? 'is not up to date' : undefined
    case 'MachineHealthCheck':
      return facts['expected'] === facts['healthy']
        ? undefined
        : `counts ${facts['healthy'] as number} of ${facts['expected'] as number} healthy`
    default:
      return undefined
  }
}

function counts(facts: Facts): string | undefined {
  if (facts['current'] !== true) return 'has not been looked at since its last change'
  for (const count of ['replicas', 'ready', 'available', 'upToDate']) {
    if (facts[count] !== facts['wanted'])
      return `has ${count} ${facts[count] as number} of ${facts['wanted'] as number}`
  }
  return undefined
}
