import { describe, expect, it } from 'vitest'
import { keyedRandom } from '../base/random.ts'
import type { JournalEntry, JournalEvent } from '../journal/events.ts'
import { FleetState } from './fleet-state.ts'
import { judge } from './judge.ts'
import { deadMachineIsReplaced } from './invariants/dead-machine-is-replaced.ts'
import { healthCheckLimitIsRespected } from './invariants/health-check-limit-is-respected.ts'
import { healthyMachineIsNeverRemediated } from './invariants/healthy-machine-is-never-remediated.ts'
import type { Invariant } from './invariants/invariant.ts'
import { judgeLeak, type LeakVerdict } from './leaks/judge.ts'
import { normal, trendOf, type Point } from './leaks/statistics.ts'
import { kaplanMeier } from './recovery/summary.ts'
import { junitXml } from './report/junit.ts'
import type { RunFacts } from './report/model.ts'
import type { RunSettings } from './run-settings.ts'
import { exitCodeOf, worst, type CheckResult } from './verdict.ts'

const settings: RunSettings = {
  startedAtMs: 0,
  timers: { healthCheckGate: 500, reconnectInterval: 1000 },
  nodes: { leaseRenewInterval: 1000, monitorGrace: 3000 },
  startup: { vm: 1000, node: 400, apiServer: 400, etcd: 400, jitter: 0.2 },
  quiet: { within: 60_000, hold: 5_000, cycleEvery: 600_000 },
  faultsFor: 45_000,
  minEffect: 1,
  steadyState: [],
  expect: [],
  gates: { invariants: 'required', recovery: 'required', leak: 'report', expectations: 'required' },
  shortened: [],
}

/** A history as a person writes it: time and event. */
const history = (...events: readonly (readonly [at: number, event: JournalEvent])[]): JournalEntry[] =>
  events.map(([at, event], index) => ({ seq: index + 1, at, event }))

const changed = (
  kind: string,
  name: string,
  facts: object,
  change: 'added' | 'modified' | 'deleted' = 'modified',
): JournalEvent => ({
  type: 'object.changed',
  ref: {
    cluster: kind === 'Node' ? 'd/c' : 'management',
    kind,
    namespace: kind === 'Node' ? '' : 'd',
    name,
    uid: name,
  },
  change,
  facts: { cluster: 'd/c', ...facts },
})
const machine = (name: string, facts: object = {}, change?: 'added' | 'modified' | 'deleted'): JournalEvent =>
  changed(
    'Machine',
    name,
    {
      role: 'worker',
      deleting: false,
      node: name,
      remediated: '',
      healthy: 'True',
      nodeReady: 'True',
      providerID: `in-memory://${name}`,
      ready: 'True',
      upToDate: 'True',
      etcd: '',
      ...facts,
    },
    change,
  )
const healthCheck = (facts: object = {}): JournalEvent =>
  changed('MachineHealthCheck', 'mhc', {
    allowed: 'True',
    expected: 2,
    healthy: 2,
    timeouts: { Unknown: 3, False: 3 },
    startupTimeout: 60,
    selects: {},
    limit: {},
    deleting: false,
    ...facts,
  })
const node = (name: string, ready: string, change: 'added' | 'modified' | 'deleted' = 'modified'): JournalEvent =>
  changed('Node', name, { ready }, change)
const impaired = (name: string): JournalEvent => ({
  type: 'machine.impaired',
  incident: 'i',
  cluster: 'd/c',
  machine: name,
  impairment: 'kubeletSilent',
})
const healed = (name: string): JournalEvent => ({
  type: 'machine.healed',
  incident: 'i',
  cluster: 'd/c',
  machine: name,
  impairment: 'kubeletSilent',
})
const mark = (label: string): JournalEvent => ({ type: 'plan.mark', label })

function findings(invariant: Invariant, entries: readonly JournalEntry[]): string[] {
  const check = invariant.begin(settings)
  const state = new FleetState()
  for (const entry of entries) {
    check.observe(entry, state)
    state.observe(entry)
  }
  return check.conclude(state).findings.map(({ summary }) => summary.split(':')[0] as string)
}

describe('dead-machine-is-replaced', () => {
  const begin = [
    [0, machine('m', {}, 'added')],
    [0, healthCheck()],
    [1000, impaired('m')],
  ] as const
  it.each([
    [
      'is marked in time and deleted',
      [
        [8000, machine('m', { remediated: 'WaitingForRemediation' })],
        [9000, machine('m', {}, 'deleted')],
      ],
      [],
    ],
    [
      'is marked late',
      [
        [40_000, machine('m', { remediated: 'WaitingForRemediation' })],
        [41_000, machine('m', {}, 'deleted')],
      ],
      ['LATE'],
    ],
    ['is never marked', [[200_000, mark('end')]], ['MISSING']],
    [
      'is healed before its time',
      [
        [4000, healed('m')],
        [200_000, mark('end')],
      ],
      [],
    ],
    [
      'is protected by the limit until it is healed',
      [
        [2000, healthCheck({ allowed: 'False' })],
        [60_000, healed('m')],
      ],
      [],
    ],
  ] as const)('a machine that %s', (_what, rest, expected) =>
    expect(findings(deadMachineIsReplaced, history(...begin, ...rest))).toEqual(expected),
  )

  it('says nothing when nothing was observed', () =>
    expect(findings(deadMachineIsReplaced, history([0, impaired('m')], [99_000, mark('end')]))).toEqual([
      'no machine was ever observed',
    ]))
})

