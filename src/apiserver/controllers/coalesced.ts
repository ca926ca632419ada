/** What many changes ask for, done once `later`, outside of the writes that asked. */
export function coalesced(later: (run: () => void) => void, sync: () => void): () => void {
  let due = false
  return () => {
    if (due) return
    due = true
    later(() => {
      due = false
      sync()
    })
  }
}
