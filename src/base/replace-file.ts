import { renameSync, rmSync, writeFileSync } from 'node:fs'

/** Writes a file that only its owner reads; whoever watches it never sees it missing or half-written. */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.tmp`
  rmSync(temporary, { force: true }) // an older file's mode would stay
  writeFileSync(temporary, text, { mode: 0o600, flag: 'wx' })
  renameSync(temporary, path)
}