describe('healthy-machine-is-never-remediated', () => {
  const begin = [
    [0, healthCheck()],
    [0, machine('m', {}, 'added')],
    [0, node('m', 'True', 'added')],
  ] as const
  it.each([
    [
      'after the timeout',
      [
        [1000, node('m', 'Unknown')],
        [4500, machine('m', { remediated: 'WaitingForRemediation' })],
      ],
      [],
    ],
    [
      'before the timeout',
      [
        [1000, node('m', 'Unknown')],
        [2000, machine('m', { remediated: 'WaitingForRemediation' })],
      ],
      ['UNDUE'],
    ],
    ['while its node is fine', [[9000, machine('m', { remediated: 'WaitingForRemediation' })]], ['UNDUE']],
    [
      'just as its node recovers',
      [
        [1000, node('m', 'Unknown')],
        [9000, node('m', 'True')],
        [9500, machine('m', { remediated: 'WaitingForRemediation' })],
      ],
      [],
    ],
    [
      'once its node is gone',
      [
        [1000, node('m', 'True', 'deleted')],
        [1500, machine('m', { remediated: 'WaitingForRemediation' })],
      ],
      [],
    ],
    [
      'before it could start',
      [
        [5000, machine('n', { node: '' }, 'added')],
        [9000, machine('n', { node: '', remediated: 'WaitingForRemediation' })],
      ],
      ['UNDUE'],
    ],
  ] as const)('a machine remediated %s', (_what, rest, expected) =>
    expect(findings(healthyMachineIsNeverRemediated, history(...begin, ...rest))).toEqual(expected),
  )
})

describe('health-check-limit-is-respected', () => {
  const begin = [
    [0, healthCheck()],
    [0, machine('m', {}, 'added')],
  ] as const
  const marked = machine('m', { remediated: 'WaitingForRemediation' })
  it.each([
    [
      'while remediation is allowed',
      [
        [5000, marked],
        [9000, mark('end')],
      ],
      [],
    ],
    [
      'while it is not',
      [
        [1000, healthCheck({ allowed: 'False' })],
        [5000, marked],
        [9000, mark('end')],
      ],
      ['GATE_BREACH'],
    ],
    [
      'as it becomes allowed, seen in either order',
      [
        [1000, healthCheck({ allowed: 'False' })],
        [5000, marked],
        [5010, healthCheck()],
        [9000, mark('end')],
      ],
      [],
    ],
    [
      'before the limit was reached',
      [
        [4900, healthCheck({ allowed: 'False' })],
        [5000, marked],
        [9000, mark('end')],
      ],
      [],
    ],
  ] as const)('a mark %s', (_what, rest, expected) =>
    expect(findings(healthCheckLimitIsRespected, history(...begin, ...rest))).toEqual(expected),
  )
})

describe('verdicts', () => {
  it('add up: nothing checked is inconclusive, and the worst wins', () => {
    expect(worst([])).toBe('inconclusive')
    expect(worst(['pass', 'invalid', 'inconclusive'])).toBe('invalid')
    expect(worst(['pass', 'fail', 'invalid'])).toBe('fail')
  })

  const check = (
    failureClass: CheckResult['failureClass'],
    verdict: CheckResult['verdict'],
    required = true,
  ): CheckResult => ({
    id: 'x',
    area: 'invariants',
    claim: '',
    failureClass,
    verdict,
    required,
    findings: [],
    checked: 1,
  })
  it.each([
    [[check('invariant', 'pass')], 0],
    [[check('threshold', 'fail'), check('leak', 'fail')], 3],
    [[check('recovery', 'fail'), check('leak', 'fail')], 4],
    [[check('recovery', 'fail'), check('invariant', 'fail')], 2],
    [[check('invariant', 'invalid'), check('threshold', 'fail')], 1],
    [[check('invariant', 'inconclusive')], 5],
    [[check('leak', 'fail', false), check('invariant', 'pass')], 0],
    [[], 5],
  ])('exit by severity 2 > 4 > 3 > 1 > 5 (%#)', (checks, code) => expect(exitCodeOf(checks, 'completed')).toBe(code))

  it('are computed from the journal alone, the same each time', () => {
    const entries = history(
      [
        0,
        {
          type: 'run.started',
          mode: 'soak',
          profile: 'p',
          plan: 'p',
          planHash: 'h',
          seed: 1,
          plant: '',
          settings: settings as never,
        },
      ],
      [1, healthCheck()],
      [2, machine('m', {}, 'added')],
      [3, { type: 'run.finished', reason: 'completed' }],
    )
    expect(JSON.stringify(judge(entries))).toBe(JSON.stringify(judge(entries)))
    expect(judge(entries).verdict).not.toBe('pass')
  })
})

