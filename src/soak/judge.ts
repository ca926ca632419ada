/** Reads a journal from start to end, once, and says what it shows. The same entries always give the same verdicts. */
import type { JournalEntry } from '../journal/events.ts'
import { planChecks, PlanEvidence } from './expectations.ts'
import { FleetState } from './fleet-state.ts'
import { invariantCatalogue } from './invariants/catalogue.ts'
import type { Invariant, InvariantCheck } from './invariants/invariant.ts'
import { budgetOf, judgeLeak, type LeakResult } from './leaks/judge.ts'
import type { Point } from './leaks/statistics.ts'
import { IncidentTracker, type Incident } from './recovery/incidents.ts'
import { recoveryRows, type RecoveryRow } from './recovery/summary.ts'
import type { RunSettings } from './run-settings.ts'
import { exitCodeOf, worst, type CheckResult, type Finding, type Verdict } from './verdict.ts'

export interface LeakRow extends LeakResult {
  readonly metric: string
}

export interface Judgement {
  readonly verdict: Verdict
  readonly exitCode: number
  readonly reason: 'completed' | 'interrupted' | 'timed-out' | 'failed'
  readonly checks: readonly CheckResult[]
  readonly recovery: readonly RecoveryRow[]
  readonly leaks: readonly LeakRow[]
  readonly entries: number
  readonly durationMs: number
}

export interface JudgementDetail extends Judgement {
  readonly incidents: readonly Incident[]
}

const hourMs = 3_600_000

export function judge(
  entries: Iterable<JournalEntry>,
  onEntry?: (entry: JournalEntry, state: FleetState) => void,
): JudgementDetail {
  const iterator = entries[Symbol.iterator]()
  const first = iterator.next()
  if (first.done === true || first.value.event.type !== 'run.started')
    throw new Error('the journal does not begin with run.started')
  const settings = first.value.event.settings as unknown as RunSettings
  const state = new FleetState()
  const checks = invariantCatalogue.map((invariant) => new RunningCheck(invariant, settings))
  const tracker = new IncidentTracker(settings)
  const evidence = new PlanEvidence()
  const series = new Map<string, Point[]>()
  let reason: Judgement['reason'] = 'interrupted' // until the journal says otherwise
  let count = 1
  let last = first.value
  for (let step = iterator.next(); step.done !== true; step = iterator.next()) {
    const entry = step.value
    for (const check of checks) check.observe(entry, state)
    state.observe(entry)
    tracker.observe(entry, state)
    evidence.observe(entry)
    onEntry?.(entry, state)
    const { event } = entry
    if (event.type === 'run.finished') reason = event.reason
    if (event.type === 'sample' && event.cycle > 0) {
      const points = series.get(event.metric) ?? []
      points.push({ t: entry.at / hourMs, x: event.value })
      series.set(event.metric, points)
    }
    last = entry
    count++
  }
  const gates = settings.gates
  const invariants = checks.map((check) => check.result(state, settings)).filter((result) => result !== undefined)
  const recovery = recoveryRows(tracker.incidents, last.at)
  const leaks = [...series].map(([metric, points]): LeakRow => ({
    metric,
    ...judgeLeak(points, budgetOf(metric, points[0]?.x ?? 0)),
  }))
  const all = [
    ...invariants,
    recoveryCheck(tracker.incidents, last.at, gates.recovery === 'required'),
    ...planChecks(settings, evidence),
    ...leakChecks(leaks, gates.leak === 'required'),
  ].filter((check) => check !== undefined)
  const deciding = all.filter((check) => check.required)
  const verdict = worst(deciding.map((check) => check.verdict))
  return {
    verdict: reason === 'completed' || verdict === 'fail' ? verdict : worst([verdict, 'inconclusive']),
    exitCode: exitCodeOf(all, reason),
    reason,
    checks: all,
    recovery,
    leaks,
    entries: count,
    durationMs: last.at,
    incidents: tracker.incidents,
  }
}

/** An invariant over a whole journal: each part of a resumed run is judged by itself. */
class RunningCheck {
  readonly #invariant: Invariant
  readonly #settings: RunSettings
  readonly #parts: ReturnType<InvariantCheck['conclude']>[] = []
  #check: InvariantCheck
  #broken: unknown

