/** Ports for clusters: handed out in order, used again only some time after they were given back. */
import type { Clock } from '../base/clock.ts'

/** So that a client of the old cluster never meets the new one by accident. */
const quarantineMs = 30_000

export class PortPool {
  readonly #clock: Clock
  readonly #first: number
  readonly #last: number
  #next: number
  readonly #released: { port: number; at: number }[] = []
  readonly #used = new Set<number>()

  constructor(clock: Clock, first = 20_000, last = 29_999) {
    this.#clock = clock
    this.#first = first
    this.#last = last
    this.#next = first
  }

  /** The wanted port if it is free, else a fresh one. Throws when the range is exhausted. */
  take(wanted?: number): number {
    if (wanted !== undefined && !this.#used.has(wanted)) return this.#mark(wanted)
    const oldest = this.#released[0]
    if (oldest !== undefined && this.#clock.now() - oldest.at >= quarantineMs) {
      this.#released.shift()
      if (!this.#used.has(oldest.port)) return this.#mark(oldest.port)
    }
    while (this.#next <= this.#last) {
      const port = this.#next++
      if (!this.#used.has(port)) return this.#mark(port)
    }
    const again = this.#released.shift()
    if (again === undefined) throw new Error(`no free port between ${this.#first} and ${this.#last}`)
    return this.#mark(again.port)
  }

  release(port: number): void {
    if (this.#used.delete(port)) this.#released.push({ port, at: this.#clock.now() })
  }

  #mark(port: number): number {
    this.#used.add(port)
    return port
  }
}
