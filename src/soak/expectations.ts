/** A plan is a test: did its steady state hold, did its faults touch anything, did its triggers fire, did it get what it expects? */
import type { JournalEntry } from '../journal/events.ts'
import type { RunSettings } from './run-settings.ts'
import { worst, type CheckResult, type Finding } from './verdict.ts'

interface ProbeChange {
  readonly at: number
  readonly seq: number
  readonly outcome: string
  readonly phase: string
  readonly detail: string
}

/** What the plan's own checks need of a journal, gathered in passing. */
export class PlanEvidence {
  readonly probes = new Map<string, ProbeChange[]>()
  /** Hits and incidents by place in the plan. */
  readonly places = new Map<string, { kind: string; incidents: number; hits: number; seq: number }>()
  readonly #placeOf = new Map<string, string>()
  readonly hitsByKind = new Map<string, number>()
  readonly refused: Finding[] = []
  readonly unfired: Finding[] = []
  readonly quietAt: number[] = []
  triggers = 0
  #phase = ''

  observe({ event, at, seq }: JournalEntry): void {
    switch (event.type) {
      case 'phase.entered':
        this.#phase = event.phase
        if (event.phase === 'quiet') this.quietAt.push(at)
        break
      case 'probe': {
        const changes = this.probes.get(event.probe) ?? []
        changes.push({ at, seq, outcome: event.outcome, phase: this.#phase, detail: event.detail })
        this.probes.set(event.probe, changes)
        break
      }
      case 'fault.injected': {
        const place = this.places.get(event.fault) ?? { kind: event.kind, incidents: 0, hits: 0, seq }
        place.incidents++
        this.places.set(event.fault, place)
        this.#placeOf.set(event.incident, event.fault)
        break
      }
      case 'fault.healed': {
        const name = this.#placeOf.get(event.incident) ?? ''
        this.#placeOf.delete(event.incident)
        const place = this.places.get(name)
        if (place === undefined) break
        place.hits += event.hits
        this.hitsByKind.set(place.kind, (this.hitsByKind.get(place.kind) ?? 0) + event.hits)
        break
      }
      case 'fault.refused':
        if (this.refused.length < 20)
          this.refused.push({
            verdict: 'invalid',
            summary: `${event.kind} (${event.incident}): ${event.message}`,
            evidence: [seq],
          })
        break
      case 'plan.trigger':
        this.triggers++
        if (!event.fired && this.unfired.length < 20)
          this.unfired.push({ verdict: 'invalid', summary: `a trigger never fired: ${event.step}`, evidence: [seq] })
        break
      default:
    }
  }
}

export function planChecks(settings: RunSettings, evidence: PlanEvidence): CheckResult[] {
  const required = settings.gates.expectations === 'required'
  const check = (
    id: string,
    claim: string,
    findings: readonly Finding[],
    checked: number,
    area: CheckResult['area'] = 'plan',
  ): CheckResult => ({
    id,
    area,
    claim,
    failureClass: 'threshold',
    required,
    verdict:
      checked === 0 && findings.length === 0
        ? 'inconclusive'
        : worst(['pass', ...findings.map((finding) => finding.verdict)]),
    findings,
    checked,
  })
  const idle = [...evidence.places].filter(([, { hits }]) => hits < settings.minEffect)
  const effects: Finding[] = [
    ...evidence.refused,
    ...idle.map(([place, { kind, hits, seq }]): Finding => ({
      verdict: 'invalid',
      summary: `${kind} (${place}) touched ${hits}, at least ${settings.minEffect} needed: a fault that touched nothing proves nothing`,
      evidence: [seq],
    })),
  ]
  const results = [
    check('faults-have-effect', 'every fault of the plan touched something', effects, evidence.places.size),
  ]
  if (evidence.triggers > 0)
    results.push(check('triggers-fire', 'every trigger of the plan fired', evidence.unfired, evidence.triggers))
  if (settings.steadyState.length > 0)
    results.push(
      check(
        'steady-state-holds',
        'the plan’s steady state held before each faults phase',
        ...steadyState(settings, evidence),
      ),
    )
  settings.expect.forEach((expectation, index) =>
    results.push(
      check(
        `expectation-${index + 1}`,
        describe(expectation),
        ...judgeExpectation(expectation, settings, evidence),
        'expectations',
      ),
    ),
  )
  return results
}

/** The last outcome before each faults phase began. */
function steadyState({ steadyState: names }: RunSettings, evidence: PlanEvidence): [Finding[], number] {
  const findings: Finding[] = []
  let checked = 0
  for (const name of names) {
    for (const change of evidence.probes.get(name) ?? []) {
      if (change.phase === 'faults') continue
      checked++
      const beforeFaults = change.phase === 'warm-up'
      if (beforeFaults && change.outcome !== 'true')
        findings.push({ verdict: 'invalid', summary: `${name}: ${change.detail}`, evidence: [change.seq] })
    }
  }
  return [findings, checked]
}

type Loose = Readonly<Record<string, unknown>>

function describe(expectation: Loose): string {
  if ('effect' in expectation) {
    const { fault, atLeast } = expectation['effect'] as { fault: string; atLeast: number }
    return `${fault} touches at least ${atLeast}`
  }
  if ('never' in expectation) return `never: ${expectation['never'] as string}`
  if ('eventually' in expectation) return `eventually: ${expectation['eventually'] as string}`
  const { probe } = expectation['recover'] as { probe: string }
  return `recovers: ${probe}`
}

function judgeExpectation(expectation: Loose, settings: RunSettings, evidence: PlanEvidence): [Finding[], number] {
  if ('effect' in expectation) {
    const { fault, atLeast } = expectation['effect'] as { fault: string; atLeast: number }
    const hits =
      evidence.hitsByKind.get(fault) ??
      [...evidence.places].filter(([place]) => place === fault).reduce((sum, [, { hits: each }]) => sum + each, 0)
    return [hits >= atLeast ? [] : [{ verdict: 'invalid', summary: `${fault} touched ${hits}`, evidence: [] }], 1]
  }
  if ('never' in expectation) {
    const changes = evidence.probes.get(expectation['never'] as string) ?? []
    return [
      changes
        .filter(({ outcome }) => outcome === 'true')
        .map(({ seq }) => ({ verdict: 'fail', summary: 'it came true', evidence: [seq] })),
      changes.length,
    ]
  }
  const names =
    'eventually' in expectation
      ? [expectation['eventually'] as string]
      : recoverNames(expectation['recover'] as { probe: string }, settings)
  const within =
    'eventually' in expectation
      ? (expectation['within'] as number)
      : (expectation['recover'] as { within: number }).within
  return trueAfterQuiet(names, within, evidence)
}

const recoverNames = ({ probe }: { probe: string }, settings: RunSettings): readonly string[] =>
  probe === 'steadyState' ? settings.steadyState : [probe]

/** After each heal the probe becomes true in time. */
function trueAfterQuiet(names: readonly string[], within: number, evidence: PlanEvidence): [Finding[], number] {
  const findings: Finding[] = []
  let checked = 0
  for (const name of names) {
    const changes = evidence.probes.get(name) ?? []
    for (const from of evidence.quietAt) {
      const after = changes.filter(({ at, phase }) => at >= from && phase === 'quiet')
      if (after.length === 0) continue
      checked++
      const recovered = after.find(({ outcome }) => outcome === 'true')
      if (recovered === undefined || recovered.at - from > within)
        findings.push({
          verdict: 'fail',
          summary: `${name}: ${recovered === undefined ? (after[0]?.detail ?? 'not') : `only after ${Math.round((recovered.at - from) / 1000)} s`}, allowed are ${Math.round(within / 1000)} s`,
          evidence: after.slice(0, 1).map(({ seq }) => seq),
        })
    }
  }
  return [findings, checked]
}
