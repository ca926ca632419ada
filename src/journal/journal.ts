/**
 * Records what happened, in order, once. On disk a journal is one JSON object a line with `crc` as its last key,
 * in append-only segments; what follows a torn last line is cut when a run resumes.
 */
import { closeSync, fsyncSync, openSync, readdirSync, readFileSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import type { Clock } from '../base/clock.ts'
import type { JournalEntry, JournalEvent } from './events.ts'

export interface Journal {
  record(event: JournalEvent): JournalEntry
}

const segmentBytesMax = 64 * 1024 * 1024
/** Lines are written in blocks of this size, and whenever {@link FileJournal.flush} is called. */
const bufferBytesMax = 256 * 1024

export const segmentName = (index: number): string => `journal-${String(index).padStart(4, '0')}.jsonl`

export function encodeEntry(entry: JournalEntry): string {
  const body = JSON.stringify(entry)
  return `${body.slice(0, -1)},"crc":"${crc32(body).toString(16).padStart(8, '0')}"}\n`
}

/** Undefined for a line that is torn or was changed. */
export function decodeEntry(line: string): JournalEntry | undefined {
  const match = /,"crc":"([0-9a-f]{8})"\}$/.exec(line)
  if (match === null) return undefined
  const body = `${line.slice(0, match.index)}}`
  if (crc32(body) !== parseInt(match[1] as string, 16)) return undefined
  return JSON.parse(body) as JournalEntry
}

export class MemoryJournal implements Journal {
  readonly entries: JournalEntry[] = []
  readonly #clock: Clock
  readonly #origin: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#origin = clock.now()
  }

  record(event: JournalEvent): JournalEntry {
    const entry = { seq: this.entries.length + 1, at: roundMs(this.#clock.now() - this.#origin), event }
    this.entries.push(entry)
    return entry
  }
}

export class FileJournal implements Journal, Disposable {
  readonly #directory: string
  readonly #clock: Clock
  #origin: number
  #seq = 0
  #segment = 0
  #segmentBytes = 0
  #file: number
  #buffer: string[] = []
  #bufferBytes = 0
  #bytesTotal = 0

  /** Starts a journal in a directory that has none, or continues the one that is there. */
  constructor(directory: string, clock: Clock) {
    this.#directory = directory
    this.#clock = clock
    this.#origin = clock.now()
    const segments = segmentsOf(directory)
    const last = segments.at(-1)
    if (last === undefined) {
      this.#file = openSync(join(directory, segmentName(0)), 'ax', 0o644)
      return
    }
    const validBytes = validBytesOf(join(directory, last))
    truncateSync(join(directory, last), validBytes)
    const before = lastEntryOf(directory)
    this.#seq = before?.seq ?? 0
    this.#origin = clock.now() - (before?.at ?? 0)
    this.#segment = segments.length - 1
    this.#segmentBytes = validBytes
    this.#file = openSync(join(directory, last), 'a')
  }

  get size(): { entries: number; bytes: number; pending: number } {
    return { entries: this.#seq, bytes: this.#bytesTotal, pending: this.#bufferBytes }
  }

  record(event: JournalEvent): JournalEntry {
    const entry = { seq: ++this.#seq, at: roundMs(this.#clock.now() - this.#origin), event }
    const line = encodeEntry(entry)
    this.#buffer.push(line)
    this.#bufferBytes += line.length
    if (this.#bufferBytes >= bufferBytesMax) this.flush()
    return entry
  }

  /** Hands everything to the operating system; with `durable` also to the disk. */
  flush(durable = false): void {
    if (this.#buffer.length > 0) {
      const bytes = Buffer.from(this.#buffer.join(''))
      this.#buffer = []
      this.#bufferBytes = 0
      for (let written = 0; written < bytes.length;) written += writeSync(this.#file, bytes, written)
      this.#segmentBytes += bytes.length
      this.#bytesTotal += bytes.length
      if (this.#segmentBytes >= segmentBytesMax) this.#rotate()
    }
    if (durable) fsyncSync(this.#file)
  }

  [Symbol.dispose](): void {
    this.flush(true)
    closeSync(this.#file)
  }

  #rotate(): void {
    fsyncSync(this.#file)
    closeSync(this.#file)
    this.#segmentBytes = 0
    this.#file = openSync(join(this.#directory, segmentName(++this.#segment)), 'ax', 0o644)
  }
}

/** Every intact entry of a run directory, in order; ends at the first torn line. */
export function* readJournal(directory: string): Generator<JournalEntry> {
  for (const name of segmentsOf(directory)) {
    const end = yield* readSegment(join(directory, name))
    if (end.torn) return
  }
}

/** The last intact entry, without reading what comes before its segment's end. */
export function lastEntryOf(directory: string): JournalEntry | undefined {
  for (const name of segmentsOf(directory).reverse()) {
    const text = readFileSync(join(directory, name))
    for (let end = text.lastIndexOf(0x0a); end > 0;) {
      const start = text.lastIndexOf(0x0a, end - 1)
      const entry = decodeEntry(text.toString('utf8', start + 1, end))
      if (entry !== undefined) return entry
      end = start
    }
  }
  return undefined
}

const segmentsOf = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => /^journal-\d{4,}\.jsonl$/.test(name))
    .sort()

/** Yields a segment's intact entries; returns how many bytes they take and whether something follows them. */
function* readSegment(path: string): Generator<JournalEntry, { validBytes: number; torn: boolean }> {
  const bytes = readFileSync(path)
  let start = 0
  for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
    const entry = decodeEntry(bytes.toString('utf8', start, end))
    if (entry === undefined) return { validBytes: start, torn: true }
    yield entry
    start = end + 1
  }
  return { validBytes: start, torn: start < bytes.length }
}

function validBytesOf(path: string): number {
  const entries = readSegment(path)
  let step = entries.next()
  while (step.done !== true) step = entries.next()
  return step.value.validBytes
}

/** Thousandths of a millisecond say nothing and cost bytes. */
const roundMs = (ms: number): number => Math.round(ms * 1000) / 1000
