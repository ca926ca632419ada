import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { run, start, temporary } from './cli.ts'

const sha = (directory: string): string => {
  const hash = createHash('sha256')
  for (const name of readdirSync(directory)
    .filter((file) => file.startsWith('journal-'))
    .sort())
    hash.update(readFileSync(join(directory, name)))
  return hash.digest('hex')
}

describe('bad input gets one line that says what, where and what to do, and exit 64', () => {
  const bad = temporary()
  const plan = join(bad, 'plan.yaml')
  writeFileSync(
    plan,
    'apiVersion: capstorm.dev/v1alpha1\nkind: FaultPlan\nmetadata: {name: p}\nspec:\n  timeline:\n    - {inject: [{latecy: {delay: 1s}}], for: 1s}\n',
  )
  const profile = join(bad, 'profile.yaml')
  writeFileSync(
    profile,
    readFileSync('profiles/quickstart.yaml', 'utf8')
      .replace('workers: 2', 'worker: 2')
      .replace('../faultplans', resolve('faultplans')),
  )
  const file = join(bad, 'file')
  writeFileSync(file, '')
  const other = join(bad, 'machine.yaml')
  writeFileSync(
    other,
    'apiVersion: capstorm.dev/v1alpha1\nkind: FaultPlan\nmetadata: {name: p}\nspec:\n  timeline:\n    - {inject: [{machine.vanish: {}, target: {plane: machine}}], for: 1s}\n',
  )

  it.each([
    [['plan', 'check', plan], /plan\.yaml:6:18: .*did you mean "latency"\?/],
    [['plan', 'check', '/nowhere.yaml'], /\/nowhere\.yaml: cannot be read: there is no such file/],
    [['soak', '--profile', profile], /profile\.yaml:\d+:\d+: .*unknown key "worker"; did you mean "workers"\?/],
    [['soak', '--profile', 'quickstat'], /quickstat: cannot be read/],
    [['soak', '--plan', plan], /plan\.yaml:6:18/],
    [['soak', '--plant', 'mhcoff'], /there is no such bug to plant; did you mean "mhc-off"\?/],
    [['soak', '--out', join(file, 'run')], /the run directory cannot be made: .*; give another one with --out/],
    [['soak', '--duration', '90'], /a duration needs a unit/],
    [['soak', '--resume', '/nowhere'], /there is no such directory/],
    [['report', bad], /is not a run directory/],
    [
      ['proxy', '--kubeconfig', '/nowhere', '--plan', resolve('faultplans/quickstart.yaml')],
      /machine\.\w+ strikes machines, and a proxy has none/,
    ],
    [
      ['proxy', '--kubeconfig', join(bad, 'nowhere'), '--plan', join(bad, 'latency.yaml')],
      /the kubeconfig cannot be read: there is no such file/,
    ],
    [['storm'], /unknown command 'storm'/],
  ])('%j', async (args, expected) => {
    writeFileSync(
      join(bad, 'latency.yaml'),
      'apiVersion: capstorm.dev/v1alpha1\nkind: FaultPlan\nmetadata: {name: p}\nspec:\n  timeline:\n    - {inject: [{latency: {delay: 1s}, target: {plane: management}}], for: 1s}\n',
    )
    const { code, stderr, stdout } = await run(...args)
    expect(stderr).toMatch(expected)
    expect(stdout).toBe('')
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2)
    expect(stderr).not.toContain('    at ')
    expect(code).toBe(64)
  })

  it('a port in use, and nothing half-started is left behind', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const port = (server.address() as { port: number }).port
    const dir = join(bad, 'up')
    const { code, stderr } = await run('up', '--dir', dir, '--metrics-port', String(port))
    expect(stderr).toMatch(/the port is in use; give another one/)
    expect(code).toBe(64)
    expect(existsSync(dir) ? readdirSync(dir) : []).toEqual([])
    server.close()
  })

  it.runIf(process.getuid?.() !== 0)('no permission to write the run directory', async () => {
    const locked = join(bad, 'locked')
    mkdirSync(locked)
    chmodSync(locked, 0o500)
    expect((await run('rehearse', '--out', join(locked, 'run'))).stderr).toMatch(/no permission to write there/)
  })
})

describe('rehearse', () => {
  it('writes the same journal, byte for byte, for the same seed; another one for another', async () => {
    const directory = temporary()
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(directory, name)) as [string, string, string]
    const rehearse = (seed: string, out: string): ReturnType<typeof run> =>
      run('rehearse', '--duration', '30m', '--seed', seed, '--out', out)
    const results = await Promise.all([rehearse('7', a), rehearse('7', b), rehearse('8', c)])
    expect(results.map(({ code }) => code)).toEqual([0, 0, 0])
    expect(sha(a)).toBe(sha(b))
    expect(sha(a)).not.toBe(sha(c))
    const judged = (dir: string): string =>
      readFileSync(join(dir, 'verdicts.json'), 'utf8').replace(/"run": "[^"]*"/, '')
    expect(judged(a)).toBe(judged(b))
  }, 240_000)

  it('awaits nothing but its clock', () => {
    const directory = temporary()
    const probe = join(directory, 'probe.mjs')
    const source = (file: string): string => JSON.stringify(pathToFileURL(resolve(file)).href)
    writeFileSync(
      probe,
      `import { createHook } from 'node:async_hooks'
      import { SimClock } from ${source('src/base/sim-clock.ts')}
      const seen = new Set()
      let watching = false
      createHook({ init(id, type) { if (watching) seen.add(type) } }).enable()
      const { run } = SimClock.prototype
      SimClock.prototype.run = async function (work) {
        watching = true
        const result = await run.call(this, work)
        watching = false
        process.stderr.write('types ' + [...seen].sort().join(',') + '\\n')
        return result
      }
      await import(${source('src/cli/main.ts')})`,
    )
    const output = spawnSync(process.execPath, [probe, 'rehearse', '--seed', '3', '--out', join(directory, 'run')], {
      encoding: 'utf8',
    }).stderr
    const types = (/^types (.*)$/m.exec(output)?.[1] ?? output).split(',')
    // Promises, ticks and turns of the loop: no file, socket, thread or timer.
    expect(types.filter((type) => !['PROMISE', 'TickObject', 'Immediate', 'Microtask'].includes(type))).toEqual([])
    expect(types).toContain('PROMISE')
  }, 120_000)
})

