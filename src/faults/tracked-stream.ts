/** A watch stream that faults can expire, close or hang at the next frame boundary, existing ones included. */
import type { WatchBatch, WatchStream } from '../kube/handler.ts'
import { batchOf, errorEvent } from '../kube/watch-codec.ts'
import type { Status } from '../kube/status.ts'

export interface StreamFacts {
  readonly cluster: string
  readonly client: string
  /** `nodes`, `machines.cluster.x-k8s.io` */
  readonly resource: string
  /** Present revision of the server that the stream comes from, as far as the stream has seen it. */
  readonly resourceVersion: string
}

export class TrackedStream implements WatchStream {
  readonly facts: StreamFacts
  readonly #source: WatchStream
  readonly #onEnd: (stream: TrackedStream) => void
  #waiting: ((batch: WatchBatch | undefined) => void) | undefined
  #held: WatchBatch | undefined
  #sourceEnded = false
  #pulling = false
  #ended = false
  #hangs = 0

  constructor(source: WatchStream, facts: StreamFacts, onEnd: (stream: TrackedStream) => void) {
    this.#source = source
    this.facts = facts
    this.#onEnd = onEnd
  }

  next(): Promise<WatchBatch | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting = resolve
      this.#deliver()
      if (this.#waiting !== undefined) this.#pull(reject)
    })
  }

  close(): void {
    this.#end(undefined)
  }

  /** Sends one ERROR event and ends. */
  expire(status: Status): void {
    this.#end(batchOf([errorEvent(status)]))
  }

  /** Nothing comes through any more; bookmarks and ends neither. Returns how to go on. */
  hang(): () => void {
    this.#hangs++
    let done = false
    return () => {
      if (done) return
      done = true
      this.#hangs--
      this.#deliver()
    }
  }

  #pull(reject: (error: unknown) => void): void {
    if (this.#pulling || this.#sourceEnded || this.#held !== undefined) return
    this.#pulling = true
    this.#source.next().then(
      (batch) => {
        this.#pulling = false
        if (batch === undefined) this.#sourceEnded = true
        else this.#held = batch
        this.#deliver()
      },
      (error: unknown) => {
        this.#pulling = false
        this.#sourceEnded = true
        reject(error)
      },
    )
  }

  #deliver(): void {
    const resolve = this.#waiting
    if (resolve === undefined) return
    if (this.#ended || this.#hangs === 0) {
      const batch = this.#held
      if (batch !== undefined) {
        this.#held = undefined
        this.#waiting = undefined
        resolve(batch)
      } else if (this.#ended || this.#sourceEnded) {
        this.#waiting = undefined
        this.close()
        resolve(undefined)
      }
    }
  }

  #end(last: WatchBatch | undefined): void {
    if (this.#ended) return
    this.#ended = true
    this.#held = last
    this.#source.close()
    this.#onEnd(this)
    this.#deliver()
  }
}
