/**
 * One watch: what it starts from, what of the history it lets through, bookmarks, its end.
 * Source: k8s.io/apiserver/pkg/storage/cacher (cacher.go, cache_watcher.go), KEP-3157 for sendInitialEvents.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { WatchBatch, WatchEvent, WatchStream } from '../kube/handler.ts'
import { apiVersionOf } from '../kube/object.ts'
import { mergePatch } from '../kube/patch.ts'
import { batchOf, encodeFrame, errorEvent, watchEvent } from '../kube/watch-codec.ts'
import { tooOldResourceVersion, type Status } from '../kube/status.ts'
import type { Collection } from './collection.ts'
import type { ResourceDefinition } from './definition.ts'
import { emptyObject } from './ownership.ts'
import type { ChangeEvent, ChangeType } from './event-log.ts'
import type { Stored } from './stored.ts'
import type { KubeObject } from './types.ts'

export interface WatcherOptions {
  readonly collection: Collection
  readonly clock: Clock
  /** Undefined lets everything through, and costs nothing. */
  readonly filter: ((object: KubeObject) => boolean) | undefined
  /** Follow changes after this revision; the caller has checked that it isn't in the future. */
  readonly from: number
  /** The state to send first, and whether the end of it is marked. */
  readonly initial: { readonly objects: readonly Stored[]; readonly bookmark: boolean } | undefined
  readonly bookmarks: boolean
  /** What it sees of the collection, as metrics name it: `cluster`, `namespace`. */
  readonly scope: string
  /** The server's present revision: what bookmarks carry. */
  readonly revision: () => number
  /** Milliseconds until a clean end. */
  readonly timeout: number
  readonly onClose: () => void
}

/** As the real server: a bookmark about every minute. */
const bookmarkInterval = 60_000
const bookmarkBeforeEnd = 2_000

export class Watcher implements WatchStream {
  readonly #options: WatcherOptions
  readonly #wake = (): void => this.#resume()
  readonly #timers: Timer[] = []
  #pending: { resolve: (batch: WatchBatch | undefined) => void } | undefined
  #queued: WatchEvent[] = []
  #cursor: number
  #ended = false
  #closed = false
  #bookmarkDue = false

  constructor(options: WatcherOptions) {
    this.#options = options
    const { collection, clock, from, initial } = options
    const place = collection.log.seek(from)
    if ('oldest' in place) {
      this.#cursor = collection.log.end
      this.#queued.push(errorEvent(tooOldResourceVersion(from, place.oldest).status))
      this.#ended = true
      return
    }
    this.#cursor = place.cursor
    if (initial !== undefined) {
      this.#queued.push(...initial.objects.map((stored) => new StateEvent('ADDED', stored)))
      if (initial.bookmark)
        this.#queued.push(bookmark(collection.definition, options.revision(), { 'k8s.io/initial-events-end': 'true' }))
    }
    this.#timers.push(clock.after(options.timeout, () => this.close()))
    if (options.bookmarks) this.#armBookmark(options.timeout)
  }

  get collection(): Collection {
    return this.#options.collection
  }

  get scope(): string {
    return this.#options.scope
  }

