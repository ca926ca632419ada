/** An invariant reads the journal and nothing else; its state is bounded by what is alive. */
import type { JournalEntry } from '../../journal/events.ts'
import type { FleetState } from '../fleet-state.ts'
import type { RunSettings } from '../run-settings.ts'
import type { FailureClass, Finding } from '../verdict.ts'

export interface Invariant {
  readonly id: string
  readonly claim: string
  readonly failureClass: FailureClass
  /** Why it is so, and where it is written. */
  readonly source: string
  begin(settings: RunSettings): InvariantCheck
}

export interface InvariantCheck {
  /** `state` is the fleet before this entry. */
  observe(entry: JournalEntry, state: FleetState): void
  /** Failures and doubts, and how many things were looked at: none of them means inconclusive. */
  conclude(state: FleetState): {
    readonly findings: readonly Finding[]
    readonly checked: number
    readonly applies?: boolean
  }
}

export const fail = (summary: string, ...evidence: number[]): Finding => ({ verdict: 'fail', summary, evidence })
export const doubt = (summary: string, ...evidence: number[]): Finding => ({
  verdict: 'inconclusive',
  summary,
  evidence,
})

/** Five of them, and how many more there are. */
export const firstOf = (names: readonly string[]): string =>
  `${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
