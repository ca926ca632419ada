import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporary } from './cli.ts'

it('packs into a package that installs into an empty folder and runs', () => {
  const directory = temporary()
  const npm = (cwd: string, ...args: string[]): string =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  npm('.', 'pack', '--pack-destination', directory)
  const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz')) as string
  const empty = join(directory, 'empty')
  mkdirSync(empty)
  writeFileSync(join(empty, 'package.json'), '{"name":"empty","private":true}')
  npm(empty, 'install', '--no-fund', '--no-audit', '--prefer-offline', join(directory, tarball))
  const bin = join(empty, 'node_modules', 'capstorm', 'bin', 'capstorm.js')
  const run = (...args: string[]): string =>
    execFileSync(process.execPath, [bin, ...args], {
      cwd: empty,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  expect(readdirSync(join(empty, 'node_modules', 'capstorm'))).not.toContain('src')
  expect(run('--version').trim()).toBe(
    (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version,
  )
  expect(run('rehearse', '--seed', '7', '--out', 'run')).toContain('PASS [exit 0]')
  expect(readdirSync(join(empty, 'run'))).toContain('report.html')
}, 240_000)

it('says which Node it needs on an older one, and exits 64', () => {
  const source = readFileSync('bin/capstorm.js', 'utf8').replace('process.versions.node', "'20.1.0'")
  const path = join(temporary(), 'capstorm.mjs')
  writeFileSync(path, source)
  try {
    execFileSync(process.execPath, [path], { encoding: 'utf8', stdio: 'pipe' })
    throw new Error('it ran')
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string }
    expect(stderr).toMatch(/^capstorm: needs Node 24 or later, .*\n$/)
    expect(status).toBe(64)
  }
})
