/**
 * What a controller runs on: keys, not events. A key is worked on by one worker at a time, at most once per
 * `gate`, with back-off after errors. Source: client-go util/workqueue, Cluster API util/controller/builder.go.
 */
import type { Clock, Timer } from '../base/clock.ts'

export interface ReconcileResult {
  /** Look again after this long, in milliseconds, whatever happens. */
  readonly requeueAfter?: number
}

export interface ControllerOptions {
  readonly name: string
  readonly clock: Clock
  readonly concurrency: number
  /** Least time between two reconciles of one key; milliseconds. */
  readonly gate: number
  readonly reconcile: (key: string) => Promise<ReconcileResult | void>
  readonly onError?: (key: string, error: unknown) => void
}

const backoffFirst = 5
const backoffMax = 1_000_000

export class WorkQueue {
  readonly #options: ControllerOptions
  readonly #ready: string[] = []
  readonly #queued = new Set<string>()
  readonly #active = new Set<string>()
  readonly #again = new Set<string>()
  readonly #timers = new Map<string, { timer: Timer; at: number }>()
  readonly #failures = new Map<string, number>()
  readonly #last = new Map<string, number>()
  readonly #work = new Set<Promise<void>>()
  #closed = false

  constructor(options: ControllerOptions) {
    this.#options = options
  }

  get depth(): number {
    return this.#ready.length
  }

  add(key: string): void {
    if (this.#closed) return
    if (this.#active.has(key)) {
      this.#again.add(key)
      return
    }
    if (this.#queued.has(key)) return
    const wait = (this.#last.get(key) ?? -Infinity) + this.#options.gate - this.#options.clock.now()
    if (wait > 0) {
      this.addAfter(key, wait)
      return
    }
    this.#timers.get(key)?.timer.cancel()
    this.#timers.delete(key)
    this.#queued.add(key)
    this.#ready.push(key)
    this.#pump()
  }

  /** An earlier time already set for the key stays. */
  addAfter(key: string, delay: number): void {
    if (this.#closed) return
    const { clock } = this.#options
    const at = clock.now() + delay
    const pending = this.#timers.get(key)
    if (pending !== undefined) {
      if (pending.at <= at) return
      pending.timer.cancel()
    }
    const timer = clock.after(delay, () => {
      this.#timers.delete(key)
      this.add(key)
    })
    this.#timers.set(key, { timer, at })
  }

  /** Forgets what is remembered about a key whose object is gone. */
  forget(key: string): void {
    this.#failures.delete(key)
    this.#last.delete(key)
  }

  /** Stops taking keys and waits for the reconciles under way. */
  async close(): Promise<void> {
    this.#closed = true
    for (const { timer } of this.#timers.values()) timer.cancel()
    this.#timers.clear()
    this.#ready.length = 0
    await Promise.allSettled([...this.#work])
  }

  #pump(): void {
    while (this.#active.size < this.#options.concurrency && !this.#closed) {
      const key = this.#ready.shift()
      if (key === undefined) return
      this.#queued.delete(key)
      this.#active.add(key)
      const work = this.#process(key).finally(() => {
        this.#work.delete(work)
        this.#active.delete(key)
        if (this.#again.delete(key)) this.add(key)
        this.#pump()
      })
      this.#work.add(work)
    }
  }

  async #process(key: string): Promise<void> {
    const { clock, gate, reconcile, onError } = this.#options
    this.#last.set(key, clock.now())
    try {
      const result = await reconcile(key)
      this.#failures.delete(key)
      if (result?.requeueAfter !== undefined) this.addAfter(key, Math.max(gate, result.requeueAfter))
    } catch (error) {
      onError?.(key, error)
      const failures = this.#failures.get(key) ?? 0
      this.#failures.set(key, failures + 1)
      this.addAfter(key, gate + Math.min(backoffMax, backoffFirst * 2 ** Math.min(failures, 30)))
    }
  }
}
