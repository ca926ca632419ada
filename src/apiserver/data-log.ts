/**
 * The store on disk: a snapshot and the writes since, one JSON object a line with its checksum. A write is in the
 * file before it is acknowledged, so a process that is killed loses none of them (a machine that loses power may lose
 * the last ones: nothing waits for the disk).
 */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
  fsyncSync,
} from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { customResourceDefinitions } from './resources/customresourcedefinitions.ts'
import type { ObjectStore } from './store.ts'
import type { KubeObject } from './types.ts'

interface Entry {
  readonly group: string
  readonly version: string
  readonly resource: string
  readonly key: string
  readonly revision: number
  /** Absent: deleted. */
  readonly object?: KubeObject
}

/** A log of this size is folded into a new snapshot. */
const logBytesMax = 16 * 1024 * 1024
const snapshotName = /^snapshot-(\d+)\.jsonl$/
const logName = /^log-(\d+)\.jsonl$/

function encodeLine(value: object): string {
  const body = JSON.stringify(value)
  return `${body.slice(0, -1)},"crc":"${crc32(body).toString(16).padStart(8, '0')}"}\n`
}

/** Undefined for a line that is torn or was changed. */
function decodeLine(line: string): Entry | undefined {
  const match = /,"crc":"([0-9a-f]{8})"\}$/.exec(line)
  if (match === null) return undefined
  const body = `${line.slice(0, match.index)}}`
  return crc32(body) === parseInt(match[1] as string, 16) ? (JSON.parse(body) as Entry) : undefined
}

export class DataLog implements Disposable {
  readonly #directory: string
  readonly #store: ObjectStore
  #file: number
  #bytes = 0
  readonly #stop: () => void

  /** Restores what the directory holds into an empty store, and from then on records every change of it. */
  constructor(directory: string, store: ObjectStore) {
    this.#directory = directory
    this.#store = store
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    this.#restore()
    this.#file = this.#begin()
    this.#stop = store.listen((definition, { type, stored }) => {
      const { group, version, resource } = definition
      const entry = { group, version, resource, key: stored.key, revision: stored.revision }
      this.#append(type === 'DELETED' ? entry : { ...entry, object: stored.value })
    })
  }

  [Symbol.dispose](): void {
    this.#stop()
    fsyncSync(this.#file)
    closeSync(this.#file)
  }

  #append(entry: Entry): void {
    const line = encodeLine(entry)
    this.#bytes += writeSync(this.#file, line)
    if (this.#bytes < logBytesMax) return
    closeSync(this.#file)
    this.#file = this.#begin()
  }

  #restore(): void {
    const entries = new Map<string, Entry>()
    let newest = 0
    for (const entry of this.#entries()) {
      const id = `${entry.group}/${entry.resource}/${entry.key}`
      newest = Math.max(newest, entry.revision)
      if ((entries.get(id)?.revision ?? -1) <= entry.revision) entries.set(id, entry)
    }
    const live = [...entries.values()].filter(({ object }) => object !== undefined)
    const definitionFirst = ({ resource }: Entry): number => (resource === customResourceDefinitions.resource ? 0 : 1)
    live.sort((a, b) => definitionFirst(a) - definitionFirst(b) || a.revision - b.revision)
    for (const { group, version, resource, object } of live) {
      // What is stored in a version that is not served comes back, too; of a kind that has gone, nothing does.
      const { registry } = this.#store
      const definition = registry.byPath(group, version, resource) ?? this.#store.storedAs(group, resource)
      if (definition !== undefined) this.#store.restore(definition, object as KubeObject)
    }
    this.#store.resumeAt(newest)
  }

  /** Everything on disk: the newest snapshot, then the logs; each file up to its first line that isn't whole. */
  *#entries(): Generator<Entry> {
    const names = readdirSync(this.#directory)
    const number =
      (pattern: RegExp) =>
      (name: string): number =>
        Number(pattern.exec(name)?.[1] ?? -1)
    const snapshot = names
      .filter((name) => snapshotName.test(name))
      .sort((a, b) => number(snapshotName)(b) - number(snapshotName)(a))[0]
    const logs = names.filter((name) => logName.test(name)).sort((a, b) => number(logName)(a) - number(logName)(b))
    for (const name of [...(snapshot === undefined ? [] : [snapshot]), ...logs]) {
      for (const line of readFileSync(join(this.#directory, name), 'utf8').split('\n')) {
        const entry = decodeLine(line)
        if (entry === undefined) break
        yield entry
      }
    }
  }

  /**
   * A snapshot of what is there and an empty log after it. The old files go last: at any moment what is on disk
   * restores everything.
   */
  #begin(): number {
    const { revision } = this.#store
    const old = readdirSync(this.#directory)
    const name = `snapshot-${revision}.jsonl`
    const temporary = join(this.#directory, `${name}.tmp`)
    const file = openSync(temporary, 'w', 0o600)
    writeSync(file, encodeLine({ group: '', version: '', resource: '', key: '', revision }))
    for (const collection of this.#store.collections) {
      const { group, version, resource } = collection.definition
      for (const { key, revision, value: object } of collection.values())
        writeSync(file, encodeLine({ group, version, resource, key, revision, object }))
    }
    fsyncSync(file)
    closeSync(file)
    renameSync(temporary, join(this.#directory, name))
    const log = openSync(join(this.#directory, `log-${revision}.jsonl`), 'a', 0o600)
    for (const each of old) {
      const isOurs = snapshotName.test(each) || logName.test(each) || each.endsWith('.tmp')
      if (isOurs && each !== name && each !== `log-${revision}.jsonl`) rmSync(join(this.#directory, each))
    }
    this.#bytes = 0
    return log
  }
}
