import type { JournalEntry } from '../../journal/events.ts'
import { fail, type Invariant } from './invariant.ts'

/** API timestamps are cut to seconds, so a timeout may seem up to a second shorter; observation adds a little. */
const tolerance = 1_500

/** What a controller knows may be this old: watch latency, injected latency, its own pace. */
const latency = 2_000

interface NodeState {
  readonly ready: string
  readonly at: number
  readonly before: { readonly ready: string; readonly lasted: number } | undefined
}

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
    const nodes = new Map<string, NodeState>()
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
          const before = nodes.get(key)
          if (event.change === 'deleted') nodes.delete(key)
          else if (before?.ready !== facts['ready'])
            nodes.set(key, {
              ready: facts['ready'] as string,
              at,
              before: before === undefined ? undefined : { ready: before.ready, lasted: at - before.at },
            })
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
        const nodeState = nodes.get(`${cluster}/${node}`)
        const startup = Math.min(...checks.map((check) => check.facts['startupTimeout'] as number)) * 1000
        if (node === '') {
          if (at - (created.get(key) ?? at) < startup - tolerance)
            findings.push(
              fail(
                `UNDUE: ${key} was remediated ${Math.round((at - (created.get(key) ?? at)) / 1000)} s after its creation, its start-up timeout is ${startup / 1000} s`,
                seq,
              ),
            )
          return
        }
        if (nodeState === undefined) return // the node is gone: immediately due
        // A controller that has not heard yet of a recovery acts on what was true a moment ago.
        const { ready, lasted } =
          at - nodeState.at < latency && nodeState.before !== undefined
            ? nodeState.before
            : { ready: nodeState.ready, lasted: at - nodeState.at }
        const needed =
          Math.min(...checks.map((check) => (check.facts['timeouts'] as Record<string, number>)[ready] ?? Infinity)) *
          1000
        if (lasted < needed - tolerance)
          findings.push(
            fail(
              `UNDUE: ${key} was remediated while its node had been Ready=${ready} for ${Math.round(lasted / 1000)} s`,
              seq,
            ),
          )
      },
      conclude: () => ({ findings, checked: machines }),
    }
  },
}
