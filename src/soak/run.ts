/**
 * The life of a run: warm-up → (faults → quiet)* → drain.
 * 1. Create the fleet and wait until it has converged.
 * 2. Check the plan's steady state, then run its timeline while the scenarios churn.
 * 3. Heal everything, return to the fleet of the profile, and require convergence that holds; balance the ledger, sample.
 * 4. Again from 2 until the duration is over. Then delete everything; the ledger must be empty.
 * It decides nothing: everything goes to the journal, and the judges read that.
 */
import { sleep, type Clock, type Timer } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { FaultControl } from '../faults/control.ts'
import type { Infrastructure } from '../faults/infrastructure.ts'
import { engineInjector } from '../faults/injector.ts'
import type { FaultPlan, Probe } from '../faults/plan.ts'
import { namesResource, type ProbeSource } from '../faults/probe.ts'
import { PlanRunner } from '../faults/runner.ts'
import type { JournalEntry, JournalEvent, Ledger, Phase } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import type { Client } from '../kube/client.ts'
import { Executor } from './executor.ts'
import { FleetState } from './fleet-state.ts'
import { nodeKind, observedKinds } from './kinds.ts'
import { Observer } from './observer.ts'
import { ProbeWatch } from './probes/probe-watch.ts'
import type { SoakProfile } from './profile.ts'

/** The world a soak runs against, as far as it needs to know it. */
export interface SoakTarget {
  readonly client: Client
  readonly workloadClient: (cluster: string) => Client | undefined
  readonly control: FaultControl
  readonly infrastructure: Pick<Infrastructure, 'clusters' | 'machines'>
  ledger(): Promise<Ledger>
  requestTotals(): Extract<JournalEvent, { type: 'requests' }>['totals']
  /** Measurements of our own process; none in a rehearsal. */
  samples(): Promise<Readonly<Record<string, number>>>
}

export interface RunOptions {
  readonly target: SoakTarget
  readonly profile: SoakProfile
  readonly plan: FaultPlan
  readonly clock: Clock
  readonly random: Random
  readonly journal: Journal
  /** One cycle where absent; milliseconds. */
  readonly duration: number | undefined
  /** Cycles that an earlier, interrupted part of the run has completed. */
  readonly firstCycle: number
  /** A deliberate bug: nothing that was observed is written down. */
  readonly recordNothing: boolean
  readonly onPhase: (phase: Phase, cycle: number) => void
  /** How often totals and samples are taken; milliseconds. */
  readonly sampleEvery: number
}

export type RunReason = Extract<JournalEvent, { type: 'run.finished' }>['reason']

export class SoakRun {
  readonly state = new FleetState()
  readonly #options: RunOptions
  readonly #executor: Executor
  readonly #observer: Observer
  readonly #probes: ProbeWatch
  #converged: (() => void)[] = []
  #problem: string | undefined