describe('Kaplan–Meier', () => {
  it('keeps censored times in the sample', () => {
    const done = (ms: number): { ms: number; censored: boolean } => ({ ms, censored: false })
    expect(kaplanMeier([done(1), done(2), done(3), done(4)], 0.5)).toBe(2)
    expect(kaplanMeier([done(1), { ms: 9, censored: true }, { ms: 9, censored: true }], 0.5)).toBeUndefined()
    expect(kaplanMeier([], 0.5)).toBeUndefined()
  })
})

describe('JUnit', () => {
  it('escapes what XML can not hold', () => {
    const facts = { profile: 'p', reproduce: 'again' } as RunFacts
    const xml = junitXml(facts, {
      verdict: 'fail',
      exitCode: 2,
      reason: 'completed',
      recovery: [],
      leaks: [],
      entries: 1,
      durationMs: 1,
      checks: [
        {
          id: 'a<b',
          area: 'invariants',
          claim: '',
          verdict: 'fail',
          failureClass: 'invariant',
          required: true,
          findings: [{ verdict: 'fail', summary: '"x" & \u0001y', evidence: [] }],
          checked: 1,
        },
      ],
    })
    expect(xml).toContain('name="a&lt;b"')
    expect(xml).toContain('message="&quot;x&quot; &amp; y"')
    expect(xml).toContain('failures="1"')
  })
})

/** Series like soak-testing §3.7 has them: six hours, a checkpoint every ten minutes, AR(1) noise. */
describe('leak detector', () => {
  const MB = 1e6
  function series(
    seed: number,
    shape: (t: number) => number,
    options: { hours?: number; sigma?: number; phi?: number } = {},
  ): Point[] {
    const { hours = 6, sigma = 1.5 * MB, phi = 0.3 } = options
    const random = keyedRandom(seed)
    const gauss = (i: number): number =>
      Math.sqrt(-2 * Math.log(1 - random.draw('u', i))) * Math.cos(2 * Math.PI * random.draw('v', i))
    let noise = 0
    return Array.from({ length: hours * 6 + 1 }, (_, i) => {
      noise = phi * noise + sigma * Math.sqrt(1 - phi ** 2) * gauss(i)
      return { t: i / 6, x: 200 * MB + shape(i / 6) + noise }
    })
  }
  const seeds = 100
  function shares(
    shape: (t: number, seed: number) => number,
    options: Parameters<typeof series>[2] = {},
  ): Record<LeakVerdict, number> {
    const count: Record<LeakVerdict, number> = { LEAK: 0, BOUNDED: 0, 'NO-LEAK': 0, INCONCLUSIVE: 0 }
    for (let seed = 0; seed < seeds; seed++)
      count[
        judgeLeak(
          series(seed, (t) => shape(t, seed), options),
          { tolerance: MB },
        ).verdict
      ] += 1 / seeds
    return count
  }

  it('V1: finds nothing in steady noise', () => {
    const share = shares(() => 0)
    expect(share.LEAK).toBeLessThanOrEqual(0.02)
    expect(share['NO-LEAK']).toBeGreaterThanOrEqual(0.85)
  })
  it('V4: finds 5 MB an hour', () => expect(shares((t) => 5 * MB * t).LEAK).toBeGreaterThanOrEqual(0.95))
  it('V5: does not call a step a leak', () =>
    expect(shares((t, seed) => (t > 1.5 + (seed % 30) / 10 ? 40 * MB : 0)).LEAK).toBeLessThanOrEqual(0.02))
  it('V6: discards the warm-up', () =>
    expect(shares((t) => -60 * MB * Math.exp(-t * 3)).LEAK).toBeLessThanOrEqual(0.03))
  it('V11: never clears what it can not see', () =>
    expect(shares((t) => 5 * MB * t, { sigma: 12 * MB, phi: 0.6 })['NO-LEAK']).toBeLessThanOrEqual(0.05))
  it('V14: shrinking is no leak', () => expect(shares((t) => -5 * MB * t).LEAK).toBe(0))
  it('is inconclusive about ninety seconds, and says how much it needs', () => {
    const result = judgeLeak([{ t: 0.02, x: 1 }], { tolerance: MB })
    expect(result.verdict).toBe('INCONCLUSIVE')
    expect(result.reason).toContain('at least 15')
  })
  it('does not change its slope when a constant is added', () => {
    const points = series(1, (t) => 3 * MB * t)
    expect(
      trendOf(
        points.map(({ t, x }) => ({ t, x: x + 7 * MB })),
        0.01,
      ).slope,
    ).toBeCloseTo(trendOf(points, 0.01).slope, 0)
    expect(normal(0)).toBeCloseTo(0.5, 6)
    expect(normal(1.96)).toBeCloseTo(0.975, 3)
  })
})
