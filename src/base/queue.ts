/** A one-consumer mailbox between a producer that calls and a consumer that awaits; the owner bounds it. */
export class Mailbox<T> {
  #items: T[] = []
  #wake: (() => void) | undefined
  #closed = false

  get size(): number {
    return this.#items.length
  }

  push(item: T): void {
    this.#items.push(item)
    this.#wake?.()
  }

  close(): void {
    this.#closed = true
    this.#wake?.()
  }

  /** All items so far, in order; waits for at least one. Undefined when closed and empty. */
  async takeAll(): Promise<readonly T[] | undefined> {
    while (this.#items.length === 0) {
      if (this.#closed) return undefined
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
    const items = this.#items
    this.#items = []
    return items
  }
}
