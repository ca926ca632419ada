import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SimClock } from '../base/sim-clock.ts'
import { decodeEntry, encodeEntry, FileJournal, lastEntryOf, readJournal, segmentName } from './journal.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'capstorm-journal-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const mark = (label: string) => ({ type: 'plan.mark', label }) as const

describe('journal', () => {
  it('reads back what was written, in order and with times', async () => {
    const clock = new SimClock()
    {
      using journal = new FileJournal(directory, clock)
      journal.record(mark('a'))
      await clock.advance(1500)
      journal.record(mark('b'))
    }
    expect([...readJournal(directory)]).toEqual([
      { seq: 1, at: 0, event: mark('a') },
      { seq: 2, at: 1500, event: mark('b') },
    ])
    expect(lastEntryOf(directory)?.seq).toBe(2)
  })

  it('cuts a torn last line when it continues, and goes on counting', () => {
    const clock = new SimClock()
    {
      using journal = new FileJournal(directory, clock)
      for (const label of ['a', 'b']) journal.record(mark(label))
    }
    appendFileSync(join(directory, segmentName(0)), '{"seq":3,"at":0,"event":{"type":"plan.m')
    {
      using journal = new FileJournal(directory, clock)
      journal.record(mark('c'))
    }
    expect([...readJournal(directory)].map(({ seq, event }) => [seq, (event as { label: string }).label])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ])
  })

  it('does not believe a line that was changed', () => {
    {
      using journal = new FileJournal(directory, new SimClock())
      for (const label of ['a', 'b', 'c']) journal.record(mark(label))
    }
    const path = join(directory, segmentName(0))
    writeFileSync(path, readFileSync(path, 'utf8').replace('"label":"b"', '"label":"x"'))
    expect([...readJournal(directory)].length).toBe(1)
  })

  it('ends every line with its checksum', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string(), (seq, label) => {
        const entry = { seq, at: 0, event: mark(label) }
        const line = encodeEntry(entry)
        expect(line).toMatch(/,"crc":"[0-9a-f]{8}"\}\n$/)
        expect(decodeEntry(line.slice(0, -1))).toMatchObject(entry)
      }),
    )
  })
})
