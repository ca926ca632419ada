/**
 * Simulated time: nothing happens until {@link SimClock.advance} (tests) or {@link SimClock.run} (rehearsals)
 * moves it. Between two timers every promise settles, so work takes no simulated time.
 */
import { TimerHeap } from './timer-heap.ts'
import type { Clock, Milliseconds, Timer } from './clock.ts'

/** Where simulated wall time starts: 2026-01-01T00:00:00Z. */
export const simulatedEpochMs = Date.UTC(2026, 0, 1)

export class SimClock implements Clock {
  readonly #heap = new TimerHeap()
  #now: Milliseconds = 0

  now(): Milliseconds {
    return this.#now
  }

  wallMs(): number {
    return simulatedEpochMs + this.#now
  }

  after(delay: Milliseconds, run: () => void): Timer {
    const entry = this.#heap.add(this.#now + Math.max(0, delay), run)
    return { cancel: () => this.#heap.remove(entry) }
  }

  /** Moves time forward by `duration`, running every timer that falls due and letting promises settle between them. */
  async advance(duration: Milliseconds): Promise<void> {
    const until = this.#now + duration
    await settle()
    while (this.#step(until)) await settle()
    this.#now = until
    await settle()
  }

  /** Runs timers as fast as they can be run until `work` settles; a standstill (no timer left) rejects. */
  async run<T>(work: Promise<T>): Promise<T> {
    let done = false
    const finished = work.finally(() => (done = true))
    finished.catch(() => {})
    await settle()
    while (!done) {
      if (!this.#step(Infinity)) {
        await settle()
        if (done) break
        if (this.#heap.size === 0) throw new Error('simulated time stands still: something waits for no timer')
      }
      await settle()
    }
    return finished
  }

  #step(until: Milliseconds): boolean {
    const next = this.#heap.peek()
    if (next === undefined || next.at > until) return false
    this.#heap.remove(next)
    this.#now = Math.max(this.#now, next.at)
    next.run()
    return true
  }
}

/** The event loop gets a turn this often, so that signals are heard; the rest of the time it would only cost. */
const turnsWithoutLoop = 2_000
let turns = 0

/** Node runs a tick only when the microtask queue is empty: afterwards every promise that could settle has. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    if (++turns % turnsWithoutLoop === 0) setImmediate(resolve)
    else process.nextTick(resolve)
  })
}
