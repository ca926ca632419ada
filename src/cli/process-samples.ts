/** What a leak would show in: measured at checkpoints, after a collection where `--expose-gc` allows one. */
export function processSamples(): Record<string, number> {
  const { gc } = globalThis as { gc?: () => void }
  gc?.()
  gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  return {
    process_heap_used_bytes: heapUsed,
    process_external_bytes: external,
    process_resident_bytes: rss,
    process_active_handles: process.getActiveResourcesInfo().length,
  }
}
