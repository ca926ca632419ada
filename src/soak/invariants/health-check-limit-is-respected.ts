import type { JournalEntry } from '../../journal/events.ts'
import { fail, type Invariant } from './invariant.ts'

/** Two watch streams may show one decision's parts this far apart. */
const skew = 1_000

interface Mark {
  readonly entry: JournalEntry
  readonly machine: string
  readonly check: string
}

/**
 * While a health check's limit is exceeded, nobody new is asked to be remediated.
 * Source: V4 and V5 of the audit, cluster-api machinehealthcheck_controller.go (isAllowedRemediation).
 */
export const healthCheckLimitIsRespected: Invariant = {
  id: 'health-check-limit-is-respected',
  claim: 'no machine is newly marked while too many are unhealthy',
  failureClass: 'invariant',
  source: 'cluster-api core/reconcilers/machinehealthcheck/machinehealthcheck_controller.go',
  begin() {
    /** When each health check last stopped, and last began, to allow remediation. */
    const closedSince = new Map<string, number>()
    const openedAt = new Map<string, number>()
    const remediated = new Map<string, string>()
    let pending: Mark[] = []
    const findings: ReturnType<typeof fail>[] = []
    let checks = 0

    function settle(now: number): void {
      pending = pending.filter((mark) => {
        if (now - mark.entry.at < skew) return true
        const closed = closedSince.get(mark.check)
        const opened = openedAt.get(mark.check) ?? -Infinity
        const wasClosed =
          closed !== undefined && mark.entry.at - closed >= skew && Math.abs(opened - mark.entry.at) > skew
        if (wasClosed)
          findings.push(
            fail(
              `GATE_BREACH: ${mark.machine} was marked for remediation while ${mark.check} did not allow any`,
              mark.entry.seq,
            ),
          )
        return false
      })
    }

    return {
      observe(entry, state) {
        const { event, at } = entry
        settle(at)
        if (event.type !== 'object.changed') return
        const { ref, facts } = event
        if (ref.kind === 'MachineHealthCheck') {
          const key = `${ref.namespace}/${ref.name}`
          if (event.change === 'added') checks++
          if (facts['allowed'] === 'False') {
            if (!closedSince.has(key)) closedSince.set(key, at)
          } else {
            if (closedSince.delete(key)) openedAt.set(key, at)
          }
          return
        }
        if (ref.kind !== 'Machine') return
        const machine = `${ref.namespace}/${ref.name}`
        const before = remediated.get(machine) ?? ''
        const now = event.change === 'deleted' ? '' : (facts['remediated'] as string)
        if (now === '') remediated.delete(machine)
        else remediated.set(machine, now)
        if (before !== '' || now !== 'WaitingForRemediation') return
        const controlPlane = facts['role'] === 'control-plane'
        const check = state
          .ofCluster(facts['cluster'] as string, 'MachineHealthCheck')
          .find((each) => 'cluster.x-k8s.io/control-plane' in (each.facts['selects'] as object) === controlPlane)
        if (check !== undefined) pending.push({ entry, machine, check: `${check.ref.namespace}/${check.ref.name}` })
      },
      conclude() {
        settle(Infinity)
        return { findings, checked: checks }
      },
    }
  },
}
