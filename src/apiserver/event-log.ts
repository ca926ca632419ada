/**
 * The watch cache of one kind: a bounded history of changes that any number of watchers read at their own pace.
 * A watcher is a cursor; one that falls out of the window is dropped, as the real server drops slow watchers.
 * Watchers at the same place share one batch and its bytes.
 */
import type { WatchBatch, WatchEvent } from '../kube/handler.ts'
import { encodeFrame } from '../kube/watch-codec.ts'
import type { Stored } from './stored.ts'

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** One committed change. It is also the event that an unfiltered watcher sees. */
export class ChangeEvent implements WatchEvent {
  readonly type: ChangeType
  readonly stored: Stored
  readonly previous: Stored | undefined

  constructor(type: ChangeType, stored: Stored, previous: Stored | undefined) {
    this.type = type
    this.stored = stored
    this.previous = previous
  }

  get object(): unknown {
    return this.stored.value
  }

  /** Not kept: the batch keeps the bytes while anybody needs them. */
  frame(): Buffer {
    return encodeFrame(this.type, this.stored.bytes())
  }
}

class LogBatch implements WatchBatch {
  readonly events: readonly ChangeEvent[]
  #bytes: Buffer | undefined

  constructor(events: readonly ChangeEvent[]) {
    this.events = events
  }

  bytes(): Buffer {
    return (this.#bytes ??=
      this.events.length === 1
        ? (this.events[0] as ChangeEvent).frame()
        : Buffer.concat(this.events.map((event) => event.frame())))
  }
}

/** Runs `flush` later: at the end of the turn on sockets (so that events of one turn travel together), in a microtask when simulated. */
export type Defer = (flush: () => void) => void

export class EventLog {
  readonly #capacity: number
  readonly #defer: Defer
  #events: ChangeEvent[] = []
  /** Sequence number of `#events[0]`. */
  #start = 0
  /** Changes up to this revision are no longer here. */
  #oldest = 0
  #waiting: (() => void)[] = []
  #flushing = false
  #shared: { from: number; to: number; batch: LogBatch } | undefined

  constructor(capacity: number, defer: Defer) {
    this.#capacity = capacity
    this.#defer = defer
  }

  /** Changes up to this revision are no longer here. */
  get oldest(): number {
    return this.#oldest
  }

  /** Sequence number of the next event. */
  get end(): number {
    return this.#start + this.#events.length
  }

  /** Sequence number of the oldest event still here. */
  get start(): number {
    return this.#start
  }

  /** What happened up to this revision is not known: a watch from before it gets 410. */
  forget(revision: number): void {
    this.#oldest = revision
  }

  append(event: ChangeEvent): void {
    this.#events.push(event)
    // Trimmed in bulk: a window of `capacity` to twice as many events, so that a write costs no copy.
    if (this.#events.length >= 2 * this.#capacity) {
      const drop = this.#events.length - this.#capacity
      this.#oldest = (this.#events[drop - 1] as ChangeEvent).stored.revision
      this.#events = this.#events.slice(drop)
      this.#start += drop
    }
    if (this.#waiting.length > 0 && !this.#flushing) {
      this.#flushing = true
      this.#defer(this.#flush)
    }
  }

  /** The cursor from which every change after `revision` follows, or the revision below which nothing is known. */
  seek(revision: number): { cursor: number } | { oldest: number } {
    if (revision < this.#oldest) return { oldest: this.#oldest }
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#events[middle] as ChangeEvent).stored.revision <= revision) low = middle + 1
      else high = middle
    }
    return { cursor: this.#start + low }
  }

  /** Every change after `revision`, in order; undefined when some are no longer here. */
  since(revision: number): readonly ChangeEvent[] | undefined {
    const place = this.seek(revision)
    return 'oldest' in place ? undefined : this.#events.slice(place.cursor - this.#start)
  }

  /** Everything from `cursor` on; empty when there is nothing new. The caller has checked the window. */
  read(cursor: number): WatchBatch & { readonly events: readonly ChangeEvent[] } {
    const to = this.end
    if (this.#shared?.from === cursor && this.#shared.to === to) return this.#shared.batch
    const batch = new LogBatch(this.#events.slice(cursor - this.#start))
    this.#shared = { from: cursor, to, batch }
    return batch
  }

  /** Calls `wake` once, after the next append. */
  wait(wake: () => void): void {
    this.#waiting.push(wake)
  }

  unwait(wake: () => void): void {
    const index = this.#waiting.indexOf(wake)
    if (index >= 0) this.#waiting.splice(index, 1)
  }

  readonly #flush = (): void => {
    this.#flushing = false
    const waiting = this.#waiting
    this.#waiting = []
    for (const wake of waiting) wake()
    this.#shared = undefined
  }
}
