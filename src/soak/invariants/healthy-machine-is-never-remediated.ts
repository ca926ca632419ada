import type { JournalEntry } from '../../journal/events.ts'
import { fail, type Invariant } from './invariant.ts'

/** API timestamps are cut to seconds, so a timeout may seem up to a second shorter; observation adds a little. */
const tolerance = 1_500

/**
 * A machine is asked to be remediated only after its node has been bad, or gone, or never there, for as long as its
 * health check says. Source: V1 of the audit, cluster-api machinehealthcheck_targets.go.
 */
export const healthyMachineIsNeverRemediated: Invariant = {
  id: 'healthy-machine-is-never-remediated',
  claim: 'no machine is remediated before its health check’s timeout',
  failureClass: 'invariant',
  source: 'cluster-api core/reconcilers/machinehealthcheck/machinehealthcheck_targets.go',
  begin() {
    const badSince = new Map<string, { readonly ready: string; readonly at: number }>()
    const created = new Map<string, number>()
    const marked = new Set<string>()
    const findings: ReturnType<typeof fail>[] = []
    let machines = 0

    return {
      observe(entry: JournalEntry, state) {
        const { event, at, seq } = entry
        if (event.type !== 'object.changed') return
        const { ref, facts } = event
        if (ref.kind === 'Node') {
          const key = `${ref.cluster}/${ref.name}`
          if (event.change === 'deleted') badSince.delete(key)
          else if (badSince.get(key)?.ready !== facts['ready']) badSince.set(key, { ready: facts['ready'] as string, at })
          return
        }
        if (ref.kind !== 'Machine') return
        const cluster = facts['cluster'] as string
        const key = `${cluster}/${ref.name}`
        if (event.change === 'added') {
          created.set(key, at)
          machines++
        }
        if (event.change === 'deleted') {
          created.delete(key)
          marked.delete(key)
          return
        }
        if (facts['remediated'] === '' || marked.has(key)) {
          if (facts['remediated'] === '') marked.delete(key)
          return
        }
        marked.add(key)
        const checks = state.ofCluster(cluster, 'MachineHealthCheck')
        const node = facts['node'] as string
        const state_ = badSince.get(`${cluster}/${node}`)
        const startup = Math.min(...checks.map((check) => check.facts['startupTimeout'] as number)) * 1000
        if (node === '') {
          if (at - (created.get(key) ?? at) < startup - tolerance) findings.push(fail(`UNDUE: ${key} was remediated ${Math.round((at - (created.get(key) ?? at)) / 1000)} s after its creation, its start-up timeout is ${startup / 1000} s`, seq))
          return
        }
        if (state_ === undefined) return // the node is gone: immediately due
        const needed = Math.min(...checks.map((check) => (check.facts['timeouts'] as Record<string, number>)[state_.ready] ?? Infinity)) * 1000
        if (at - state_.at < needed - tolerance) findings.push(fail(`UNDUE: ${key} was remediated while its node had been Ready=${state_.ready} for ${Math.round((at - state_.at) / 1000)} s`, seq))
      },
      conclude: () => ({ findings, checked: machines }),
    }
  },
}
