/** Samples of managers from their own diagnostics: metrics at every checkpoint, and what their goroutines are doing. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../../base/log.ts'
import { UsageError } from '../../base/usage-error.ts'

/** What a leak of a Go process shows in. */
const sampled = [
  'go_goroutines',
  'go_memstats_heap_inuse_bytes',
  'process_open_fds',
  'process_resident_memory_bytes',
] as const

const patienceMs = 5_000

/** `NAME=URL`, the URL of a manager's diagnostics; returns what takes the samples, by `NAME_metric`. */
export function scrapeManagers(
  managers: readonly string[],
  directory: string,
  log: Log,
): () => Promise<Readonly<Record<string, number>>> {
  const parsed = managers.map(parseManager)
  let taken = 0
  return async () => {
    taken++
    const all: Record<string, number> = {}
    for (const { name, url } of parsed) {
      try {
        const text = await read(`${url}/metrics`)
        if (text === undefined) throw new Error(`${url} has no /metrics`)
        for (const metric of sampled) {
          const value = new RegExp(`^${metric} (\\S+)$`, 'm').exec(text)?.[1]
          if (value !== undefined) all[`${name}_${metric}`] = Number(value)
        }
        const goroutines = await read(`${url}/debug/pprof/goroutine?debug=1`)
        if (goroutines === undefined) continue // only with a manager's --profiler-address
        mkdirSync(join(directory, 'pprof'), { recursive: true })
        writeFileSync(join(directory, 'pprof', `${name}-${String(taken).padStart(3, '0')}.goroutines.txt`), goroutines)
      } catch (error) {
        log.warn({ err: error, manager: name }, 'a manager could not be sampled')
      }
    }
    return all
  }
}

export function parseManager(argument: string): { readonly name: string; readonly url: string } {
  const [, name, url] = /^([a-z][a-z0-9-]*)=(https?:\/\/\S+?)\/?$/.exec(argument) ?? []
  if (name === undefined || url === undefined)
    throw new UsageError(
      `--scrape ${argument}: is not NAME=URL; give a manager's name and the address of its diagnostics, as core=http://127.0.0.1:11443`,
    )
  return { name: name.replaceAll('-', '_'), url }
}

/** Undefined where the manager doesn't serve it. */
async function read(url: string): Promise<string | undefined> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMs) })
  if (answer.status === 404) return undefined
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  return answer.text()
}
