/**
 * Walks a plan's timeline: decides when each fault starts and ends, and renews its lease meanwhile. What it injects
 * into is a port, so that the same walk drives a live engine and prints a timeline.
 */
import { CronTime } from 'cron'
import { sleep, type Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { ProbeOutcome } from '../journal/events.ts'
import type { HealReason } from './engine.ts'
import type { Fault, FaultPlan, Probe, Step } from './plan.ts'

export interface Injector {
  /** Starts a fault. `id` is unique in the run, `fault` is its place in the plan. */
  inject(fault: Fault, place: { readonly id: string; readonly fault: string }): InjectedFault | undefined
  probe(probe: Probe): Promise<ProbeOutcome>
  trigger(step: string, fired: boolean): void
  mark(label: string): void
  healAll(): void
}

export interface InjectedFault {
  renew(): void
  heal(reason: HealReason): void
}

export interface RunnerOptions {
  readonly plan: FaultPlan
  readonly clock: Clock
  readonly random: Random
  readonly injector: Injector
  /** The timeline is cut here; milliseconds. Cron schedules without `for` last until then. */
  readonly horizon: number
  /** Distinguishes the incidents of one cycle from the next one's. */
  readonly cycle: number
}

export class PlanRunner {
  readonly #options: RunnerOptions
  readonly #occurrences = new Map<string, number>()
  #active = 0

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  /** Runs the timeline to its end or the horizon, whichever comes first; aborting heals at once. */
  async run(signal: AbortSignal): Promise<void> {
    const { plan, clock, horizon, injector } = this.#options
    const stop = new AbortController()
    const onAbort = (): void => stop.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    const timer = clock.after(horizon, () => stop.abort(endOfTimeline))
    try {
      if (signal.aborted) throw signal.reason
      await this.#sequence(plan.timeline, 'timeline', stop.signal)
    } catch (error) {
      if (error !== endOfTimeline) throw error
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
      injector.healAll()
    }
  }

  async #sequence(steps: readonly Step[], path: string, signal: AbortSignal): Promise<void> {
    for (const [index, step] of steps.entries()) await this.#step(step, `${path}[${index}]`, signal)
  }

  async #step(step: Step, path: string, signal: AbortSignal): Promise<void> {
    const { clock, injector } = this.#options
    if ('inject' in step) {
      const children = (step.parallel ?? []).map((child, index) =>
        this.#step(child, `${path}.parallel[${index}]`, signal),
      )
      const faults = step.inject.map((fault, index) =>
        this.#inject(fault, step.for, `${path}.inject[${index}]`, signal),
      )
      await allSettledOrThrow([...faults, ...children])
    } else if ('sequence' in step) await this.#sequence(step.sequence, `${path}.sequence`, signal)
    else if ('parallel' in step)
      await allSettledOrThrow(
        step.parallel.map((child, index) => this.#step(child, `${path}.parallel[${index}]`, signal)),
      )
    else if ('repeat' in step) await this.#repeat(step, path, signal)
    else if ('cron' in step) await this.#cron(step, path, signal)
    else if ('wait' in step) await sleep(clock, step.wait, signal)
    else if ('waitFor' in step) await this.#waitFor(step, path, signal)
    else if ('heal' in step) injector.healAll()
    else injector.mark(step.mark)
  }

  async #inject(
    reference: string | Fault,
    stepFor: number | undefined,
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { plan, clock, injector } = this.#options
    const fault = typeof reference === 'string' ? (plan.faults[reference] as Fault) : reference
    const length = fault.for ?? stepFor ?? 0
    if (this.#active >= plan.safety.maxConcurrentFaults) {
      injector.trigger(
        `${path}: more than ${plan.safety.maxConcurrentFaults} faults at once (safety.maxConcurrentFaults)`,
        false,
      )
      return
    }
    this.#active++
    const injected = injector.inject(fault, { id: this.#nextId(path), fault: path })
    let reason: HealReason = 'abort'
    try {
      if (injected === undefined) return
      for (let left = length; left > 0;) {
        const pause = Math.min(left, plan.safety.lease / 3)
        await sleep(clock, pause, signal)
        injected.renew()
        left -= pause
      }
      reason = 'scheduled'
    } finally {
      this.#active--
      injected?.heal(signal.reason === endOfTimeline ? 'heal' : reason)
    }
  }

  async #repeat(step: Extract<Step, { repeat: unknown }>, path: string, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#options
    const { times = Infinity, for: length = Infinity, every, jitter } = step.repeat
    const start = clock.now()
    for (let round = 0; round < times && clock.now() - start < length; round++) {
      const began = clock.now()
      await this.#sequence(step.do, `${path}.do`, signal)
      const due = every + jitter * random.draw('repeat', path, this.#options.cycle, round)
      const left = Math.min(due - (clock.now() - began), start + length - clock.now())
      if (left > 0 && round + 1 < times) await sleep(clock, left, signal)
    }
  }

  /** Fires at the schedule's times (UTC) until `for` is over. */
  async #cron(step: Extract<Step, { cron: string }>, path: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options
    const schedule = new CronTime(step.cron, 'UTC')
    const until = step.for === undefined ? Infinity : clock.now() + step.for
    const rounds = new Set<Promise<void>>()
    let current = new AbortController()
    const onAbort = (): void => current.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      for (;;) {
        const wall = clock.wallMs()
        const next = schedule.getNextDateFrom(new Date(wall), 'UTC').toMillis()
        if (clock.now() + (next - wall) > until) break
        await sleep(clock, Math.max(1, next - wall), signal)
        if (rounds.size > 0 && step.concurrency === 'forbid') continue
        if (rounds.size > 0 && step.concurrency === 'replace') {
          current.abort(replaced)
          current = new AbortController()
        }
        const round = this.#sequence(step.do, `${path}.do`, current.signal)
          .catch((error: unknown) => {
            if (error !== replaced) throw error
          })
          .finally(() => rounds.delete(round))
        rounds.add(round)
        round.catch(() => {}) // awaited below
      }
      await allSettledOrThrow([...rounds])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #waitFor(step: Extract<Step, { waitFor: unknown }>, path: string, signal: AbortSignal): Promise<void> {
    const { clock, injector } = this.#options
    const deadline = clock.now() + step.timeout
    for (;;) {
      const outcome = await injector.probe(step.waitFor)
      if (outcome === 'true' || clock.now() >= deadline) {
        injector.trigger(`${path}: waitFor`, outcome === 'true')
        return
      }
      await sleep(clock, Math.min(step.waitFor.every, Math.max(1, deadline - clock.now())), signal)
    }
  }

  #nextId(path: string): string {
    const count = (this.#occurrences.get(path) ?? 0) + 1
    this.#occurrences.set(path, count)
    return `cycle ${this.#options.cycle} ${path}${count === 1 ? '' : `#${count}`}`
  }
}

const endOfTimeline = new Error('the timeline is over')
const replaced = new Error('replaced by the next round')

/** Waits for all, so that nothing runs on unobserved, then throws the first failure. */
async function allSettledOrThrow(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}
