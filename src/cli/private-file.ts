/** Files with credentials: readable by their owner only, from their first byte on. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UsageError } from '../base/usage-error.ts'

export function ensureDirectory(directory: string): string {
  const path = resolve(directory)
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw new UsageError(
      `${path}: the directory cannot be made: ${(cause as Error).message}; give another one with --dir`,
      { cause },
    )
  }
  return path
}

export function writePrivate(path: string, text: string): void {
  try {
    const temporary = `${path}.tmp`
    rmSync(temporary, { force: true }) // an older file's mode would stay
    writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
    renameSync(temporary, path) // whoever watches the file never sees it missing or half-written
  } catch (cause) {
    throw new UsageError(
      `${path}: cannot be written: ${(cause as Error).message}; give another directory than ${dirname(path)} with --dir`,
      { cause },
    )
  }
}
