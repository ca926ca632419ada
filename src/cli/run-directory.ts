/** A run's directory: the single source that report, verdicts and comparison derive from. */
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { UsageError } from '../base/usage-error.ts'
import { lastEntryOf, readJournal } from '../journal/journal.ts'
import type { JudgementDetail } from '../soak/judge.ts'
import { reportHtml } from '../soak/report/html.ts'
import { junitXml } from '../soak/report/junit.ts'
import { buildReport, type RunFacts } from '../soak/report/model.ts'

/** Makes the directory; refuses one that holds another run. */
export function createRunDirectory(directory: string): string {
  const path = resolve(directory)
  try {
    mkdirSync(path, { recursive: true })
    accessSync(path, constants.W_OK)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const why =
      code === 'EACCES' || code === 'EPERM' || code === 'EROFS'
        ? 'no permission to write there'
        : code === 'EEXIST' || code === 'ENOTDIR'
          ? 'a file is in the way'
          : (cause as Error).message
    throw new UsageError(`${path}: the run directory cannot be made: ${why}; give another one with --out`, { cause })
  }
  if (existsSync(join(path, 'run.json')))
    throw new UsageError(
      `${path}: holds another run already; give another directory with --out, or continue that run with --resume ${path}`,
    )
  return path
}

export function writeRunFacts(directory: string, facts: RunFacts): void {
  writeFileSync(join(directory, 'run.json'), `${JSON.stringify(facts, undefined, 2)}\n`)
}

export function readRunFacts(directory: string): RunFacts {
  const path = join(directory, 'run.json')
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new UsageError(
      `${directory}: is not a run directory: ${path} cannot be read; give a directory that a soak or rehearsal has written, for example runs/latest`,
      { cause },
    )
  }
  try {
    return JSON.parse(text) as RunFacts
  } catch (cause) {
    throw new UsageError(`${path}: is not JSON: ${(cause as Error).message}`, { cause })
  }
}

/** Points `latest` beside the directory at it. */
export function linkLatest(directory: string): void {
  const link = join(dirname(directory), 'latest')
  try {
    rmSync(link, { force: true })
    symlinkSync(relative(dirname(link), directory), link)
  } catch {
    // A file system without links has no latest; the run is complete without.
  }
}

/** Judges the journal and writes everything that derives from it. */
export function deriveReports(directory: string, facts: RunFacts): JudgementDetail {
  const model = buildReport(facts, readJournal(directory), lastEntryOf(directory)?.at ?? 0)
  const { incidents: _, ...judgement } = model.judgement
  writeFileSync(
    join(directory, 'verdicts.json'),
    `${JSON.stringify({ schemaVersion: 1, run: facts.id, ...judgement }, undefined, 2)}\n`,
  )
  writeFileSync(join(directory, 'junit.xml'), junitXml(facts, model.judgement))
  writeFileSync(join(directory, 'report.html'), reportHtml(model))
  return model.judgement
}

export function requireRunDirectory(directory: string): string {
  const path = resolve(directory)
  if (!existsSync(path) || !statSync(path).isDirectory())
    throw new UsageError(
      `${path}: there is no such directory; give one that a soak or rehearsal has written, for example runs/latest`,
    )
  return path
}