  constructor(options: RunOptions) {
    this.#options = options
    const { target, clock, random, profile, plan } = options
    const record = (event: JournalEvent): void => this.#record(event)
    this.#executor = new Executor({ client: target.client, clock, random, profile, state: this.state, record })
    this.#observer = new Observer({
      client: target.client,
      namespace: profile.fleet.namespace,
      workloadClient: target.workloadClient,
      clock,
      random,
      record,
    })
    this.#probes = new ProbeWatch({ clock, source: this.#probeSource(), record, probes: probesOf(plan) })
  }

  /** Why the run has failed, where it has. */
  get problem(): string | undefined {
    return this.#problem
  }

  /** Runs to the end, or to the first abort; always heals. Returns how it ended. */
  async run(signal: AbortSignal): Promise<RunReason> {
    const { profile, duration, clock, target } = this.#options
    const started = clock.now()
    const ticker = this.#tick()
    let reason: RunReason
    try {
      await this.#observer.start()
      reason = await this.#warmUp(signal)
      for (let cycle = this.#options.firstCycle; reason === 'completed'; cycle++) {
        const began = clock.now()
        await this.#faults(cycle, signal)
        await this.#quiet(cycle, signal)
        if (duration === undefined || clock.now() - started >= duration) break
        const next = Math.min(began + profile.phases.quiet.cycleEvery, started + duration)
        if (next > clock.now()) await sleep(clock, next - clock.now(), signal)
        if (clock.now() - started >= duration) break
      }
      await this.#drain(signal)
    } catch (error) {
      if (!signal.aborted) throw error
      reason = 'interrupted'
      target.control.healAll('abort')
      if (signal.reason !== 'leave') await this.#drain(new AbortController().signal)
    } finally {
      ticker.cancel()
      await this.#observer[Symbol.asyncDispose]()
    }
    return reason
  }

  async #warmUp(signal: AbortSignal): Promise<RunReason> {
    const { profile } = this.#options
    this.#enter('warm-up', this.#options.firstCycle)
    const problem = await this.#executor.createFleet()
    if (problem !== undefined) {
      this.#problem = problem
      return 'failed'
    }
    const converged = await this.#whenConverged(profile.phases.warmUp.within, 0, signal)
    return converged ? 'completed' : 'timed-out'
  }

  async #faults(cycle: number, signal: AbortSignal): Promise<void> {
    const { profile, plan, clock, random, target, journal } = this.#options
    await this.#probes.once()
    this.#enter('faults', cycle)
    const churning = new AbortController()
    const onAbort = (): void => churning.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const churn = this.#executor.churn(churning.signal)
    const watching = this.#probes.run(churning.signal)
    const injector = engineInjector({
      plan,
      control: target.control,
      infrastructure: target.infrastructure,
      probes: this.#probeSource(),
      random,
      journal,
      clock,
    })
    const runner = new PlanRunner({ plan, clock, random, injector, horizon: profile.phases.faults.for, cycle })
    try {
      await Promise.all([runner.run(signal), sleep(clock, profile.phases.faults.for, signal)])
    } finally {
      signal.removeEventListener('abort', onAbort)
      churning.abort('the faults phase is over')
      await Promise.all([churn, watching])
    }
  }

  async #quiet(cycle: number, signal: AbortSignal): Promise<void> {
    const { profile, target, journal } = this.#options
    this.#enter('quiet', cycle)
    target.control.healAll('heal')
    await this.#executor.restore()
    const watching = new AbortController()
    const onAbort = (): void => watching.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const probes = this.#probes.run(watching.signal)
    const { within, hold } = profile.phases.quiet
    try {
      const converged = await this.#whenConverged(within, hold, signal)
      journal.record({ type: 'checkpoint', cycle, converged, waiting: this.state.waiting().slice(0, 10) })
    } finally {
      signal.removeEventListener('abort', onAbort)
      watching.abort('the quiet phase is over')
      await probes
    }
    await this.#balance(cycle)
  }

  async #drain(signal: AbortSignal): Promise<void> {
    const { profile } = this.#options
    this.#enter('drain', 0)
    await this.#executor.deleteFleet()
    await this.#until(() => this.state.size === 0, profile.phases.drain.within, signal)
    await this.#balance(0)
  }

  async #balance(cycle: number): Promise<void> {
    this.#record({ type: 'ledger', cycle, ledger: await this.#options.target.ledger() })
    for (const [metric, value] of Object.entries(await this.#options.target.samples()))
      this.#record({ type: 'sample', cycle, metric, value })
  }

  /** True once everything has converged for `hold` without a break, within `within`. */
  async #whenConverged(within: number, hold: number, signal: AbortSignal): Promise<boolean> {
    const { clock } = this.#options
    const deadline = clock.now() + within
    for (;;) {
      if (!(await this.#until(() => this.#isConverged(), deadline - clock.now(), signal))) return false
      const broken = await this.#until(() => !this.#isConverged(), hold, signal)
      if (!broken) return true
      if (clock.now() >= deadline) return false
    }
  }

  #isConverged(): boolean {
    return this.state.clusters.length > 0 && this.state.waiting().length === 0
  }

  /** Looks at the condition after every observation; false when it hasn't come true in time. */
  async #until(condition: () => boolean, within: number, signal: AbortSignal): Promise<boolean> {
    if (condition()) return true
    if (within <= 0) return false
    const found = Promise.withResolvers<boolean>()
    const check = (): void => {
      if (condition()) found.resolve(true)
      else this.#converged.push(check)
    }
    this.#converged.push(check)
    const timer = this.#options.clock.after(within, () => found.resolve(false))
    const onAbort = (): void => found.reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      if (signal.aborted) throw signal.reason
      return await found.promise
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
      this.#converged = this.#converged.filter((each) => each !== check)
    }
  }

  #enter(phase: Phase, cycle: number): void {
    this.#options.journal.record({ type: 'phase.entered', phase, cycle })
    this.#options.onPhase(phase, cycle)
  }

  #record(event: JournalEvent): void {
    const { journal, recordNothing, clock } = this.#options
    const entry: Pick<JournalEntry, 'at' | 'event'> =
      recordNothing && observations.has(event.type) ? { at: clock.now(), event } : journal.record(event)
    this.state.observe(entry)
    if (event.type !== 'object.changed') return
    const waiting = this.#converged
    this.#converged = []
    for (const check of waiting) check()
  }

  #tick(): Timer {
    const { clock, target, sampleEvery } = this.#options
    let current: Timer
    const beat = (): void => {
      const totals = target.requestTotals()
      if (totals.length > 0) this.#record({ type: 'requests', totals })
      current = clock.after(sampleEvery, beat)
    }
    current = clock.after(sampleEvery, beat)
    return { cancel: () => current.cancel() }
  }

  #probeSource(): ProbeSource {
    const { target } = this.#options
    return {
      async list(cluster, gvr) {
        const client = cluster === 'management' ? target.client : target.workloadClient(cluster)
        if (client === undefined) throw new Error(`there is no cluster ${cluster}`)
        const kind = [...observedKinds, nodeKind].find((each) => namesResource(gvr, each))
        if (kind === undefined) throw new Error(`unknown resource ${gvr}`)
        return (await client.list(kind)).items
      },
    }
  }
}

const observations: ReadonlySet<JournalEvent['type']> = new Set([
  'object.changed',
  'ledger',
  'sample',
  'requests',
  'probe',
])

function probesOf(plan: FaultPlan): readonly Probe[] {
  const expected = plan.expect.flatMap((expectation) => {
    if ('eventually' in expectation) return [expectation.eventually]
    if ('never' in expectation) return [expectation.never]
    if ('recover' in expectation && expectation.recover.probe !== 'steadyState') return [expectation.recover.probe]
    return []
  })
  return [...plan.steadyState, ...expected]
}
