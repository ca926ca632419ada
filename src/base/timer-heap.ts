/** A binary heap of callbacks by due time; equal times run in the order they were added. Removal is O(log n). */

export interface TimerEntry {
  readonly at: number
  readonly order: number
  readonly run: () => void
  /** Position in the heap, -1 when not in it. */
  index: number
}

export class TimerHeap {
  readonly #entries: TimerEntry[] = []
  #order = 0

  get size(): number {
    return this.#entries.length
  }

  peek(): TimerEntry | undefined {
    return this.#entries[0]
  }

  add(at: number, run: () => void): TimerEntry {
    const entry: TimerEntry = { at, order: this.#order++, run, index: this.#entries.length }
    this.#entries.push(entry)
    this.#up(entry)
    return entry
  }

  remove(entry: TimerEntry): void {
    if (entry.index < 0) return
    const last = this.#entries.pop() as TimerEntry
    if (last !== entry) {
      last.index = entry.index
      this.#entries[last.index] = last
      this.#up(last)
      this.#down(last)
    }
    entry.index = -1
  }

  #up(entry: TimerEntry): void {
    while (entry.index > 0) {
      const parent = this.#entries[(entry.index - 1) >> 1] as TimerEntry
      if (!before(entry, parent)) return
      this.#swap(parent, entry)
    }
  }

  #down(entry: TimerEntry): void {
    for (;;) {
      const left = this.#entries[2 * entry.index + 1]
      const right = this.#entries[2 * entry.index + 2]
      const child = right !== undefined && left !== undefined && before(right, left) ? right : left
      if (child === undefined || !before(child, entry)) return
      this.#swap(entry, child)
    }
  }

  #swap(a: TimerEntry, b: TimerEntry): void {
    const position = a.index
    a.index = b.index
    b.index = position
    this.#entries[a.index] = a
    this.#entries[b.index] = b
  }
}

const before = (a: TimerEntry, b: TimerEntry): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
