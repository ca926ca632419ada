/** Everything a report shows, computed from a run directory's journal and run.json; nothing else is asked. */
import type { JournalEntry } from '../../journal/events.ts'
import { judge, type JudgementDetail } from '../judge.ts'

/** What `run.json` holds: where and with what the run was made. None of it decides a verdict. */
export interface RunFacts {
  readonly schemaVersion: 1
  readonly id: string
  readonly mode: 'soak' | 'rehearse'
  readonly profile: string
  readonly profileFile: string
  readonly planFile: string
  readonly plan: string
  readonly planHash: string
  readonly seed: number
  readonly plant: string
  readonly durationMs: number | null
  readonly version: string
  readonly commit: string
  readonly dirty: boolean
  readonly argv: readonly string[]
  readonly node: string
  readonly reproduce: string
  readonly startedAt: string
  readonly shortened: readonly string[]
  /** Where the fleet was, when it wasn't in this process. */
  readonly against?: AgainstFacts
}

export interface AgainstFacts {
  readonly kubeconfig: string
  readonly control: string
  /** Managers whose metrics are sampled: a name and the address of its diagnostics. */
  readonly scrape: readonly string[]
}

export interface FaultWindow {
  readonly incident: string
  readonly kind: string
  readonly from: number
  to: number
  hits: number
  readonly targets: readonly string[]
  reason: string
}

export interface Series {
  /** Seconds into the run. */
  readonly t: number[]
  readonly clusters: number[]
  readonly available: number[]
  readonly machines: number[]
  readonly ready: number[]
  readonly requestsOk: number[]
  readonly requestsFailed: number[]
}

export interface ReportModel {
  readonly run: RunFacts
  readonly judgement: JudgementDetail
  readonly faults: readonly FaultWindow[]
  readonly phases: readonly { readonly phase: string; readonly cycle: number; readonly at: number }[]
  readonly series: Series
  readonly samples: Readonly<Record<string, readonly (readonly [t: number, value: number])[]>>
  readonly steps: Readonly<Record<string, number>>
  readonly failedSteps: readonly string[]
}

/** Points kept for the plots (at least two seconds apart: totals come every second), and windows kept for the fault lanes. */
const bucketsMax = 600
const windowsMax = 1_500

export function buildReport(
  run: RunFacts,
  entries: readonly JournalEntry[] | Iterable<JournalEntry>,
  durationMs: number,
): ReportModel {
  const bucketMs = Math.max(2_000, durationMs / bucketsMax)
  const series: Series = {
    t: [],
    clusters: [],
    available: [],
    machines: [],
    ready: [],
    requestsOk: [],
    requestsFailed: [],
  }
  const faults: FaultWindow[] = []
  const open = new Map<string, FaultWindow>()
  const phases: { phase: string; cycle: number; at: number }[] = []
  const samples: Record<string, [number, number][]> = {}
  const steps: Record<string, number> = {}
  const failedSteps: string[] = []
  let due = 0
  let ok = 0
  let failed = 0
  const judgement = judge(entries, (entry, state) => {
    const { event, at } = entry
    if (event.type === 'phase.entered' && phases.length < windowsMax)
      phases.push({ phase: event.phase, cycle: event.cycle, at })
    if (event.type === 'fault.injected' && faults.length < windowsMax) {
      const { clusters, machines } = event.targets
      const window: FaultWindow = {
        incident: event.incident,
        kind: event.kind,
        from: at,
        to: durationMs,
        hits: 0,
        targets: machines.length > 0 ? machines : clusters,
        reason: '',
      }
      faults.push(window)
      open.set(event.incident, window)
    }
    if (event.type === 'fault.healed') {
      const window = open.get(event.incident)
      open.delete(event.incident)
      if (window !== undefined) Object.assign(window, { to: at, hits: event.hits, reason: event.reason })
    }
    if (event.type === 'sample') (samples[event.metric] ??= []).push([at / 1000, event.value])
    if (event.type === 'step') {
      const key = `${event.action} ${event.outcome}`
      steps[key] = (steps[key] ?? 0) + 1
      if (event.outcome === 'failed' && failedSteps.length < 20)
        failedSteps.push(`${event.action} ${event.subject}: ${event.detail ?? ''}`)
    }
    if (event.type === 'requests') {
      for (const total of event.totals) {
        if (total.code >= 500 || total.code === 429) failed += total.count
        else ok += total.count
      }
    }
    if (at < due) return
    due = at + bucketMs
    const clusters = [...state.ofKind('Cluster')]
    const machines = [...state.ofKind('Machine')]
    series.t.push(at / 1000)
    series.clusters.push(clusters.length)
    series.available.push(clusters.filter(({ facts }) => facts['available'] === 'True').length)
    series.machines.push(machines.length)
    series.ready.push(machines.filter(({ facts }) => facts['ready'] === 'True').length)
    series.requestsOk.push(ok)
    series.requestsFailed.push(failed)
  })
  return { run, judgement, faults, phases, series, samples, steps, failedSteps }
}
