import type { JournalEntry } from '../../journal/events.ts'
import type { FleetState } from '../fleet-state.ts'
import type { RunSettings } from '../run-settings.ts'
import { doubt, fail, type Invariant } from './invariant.ts'

/** What a MachineHealthCheck takes to mark a machine once its timeout is over: its gate, a second, and the watch. */
const allowance = 6_000

interface Dead {
  readonly cluster: string
  readonly machine: string
  readonly impairment: string
  readonly entry: JournalEntry
  /** Milliseconds after its death when it has to be marked. */
  readonly due: number
  healedAt: number | undefined
  markedAt: number | undefined
  deletedAt: number | undefined
  /** Milliseconds during which nobody could have marked it: limit reached, cluster unreachable. */
  excused: number
  lastLook: number
  excuse: string | undefined
}

/**
 * A machine whose kubelet dies, or that vanishes, is marked in time and deleted by its owner.
 * One that is healed before its time says nothing; one that the limit, quorum or an unreachable cluster protects is excused.
 * Source: Cluster API machinehealthcheck, machineset and kubeadmcontrolplane remediation (V2, V7, V12 of the audit).
 */
export const deadMachineIsReplaced: Invariant = {
  id: 'dead-machine-is-replaced',
  claim: 'a machine that dies is marked in time, deleted and replaced',
  failureClass: 'recovery',
  source: 'cluster-api core/reconcilers/machinehealthcheck',
  begin(settings) {
    const dead = new Map<string, Dead>()
    const unreachable = new Map<string, number>()
    const closed: Dead[] = []
    let end = 0
    let sightings = 0

    /** Time that passes while it could not be marked does not count. */
    function look(now: number, state: FleetState): void {
      for (const each of dead.values()) {
        const why = whyNobodyMarks(each, state, unreachable)
        if (why !== undefined) {
          each.excused += now - each.lastLook
          each.excuse = why
        }
        each.lastLook = now
      }
    }

    function close(each: Dead, key: string): void {
      dead.delete(key)
      closed.push(each)
    }

    return {
      observe(entry, state) {
        const { event, at } = entry
        end = at
        if (dead.size > 0) look(at, state)
        if (event.type === 'machine.impaired' && event.impairment !== 'bootStuck') {
          const key = `${event.cluster}/${event.machine}`
          const due = dueAfter(event, settings, state)
          if (!dead.has(key))
            dead.set(key, {
              cluster: event.cluster,
              machine: event.machine,
              impairment: event.impairment,
              entry,
              due,
              healedAt: undefined,
              markedAt: undefined,
              deletedAt: undefined,
              excused: 0,
              lastLook: at,
              excuse: undefined,
            })
        }
        if (event.type === 'machine.healed' && event.impairment !== 'vanished') {
          const key = `${event.cluster}/${event.machine}`
          const each = dead.get(key)
          if (each !== undefined) {
            each.healedAt = at
            if (each.markedAt === undefined) close(each, key)
          }
        }
        if (event.type === 'fault.injected' && event.kind.startsWith('conn.'))
          for (const cluster of event.targets.clusters) unreachable.set(cluster, Infinity)
        if (event.type === 'fault.healed')
          for (const [cluster, until] of unreachable)
            if (until === Infinity)
              unreachable.set(cluster, at + (settings.timers['reconnectInterval'] ?? 30_000) + 10_000)
        if (event.type === 'object.changed' && event.ref.kind === 'Machine') {
          sightings++
          const key = `${event.facts['cluster'] as string}/${event.ref.name}`
          const each = dead.get(key)
          if (each !== undefined) {
            if (event.facts['remediated'] !== '') each.markedAt ??= at
            if (event.change === 'deleted') {
              each.deletedAt = at
              close(each, key)
            }
          }
        }
        if (event.type === 'checkpoint') {
          for (const [key, each] of [...dead]) if (at - each.entry.at > each.due) close(each, key)
        }
      },
      conclude() {
        const all = [...closed, ...dead.values()]
        const findings =
          sightings === 0 && all.length > 0
            ? [doubt('no machine was ever observed')]
            : all.flatMap((each) => judge(each, end))
        return { findings, checked: all.length, applies: all.length > 0 }
      },
    }
  },
}

function judge(each: Dead, end: number): ReturnType<typeof fail>[] {
  const due = each.due + each.excused
  const name = `${each.impairment} machine ${each.cluster}/${each.machine}`
  const until = each.deletedAt ?? each.healedAt ?? end
  const waited = until - each.entry.at
  if (each.deletedAt !== undefined) {
    const marked = (each.markedAt ?? each.deletedAt) - each.entry.at
    return marked > due + allowance
      ? [
          fail(
            `LATE: ${name} was marked after ${Math.round(marked / 1000)} s, due after ${Math.round(due / 1000)} s`,
            each.entry.seq,
          ),
        ]
      : []
  }
  if (waited <= due + allowance) return [] // healed, or the run ended, before anybody had to act
  if (each.markedAt === undefined)
    return [
      fail(
        `MISSING: ${name} was never marked for remediation, due after ${Math.round(due / 1000)} s, waited ${Math.round(waited / 1000)} s`,
        each.entry.seq,
      ),
    ]
  if (each.healedAt !== undefined || each.excuse !== undefined) return []
  return [
    end - each.entry.at > due + allowance + 60_000
      ? fail(`MISSING: ${name} was marked, but never deleted by its owner`, each.entry.seq)
      : doubt(`${name} was marked and not yet deleted when the run ended`, each.entry.seq),
  ]
}

/** Grace of the node-lifecycle controller, the health check's own timeout and pace. */
function dueAfter(
  each: { readonly cluster: string; readonly impairment: string },
  settings: RunSettings,
  state: FleetState,
): number {
  const grace = each.impairment === 'notReady' ? 0 : settings.nodes.monitorGrace + settings.nodes.leaseRenewInterval
  const status = each.impairment === 'notReady' ? 'False' : 'Unknown'
  const timeouts = state
    .ofCluster(each.cluster, 'MachineHealthCheck')
    .map(({ facts }) => (facts['timeouts'] as Record<string, number>)[status] ?? 0)
  return grace + Math.max(0, ...timeouts) * 1000 + (settings.timers['healthCheckGate'] ?? 15_000) + 1_000
}

function whyNobodyMarks(each: Dead, state: FleetState, unreachable: ReadonlyMap<string, number>): string | undefined {
  if ((unreachable.get(each.cluster) ?? 0) > each.lastLook) return 'the cluster was unreachable'
  const machine = state.ofCluster(each.cluster, 'Machine').find(({ ref }) => ref.name === each.machine)
  if (machine === undefined) return undefined
  const role = machine.facts['role'] as string
  if (state.ofCluster(each.cluster, 'Cluster')[0]?.facts['deleting'] === true) return 'the cluster was being deleted'
  if (role === 'control-plane' && state.ofCluster(each.cluster, 'KubeadmControlPlane')[0]?.facts['wanted'] === 1)
    return 'a control plane of one machine is never remediated'
  const blocked = state
    .ofCluster(each.cluster, 'MachineHealthCheck')
    .some(({ facts }) => selects(facts, machine.facts) && facts['allowed'] === 'False')
  return blocked ? 'the health check’s limit was reached' : undefined
}

const selects = (check: Readonly<Record<string, unknown>>, machine: Readonly<Record<string, unknown>>): boolean => {
  const labels = check['selects'] as Record<string, string>
  return 'cluster.x-k8s.io/control-plane' in labels === (machine['role'] === 'control-plane')
}
