/** Everything that can happen in a run. Verdicts are computed from these entries alone. */

export type Phase = 'warm-up' | 'faults' | 'quiet' | 'drain'

/** An object as the observers see it. `cluster` is `management`, or `namespace/name` of a workload cluster. */
export interface ObjectRef {
  readonly cluster: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
}

/** What judges need to know of an object, nothing else: small, flat and without secrets. */
export type Facts = Readonly<Record<string, unknown>>

/** What a fault was pointed at: clusters, and machines as `namespace/name`. */
export interface FaultTargets {
  readonly clusters: readonly string[]
  readonly machines: readonly string[]
}

/** Counts of our own process, which must balance. */
export interface Ledger {
  readonly clusters: readonly string[]
  readonly listeners: readonly { readonly cluster: string; readonly port: number }[]
  readonly machines: readonly { readonly cluster: string; readonly name: string; readonly providerID: string }[]
  readonly etcdMembers: readonly { readonly cluster: string; readonly name: string }[]
  readonly watchStreams: number
}

export type ProbeOutcome = 'true' | 'false' | 'error'

export type JournalEvent =
  | {
      readonly type: 'run.started'
      readonly mode: string
      readonly profile: string
      readonly plan: string
      readonly planHash: string
      readonly seed: number
      readonly plant: string
      readonly settings: Facts
    }
  | { readonly type: 'run.resumed' }
  | {
      readonly type: 'run.finished'
      readonly reason: 'completed' | 'interrupted' | 'timed-out' | 'failed'
      readonly message?: string
    }
  | { readonly type: 'phase.entered'; readonly phase: Phase; readonly cycle: number }
  | {
      readonly type: 'checkpoint'
      readonly cycle: number
      readonly converged: boolean
      readonly waiting: readonly string[]
    }
  | {
      readonly type: 'fault.injected'
      readonly incident: string
      readonly fault: string
      readonly kind: string
      readonly name: string
      readonly targets: FaultTargets
      readonly spec: unknown
    }
  | {
      readonly type: 'fault.hit'
      readonly incident: string
      readonly cluster: string
      readonly unit: string
      readonly ordinal: number
    }
  | {
      readonly type: 'fault.healed'
      readonly incident: string
      readonly reason: 'scheduled' | 'heal' | 'lease-expired' | 'abort'
      readonly eligible: number
      readonly hits: number
    }
  | { readonly type: 'fault.refused'; readonly incident: string; readonly kind: string; readonly message: string }
  | {
      readonly type: 'machine.impaired'
      readonly incident: string
      readonly cluster: string
      readonly machine: string
      readonly impairment: string
    }
  | {
      readonly type: 'machine.healed'
      readonly incident: string
      readonly cluster: string
      readonly machine: string
      readonly impairment: string
    }
  | { readonly type: 'plan.trigger'; readonly step: string; readonly fired: boolean }
  | { readonly type: 'plan.mark'; readonly label: string }
  | { readonly type: 'probe'; readonly probe: string; readonly outcome: ProbeOutcome; readonly detail: string }
  | {
      readonly type: 'object.changed'
      readonly ref: ObjectRef
      readonly change: 'added' | 'modified' | 'deleted'
      readonly facts: Facts
    }
  | {
      readonly type: 'step'
      readonly scenario: string
      readonly action: string
      readonly subject: string
      readonly outcome: 'started' | 'done' | 'failed'
      readonly detail?: string
    }
  | {
      readonly type: 'requests'
      readonly totals: readonly {
        readonly cluster: string
        readonly verb: string
        readonly code: number
        readonly count: number
      }[]
    }
  | { readonly type: 'ledger'; readonly cycle: number; readonly ledger: Ledger }
  | { readonly type: 'sample'; readonly cycle: number; readonly metric: string; readonly value: number }

export interface JournalEntry {
  /** From 1, without gaps. */
  readonly seq: number
  /** Milliseconds since the run started, on the run's clock. */
  readonly at: number
  readonly event: JournalEvent
}
