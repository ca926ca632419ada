/** Work that many changes of one turn ask for, done once. */

/** Returns what asks for `sync` of a key; `later` runs it outside of the write that caused it. */
export function onceEach(later: (run: () => void) => void, sync: (key: string) => void): (key: string) => void {
  const due = new Set<string>()
  const flush = (): void => {
    const keys = [...due]
    due.clear()
    for (const key of keys) sync(key)
  }
  return (key) => {
    if (due.size === 0) later(flush)
    due.add(key)
  }
}