  next(): Promise<WatchBatch | undefined> {
    const batch = this.#take()
    if (batch !== undefined) return Promise.resolve(batch)
    if (this.#closed || this.#ended) {
      this.close()
      return Promise.resolve(undefined)
    }
    return new Promise((resolve) => {
      this.#pending = { resolve }
      this.#options.collection.log.wait(this.#wake)
    })
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    for (const timer of this.#timers) timer.cancel()
    this.#options.onClose()
    if (this.#pending === undefined) return
    this.#options.collection.log.unwait(this.#wake)
    this.#pending.resolve(undefined)
    this.#pending = undefined
  }

  /** Ends when all that has happened so far has been told. */
  end(): void {
    const batch = this.#take()
    if (this.#closed || this.#ended) return
    this.#ended = true
    if (this.#pending === undefined) {
      this.#queued = [...(batch?.events ?? [])]
      return
    }
    if (batch === undefined) return this.close()
    this.#options.collection.log.unwait(this.#wake)
    this.#pending.resolve(batch)
    this.#pending = undefined
  }

  #resume(): void {
    if (this.#pending === undefined) return
    const batch = this.#take()
    if (batch === undefined && !this.#closed) {
      this.#options.collection.log.wait(this.#wake)
      return
    }
    const { resolve } = this.#pending
    this.#pending = undefined
    resolve(batch)
  }

  #take(): WatchBatch | undefined {
    if (this.#closed) return undefined
    if (this.#queued.length > 0) {
      const events = this.#queued
      this.#queued = []
      return batchOf(events)
    }
    if (this.#ended) return undefined
    const { log } = this.#options.collection
    if (this.#cursor < log.start) {
      this.close() // too slow: what comes next is no longer here
      return undefined
    }
    if (this.#cursor < log.end) {
      const batch = log.read(this.#cursor)
      this.#cursor = log.end
      const { filter } = this.#options
      if (filter === undefined) return batch
      const events: WatchEvent[] = []
      for (const change of batch.events) {
        const event = filtered(change, filter)
        if (event !== undefined) events.push(event)
      }
      if (events.length > 0) return batchOf(events)
    }
    if (!this.#bookmarkDue) return undefined
    this.#bookmarkDue = false
    return batchOf([bookmark(this.#options.collection.definition, this.#options.revision())])
  }

  /** The last one comes shortly before the end, so that who resumes knows where. `left`: ms until then. */
  #armBookmark(left: number): void {
    const { clock, collection } = this.#options
    const last = left - bookmarkBeforeEnd
    const wait = last > 0 ? Math.min(bookmarkInterval, last) : bookmarkInterval
    this.#timers[1] = clock.after(wait, () => {
      this.#bookmarkDue = true
      if (this.#pending !== undefined) {
        collection.log.unwait(this.#wake)
        this.#resume()
      }
      if (!this.#closed) this.#armBookmark(left - wait)
    })
  }
}

/** An object presented as an event: initial state, or a change seen through a filter. */
class StateEvent implements WatchEvent {
  readonly type: ChangeType
  readonly #stored: Stored

  constructor(type: ChangeType, stored: Stored) {
    this.type = type
    this.#stored = stored
  }

  get object(): unknown {
    return this.#stored.value
  }

  frame(): Buffer {
    return encodeFrame(this.type, this.#stored.bytes())
  }
}

/** Entering the selection is ADDED, leaving it is DELETED with the last state that matched, at the new revision. */
function filtered(event: ChangeEvent, filter: (object: KubeObject) => boolean): WatchEvent | undefined {
  const was = event.previous !== undefined && filter(event.previous.value)
  const is = event.type !== 'DELETED' && filter(event.stored.value)
  if (is)
    return was
      ? event.type === 'MODIFIED'
        ? event
        : new StateEvent('MODIFIED', event.stored)
      : event.type === 'ADDED'
        ? event
        : new StateEvent('ADDED', event.stored)
  if (!was) return undefined
  if (event.type === 'DELETED') return event
  const last = event.previous.value
  return watchEvent('DELETED', {
    ...last,
    metadata: { ...last.metadata, resourceVersion: String(event.stored.revision) },
  })
}

/** An object of the kind that says nothing but where the watch is. */
function bookmark(definition: ResourceDefinition, revision: number, annotations?: Record<string, string>): WatchEvent {
  const metadata = { resourceVersion: String(revision), ...(annotations === undefined ? {} : { annotations }) }
  const { kind, blank = {} } = definition
  const object = { kind, apiVersion: apiVersionOf(definition), ...emptyObject(definition), metadata }
  return watchEvent('BOOKMARK', mergePatch(object, blank))
}

/** A stream that only says why it can't be: HTTP 200, one ERROR event, a clean end. */
export function errorStream(status: Status): WatchStream {
  let sent = false
  return {
    async next() {
      if (sent) return undefined
      sent = true
      return batchOf([errorEvent(status)])
    },
    close() {
      sent = true
    },
  }
}
