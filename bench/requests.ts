/** Load from the other core: our own process of bench/load.ts, or wrk, which is lighter, where it is installed. */
import { execFile, execFileSync, fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { LoadOrder, LoadResult } from './load.ts'
import { seconds } from './table.ts'

/** Whom a load may be that has no client certificate: wrk. */
export const token = 'bench'

export function startLoad(): ChildProcess {
  return fork(fileURLToPath(new URL('load.ts', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

export async function load(order: Omit<LoadOrder, 'seconds'>, onReady?: () => void): Promise<LoadResult> {
  if (order.kind === 'requests' && hasWrk()) return wrk(order)
  const child = startLoad()
  const result = new Promise<LoadResult>((resolve, reject) => {
    child.on('message', (message: LoadResult | 'ready') => (message === 'ready' ? onReady?.() : resolve(message)))
    child.once('exit', (code) => reject(new Error(`the load process ended with ${code}`)))
  })
  child.send({ ...order, seconds })
  try {
    return await result
  } finally {
    child.kill()
  }
}

/** wrk is a lighter load than Node's own TLS client: where it is installed, the server is what is measured. */
function hasWrk(): boolean {
  try {
    execFileSync('which', ['wrk'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

async function wrk({ ports, request, connections }: Omit<LoadOrder, 'seconds'>): Promise<LoadResult> {
  const [head = '', body = ''] = request.split('\r\n\r\n')
  const [method, path] = head.split(' ')
  const type = /Content-Type: (.*)/.exec(head)?.[1] ?? 'application/json'
  const script = join(mkdtempSync(join(tmpdir(), 'capstorm-wrk-')), 'load.lua')
  writeFileSync(
    script,
    `wrk.method = "${method}"\nwrk.body = [[${body}]]\nwrk.headers["Accept"] = "application/json"\nwrk.headers["Content-Type"] = "${type}"\nwrk.headers["Authorization"] = "Bearer ${token}"\n`,
  )
  const { stdout } = await promisify(execFile)('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '--latency',
    '-s',
    script,
    `https://127.0.0.1:${ports[0]}${path}`,
  ])
  const ms = (share: string): number => {
    const [, value, unit] = new RegExp(`${share}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout) ?? []
    return Number(value) * (unit === 'us' ? 0.001 : unit === 's' ? 1_000 : 1)
  }
  const failed = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0)
  return { perSecond: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]), p50Ms: ms('50'), p99Ms: ms('99'), failed }
}