  constructor(invariant: Invariant, settings: RunSettings) {
    this.#invariant = invariant
    this.#settings = settings
    this.#check = invariant.begin(settings)
  }

  observe(entry: JournalEntry, state: FleetState): void {
    if (this.#broken !== undefined) return
    try {
      if (entry.event.type === 'run.resumed') {
        this.#parts.push(this.#check.conclude(state))
        this.#check = this.#invariant.begin(this.#settings)
      } else this.#check.observe(entry, state)
    } catch (error) {
      this.#broken = error
    }
  }

  /** Undefined when nothing happened that the invariant is about. */
  result(state: FleetState, { gates }: RunSettings): CheckResult | undefined {
    const { id, claim, failureClass } = this.#invariant
    const parts =
      this.#broken === undefined
        ? [...this.#parts, this.#check.conclude(state)]
        : [{ findings: [threw(this.#broken)], checked: 0 }]
    if (parts.every((part) => part.applies === false)) return undefined
    const findings = parts.flatMap((part) => part.findings)
    const checked = parts.reduce((sum, part) => sum + part.checked, 0)
    const area = failureClass === 'recovery' ? 'recovery' : 'invariants'
    return {
      id,
      area,
      claim,
      failureClass,
      required: gates[area] === 'required',
      verdict: verdictOf(findings, checked),
      findings,
      checked,
    }
  }
}

const verdictOf = (findings: readonly Finding[], checked: number): Verdict =>
  checked === 0 && findings.length === 0
    ? 'inconclusive'
    : worst(['pass', ...findings.map((finding) => finding.verdict)])

const threw = (error: unknown): Finding => ({
  verdict: 'inconclusive',
  summary: `the check itself failed: ${(error as Error).message}`,
  evidence: [],
})

/** Every fault's clusters converge within the bound that the timers give. */
function recoveryCheck(incidents: readonly Incident[], end: number, required: boolean): CheckResult | undefined {
  if (incidents.length === 0) return undefined
  const findings: Finding[] = []
  for (const incident of incidents) {
    const { convergedAt, dueFrom, healedAt, bound, id, kind } = incident
    const from = Math.max(healedAt ?? 0, dueFrom ?? 0)
    const limit = bound?.ms ?? 0
    if (convergedAt === undefined && dueFrom !== undefined && end - from > limit) {
      findings.push({
        verdict: 'fail',
        summary: `${kind} (${id}): ${[...incident.waiting].join(', ')} had not converged ${Math.round((end - from) / 1000)} s after the heal, ${Math.round(limit / 1000)} s are allowed`,
        evidence: incident.evidence,
      })
    } else if (convergedAt !== undefined && dueFrom !== undefined && convergedAt - from > limit) {
      findings.push({
        verdict: 'fail',
        summary: `${kind} (${id}): converged ${Math.round((convergedAt - from) / 1000)} s after the heal, ${Math.round(limit / 1000)} s are allowed`,
        evidence: incident.evidence,
      })
    }
  }
  return {
    id: 'faults-are-recovered-from',
    area: 'recovery',
    claim: 'every fault’s clusters converge within the bound that the timers give',
    failureClass: 'recovery',
    required,
    verdict: verdictOf(findings, incidents.length),
    findings: findings.slice(0, 50),
    checked: incidents.length,
  }
}

function leakChecks(leaks: readonly LeakRow[], required: boolean): CheckResult[] {
  return leaks.map((row) => {
    const verdict: Verdict = row.verdict === 'LEAK' ? 'fail' : row.verdict === 'INCONCLUSIVE' ? 'inconclusive' : 'pass'
    return {
      id: `leak.${row.metric}`,
      area: 'leak',
      claim: `${row.metric} of our own process does not grow`,
      failureClass: 'leak',
      required,
      verdict,
      findings: verdict === 'pass' ? [] : [{ verdict, summary: `${row.verdict}: ${row.reason}`, evidence: [] }],
      checked: row.samples,
      note: `${row.verdict}: ${row.reason}`,
    }
  })
}
