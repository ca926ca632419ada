/** Files with credentials: readable by their owner only, from their first byte on. */
import { mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { replaceFile } from '../base/replace-file.ts'
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
    replaceFile(path, text)
  } catch (cause) {
    throw new UsageError(
      `${path}: cannot be written: ${(cause as Error).message}; give another directory than ${dirname(path)} with --dir`,
      { cause },
    )
  }
}
