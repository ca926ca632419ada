/** Verdicts, and how they add up. A check without evidence is inconclusive, never green; one that throws is too. */

export type Verdict = 'pass' | 'inconclusive' | 'invalid' | 'fail'

/** What a failure means for the exit code (DESIGN: 2 > 4 > 3 > 1 > 5). */
export type FailureClass = 'invariant' | 'recovery' | 'leak' | 'threshold'

export interface Finding {
  readonly verdict: Verdict
  readonly summary: string
  /** Journal entries that show it. */
  readonly evidence: readonly number[]
}

export interface CheckResult {
  readonly id: string
  readonly area: 'invariants' | 'recovery' | 'leak' | 'expectations' | 'plan'
  readonly claim: string
  readonly verdict: Verdict
  readonly failureClass: FailureClass
  /** Whether it decides the run, or is only reported. */
  readonly required: boolean
  readonly findings: readonly Finding[]
  /** How many things were looked at. */
  readonly checked: number
  readonly note?: string
}

const severity = { pass: 0, inconclusive: 1, invalid: 2, fail: 3 } as const satisfies Record<Verdict, number>

export function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.length === 0) return 'inconclusive' // nothing was checked, so nothing was shown
  return verdicts.reduce((a, b) => (severity[b] > severity[a] ? b : a))
}

export const exitCodes = {
  pass: 0,
  threshold: 1,
  invariant: 2,
  leak: 3,
  recovery: 4,
  inconclusive: 5,
  usage: 64,
  internal: 70,
  timeout: 124,
  interrupted: 130,
} as const

/** The most severe of what failed; inconclusive and invalid only when nothing failed. */
export function exitCodeOf(
  checks: readonly CheckResult[],
  reason: 'completed' | 'interrupted' | 'timed-out' | 'failed',
): number {
  const deciding = checks.filter((check) => check.required)
  const failed = new Set(deciding.filter((check) => check.verdict === 'fail').map((check) => check.failureClass))
  for (const failure of ['invariant', 'recovery', 'leak', 'threshold'] as const)
    if (failed.has(failure)) return exitCodes[failure]
  if (reason === 'interrupted') return exitCodes.interrupted
  if (reason === 'timed-out') return exitCodes.timeout
  if (reason === 'failed') return exitCodes.internal
  return deciding.length === 0 || deciding.some((check) => check.verdict !== 'pass')
    ? exitCodes.inconclusive
    : exitCodes.pass
}
