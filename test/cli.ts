/** Runs the command line as a user does, for tests. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export const temporary = (): string => mkdtempSync(join(tmpdir(), 'capstorm-test-'))

export function start(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): {
  child: ChildProcess
  finished: Promise<Finished>
  until: (text: string, ms: number) => Promise<void>
  said: () => string
} {
  const child = spawn(process.execPath, ['bin/capstorm.js', ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const finished = new Promise<Finished>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
  const until = async (text: string, ms: number): Promise<void> => {
    for (const deadline = Date.now() + ms; !`${stdout}${stderr}`.includes(text);) {
      if (Date.now() > deadline || child.exitCode !== null) throw new Error(`never said "${text}": ${stdout}${stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  return { child, finished, until, said: () => stdout + stderr }
}

export const run = (...args: string[]): Promise<Finished> => start(args).finished
