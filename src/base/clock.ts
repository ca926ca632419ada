/**
 * Time as a parameter: everything that waits, expires or stamps gets a {@link Clock}.
 * The real clock keeps one operating-system timer for all sleepers, so ten thousand kubelets cost one timer.
 */
import { TimerHeap, type TimerEntry } from './timer-heap.ts'

/** A duration or an instant on the monotonic scale, in milliseconds. */
export type Milliseconds = number

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Monotonic milliseconds since an arbitrary origin. */
  now(): Milliseconds
  /** Wall time in milliseconds since 1970; only for display and Kubernetes timestamps. */
  wallMs(): number
  /** Calls `run` once, `delay` from now (at least on a later turn). */
  after(delay: Milliseconds, run: () => void): Timer
}

/** Resolves after `duration`; rejects with the signal's reason when aborted first. Leaves no listener behind. */
export function sleep(clock: Clock, duration: Milliseconds, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = (): void => {
      timer.cancel()
      reject(signal?.reason)
    }
    const timer = clock.after(duration, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** The text of the second that was asked for last: thousands of heartbeats share it. */
let second = NaN
let secondText = ''

/** RFC 3339 with seconds, as metav1.Time encodes. */
export function rfc3339(wallMs: number): string {
  const wanted = Math.floor(wallMs / 1000)
  if (wanted !== second) {
    second = wanted
    secondText = new Date(wanted * 1000).toISOString().replace('.000', '')
  }
  return secondText
}

/** RFC 3339 with microseconds, as metav1.MicroTime encodes. */
export function rfc3339Micro(wallMs: number): string {
  const micros = Math.floor((wallMs - Math.floor(wallMs / 1000) * 1000) * 1000)
  return `${rfc3339(wallMs).slice(0, -1)}.${String(micros).padStart(6, '0')}Z`
}

export class RealClock implements Clock {
  readonly #heap = new TimerHeap()
  #armedFor = Infinity
  #handle: NodeJS.Timeout | undefined

  now(): Milliseconds {
    return performance.now()
  }

  wallMs(): number {
    return Date.now()
  }

  after(delay: Milliseconds, run: () => void): Timer {
    const entry = this.#heap.add(this.now() + Math.max(0, delay), run)
    if (entry.at < this.#armedFor) this.#arm()
    return { cancel: () => this.#cancel(entry) }
  }

  #cancel(entry: TimerEntry): void {
    this.#heap.remove(entry)
    if (this.#heap.size === 0) this.#disarm()
  }

  #arm(): void {
    this.#disarm()
    const next = this.#heap.peek()
    if (next === undefined) return
    this.#armedFor = next.at
    this.#handle = setTimeout(() => this.#fire(), Math.min(2 ** 31 - 1, Math.max(0, Math.ceil(next.at - this.now()))))
  }

  #disarm(): void {
    clearTimeout(this.#handle)
    this.#handle = undefined
    this.#armedFor = Infinity
  }

  #fire(): void {
    this.#disarm()
    const now = this.now()
    for (let next = this.#heap.peek(); next !== undefined && next.at <= now; next = this.#heap.peek()) {
      this.#heap.remove(next)
      next.run()
    }
    this.#arm()
  }
}
