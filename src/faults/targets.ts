/** Which clusters and machines a selector means now. Ranked by hash, so a growing set does not reshuffle earlier picks. */
import type { Random } from '../base/random.ts'
import {
  clusterId,
  managementCluster,
  type ClusterFacts,
  type Infrastructure,
  type MachineFacts,
} from './infrastructure.ts'
import type { FaultPlan, TargetSelector } from './plan.ts'

export interface ResolvedTargets {
  readonly clusters: readonly string[]
  readonly machines: readonly MachineFacts[]
}

const everything: TargetSelector = { plane: 'workload', pick: { all: true }, stable: true, perCluster: false }

export function resolveTarget(
  plan: FaultPlan,
  target: string | TargetSelector | undefined,
  infrastructure: Pick<Infrastructure, 'clusters' | 'machines'>,
  random: Random,
  salt: string,
): ResolvedTargets {
  const name = typeof target === 'string' ? target : 'inline'
  const selector = typeof target === 'string' ? (plan.targets[target] as TargetSelector) : (target ?? everything)
  if (selector.plane === 'management') return { clusters: [managementCluster], machines: [] }
  const key = selector.stable ? [name] : [name, salt]
  const candidates = infrastructure.clusters().filter((cluster) => matchesCluster(cluster, selector))
  if (selector.plane === 'workload') {
    const ids = candidates.map(clusterId)
    return { clusters: choose(ids, (id) => id, selector, plan.safety.maxTargets, random, key), machines: [] }
  }
  const within = new Set(
    selector.of === undefined
      ? candidates.map(clusterId)
      : resolveTarget(plan, selector.of, infrastructure, random, salt).clusters,
  )
  const role = selector.role ?? selector.machines?.role
  const wanted = selector.machines?.labels ?? {}
  const machines = infrastructure
    .machines()
    .filter(
      (machine) =>
        within.has(machine.cluster) &&
        (role === undefined || machine.role === role) &&
        hasLabels(machine.labels, wanted),
    )
  const nameOf = (machine: MachineFacts): string => `${machine.cluster}/${machine.name}`
  const groups = selector.perCluster
    ? [...within].map((cluster) => machines.filter((machine) => machine.cluster === cluster))
    : [machines]
  const chosen = groups.flatMap((group) => choose(group, nameOf, selector, plan.safety.maxTargets, random, key))
  return { clusters: [...new Set(chosen.map((machine) => machine.cluster))], machines: chosen }
}

function matchesCluster(cluster: ClusterFacts, { clusters }: TargetSelector): boolean {
  if (clusters === undefined) return true
  if (clusters.names !== undefined && !clusters.names.includes(cluster.name)) return false
  if (clusters.namespaces !== undefined && !clusters.namespaces.includes(cluster.namespace)) return false
  return hasLabels(cluster.labels, clusters.labels ?? {})
}

const hasLabels = (labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean =>
  Object.entries(wanted).every(([key, value]) => labels[key] === value)

/** Percentages round down, but to no fewer than one where anything matches. `maxTargets` caps what was asked for. */
function choose<T>(
  all: readonly T[],
  nameOf: (item: T) => string,
  { pick }: TargetSelector,
  maxShare: number,
  random: Random,
  key: readonly string[],
): T[] {
  const share = (fraction: number): number => Math.max(1, Math.floor(all.length * fraction + 1e-9))
  const asked =
    'all' in pick
      ? all.length
      : 'count' in pick
        ? pick.count
        : 'atMost' in pick
          ? Math.min(pick.atMost, all.length)
          : share(pick.percent / 100)
  const count = Math.min(asked, share(maxShare))
  if (count >= all.length) return [...all]
  return all
    .map((item) => ({ item, rank: random.draw('target', ...key, nameOf(item)) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, count)
    .map(({ item }) => item)
}