describe('plan', () => {
  it('checks and prints the shipped plan', async () => {
    expect(await run('plan', 'check', 'faultplans/quickstart.yaml')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('ok: plan quickstart') as string,
    })
    expect((await run('plan', 'timeline', 'faultplans/quickstart.yaml')).stdout).toBe(
      readFileSync('faultplans/quickstart.timeline.txt', 'utf8'),
    )
    expect(JSON.parse((await run('plan', 'timeline', '--json', 'faultplans/quickstart.yaml')).stdout)).toContainEqual(
      expect.objectContaining({ at: 3000 }),
    )
  })
})

describe('soak', () => {
  it('drains and reports on Ctrl-C; twice leaves a directory that --resume continues; metrics are served meanwhile', async () => {
    const directory = temporary()
    const out = join(directory, 'run')
    const first = start(['soak', '--seed', '5', '--out', out, '--metrics-port', '0', '--log-level', 'info'])
    await first.until('metrics are served', 20_000)
    await first.until('faults (cycle 1)', 40_000)
    const url = /"url":"(http:[^"]+)\/metrics"/.exec(first.said())?.[1] ?? ''
    const metrics = await (await fetch(`${url}/metrics`)).text()
    for (const line of [
      /^capstorm_clusters\{state="hosted"\} \d+$/m,
      /^capstorm_machines\{state="running"\} [1-9]\d*$/m,
      /^capstorm_proxy_requests_total\{verb="patch",code="200"\} [1-9]\d*$/m,
      /^capstorm_watch_streams [1-9]\d*$/m,
    ])
      expect(metrics).toMatch(line)
    expect((await fetch(`${url}/readyz`)).status).toBe(200)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    first.child.kill('SIGINT')
    await first.until('once more to leave at once', 5_000)
    first.child.kill('SIGINT')
    expect((await first.finished).code).toBe(130)
    expect(existsSync(join(out, 'report.html'))).toBe(false)

    const second = start(['soak', '--resume', out, '--log-level', 'info'])
    await second.until('metrics are served', 20_000)
    await second.until('faults (cycle 1)', 40_000)
    await new Promise((resolve) => setTimeout(resolve, 3_000))
    second.child.kill('SIGINT')
    const { code, stdout } = await second.finished
    expect(code).toBe(130)
    expect(stdout).toMatch(/\(interrupted\).*\[exit 130\]/)
    expect(readdirSync(out).sort()).toEqual([
      'journal-0000.jsonl',
      'junit.xml',
      'report.html',
      'run.json',
      'verdicts.json',
    ])

    rmSync(join(out, 'report.html'))
    expect((await run('report', out)).code).toBe(130)
    expect(existsSync(join(out, 'report.html'))).toBe(true)
    expect((await run('soak', '--out', out)).stderr).toContain('holds another run already')
  }, 180_000)
})

describe('proxy', () => {
  it('stands in front of an API server, faults it by plan, and passes everything else', async () => {
    const directory = temporary()
    const fleet = start(['up', '--dir', directory, '--profile', 'quickstart'])
    await fleet.until('ready: ', 50_000)
    const plan = join(directory, 'plan.yaml')
    writeFileSync(
      plan,
      'apiVersion: capstorm.dev/v1alpha1\nkind: FaultPlan\nmetadata: {name: p}\nspec:\n  seed: 1\n  timeline:\n    - {inject: [{http.error: {code: 503}, target: {plane: management}, match: {resources: [nodes]}}], for: 5m}\n',
    )
    const proxy = start([
      'proxy',
      '--kubeconfig',
      join(directory, 'default-small-1.kubeconfig'),
      '--plan',
      plan,
      '--dir',
      directory,
    ])
    await proxy.until('ready: ', 20_000)
    const { KubeConfig, CoreV1Api } = await import('@kubernetes/client-node')
    const config = new KubeConfig()
    config.loadFromFile(join(directory, 'proxy.kubeconfig'))
    const api = config.makeApiClient(CoreV1Api)
    await expect(api.listNode()).rejects.toMatchObject({ code: 503 })
    expect((await api.listNamespace()).items.length).toBeGreaterThan(2)
    proxy.child.kill('SIGINT')
    expect((await proxy.finished).code).toBe(0)
    expect(existsSync(join(directory, 'proxy.kubeconfig'))).toBe(false)
    fleet.child.kill('SIGINT')
    expect((await fleet.finished).code).toBe(0)
  }, 120_000)
})
