/** What judges need to know of how a run was set up; written into `run.started`, so that a stored run can be judged again. */
import type { Facts } from '../journal/events.ts'

export interface RunSettings {
  /** Wall time at the journal's zero. */
  readonly startedAtMs: number
  readonly timers: Readonly<Record<string, number>>
  readonly nodes: { readonly leaseRenewInterval: number; readonly monitorGrace: number }
  readonly startup: {
    readonly vm: number
    readonly node: number
    readonly apiServer: number
    readonly etcd: number
    readonly jitter: number
  }
  readonly quiet: { readonly within: number; readonly hold: number; readonly cycleEvery: number }
  readonly faultsFor: number
  readonly minEffect: number
  readonly steadyState: readonly string[]
  readonly expect: readonly Facts[]
  readonly gates: Readonly<Record<'invariants' | 'recovery' | 'leak' | 'expectations', 'required' | 'report'>>
  /** Timers that differ from Cluster API's defaults, in words. */
  readonly shortened: readonly string[]
}
