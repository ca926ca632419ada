/**
 * One row a hot path, each beside a peer that is measured in the same run: these machines are shared, so only
 * ratios of one run mean anything. The server keeps one core busy, the load comes from a second process.
 *   npm run bench                      every row
 *   npm run bench -- get list          the rows whose names contain a word
 *   npm run bench -- --seconds 10      longer
 *   npm run bench -- apply --crds DIR  server-side apply under the definitions in a directory
 */
import { execFile, execFileSync, fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createServer } from 'node:https'
import { fileURLToPath } from 'node:url'
import { RealClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { keyedRandom } from '../src/base/random.ts'
import { nodes } from '../src/apiserver/resources/nodes.ts'
import { pods } from '../src/apiserver/resources/pods.ts'
import { ResourceRegistry } from '../src/apiserver/registry.ts'
import { builtInResources } from '../src/apiserver/resources/catalogue.ts'
import { namespaces } from '../src/apiserver/resources/namespaces.ts'
import { ApiServer } from '../src/apiserver/server.ts'
import { FaultEngine } from '../src/faults/engine.ts'
import { MemoryJournal } from '../src/journal/journal.ts'
import { x509Pki, type KeyPair } from '../src/kube/pki.ts'
import { parseRequest } from '../src/kube/request.ts'
import { nodeObject, staticPod } from '../src/provider/machines/node-objects.ts'
import { RequestTotals } from '../src/proxy/request-totals.ts'
import { ProxyServer } from '../src/proxy/server.ts'
import { applies } from './apply.ts'
import { createFleet, idleClusters, rehearsal } from './fleet.ts'
import type { LoadOrder, LoadResult } from './load.ts'

const words = process.argv.slice(2).filter((word) => /^[a-z]+$/.test(word))
const seconds = Number(process.argv[process.argv.indexOf('--seconds') + 1]) || 5
const wanted = (name: string): boolean => words.length === 0 || words.some((word) => name.includes(word))

const rows: (readonly [name: string, figure: string, latency: string, peer: string])[] = []
const row = (name: string, figure: string, latency = '', peer = ''): void => {
  rows.push([name, figure, latency, peer])
  process.stdout.write(`${name.padEnd(46)} ${figure.padStart(22)}  ${latency.padEnd(26)} ${peer}\n`)
}
const whole = (value: number): string => Math.round(value).toLocaleString('en')

export function startLoad(): ChildProcess {
  return fork(fileURLToPath(new URL('load.ts', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}

async function load(order: Omit<LoadOrder, 'seconds'>, onReady?: () => void): Promise<LoadResult> {
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

const token = 'bench'

async function wrk({ ports, request, connections }: Omit<LoadOrder, 'seconds'>): Promise<LoadResult> {
  const [head = '', body = ''] = request.split('\r\n\r\n')
  const [method, path] = head.split(' ')
  const script = join(mkdtempSync(join(tmpdir(), 'capstorm-wrk-')), 'load.lua')
  writeFileSync(
    script,
    `wrk.method = "${method}"\nwrk.body = [[${body}]]\nwrk.headers["Accept"] = "application/json"\nwrk.headers["Content-Type"] = "application/merge-patch+json"\nwrk.headers["Authorization"] = "Bearer ${token}"\n`,
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

const clock = new RealClock()
const random = keyedRandom(1)
const pki = x509Pki(() => clock.wallMs())
const authority = await pki.createAuthority('kubernetes')
const serving = await pki.issueServer(authority, 'kube-apiserver', { dns: ['localhost'], ips: ['127.0.0.1'] })
const admin: KeyPair = await pki.issueClient(authority, 'kubernetes-admin', ['system:masters'])
const tls = { ca: authority.cert, ...admin }
const port = 29_000 + (process.pid % 400) * 2

const server = new ApiServer({
  name: 'bench',
  tokens: new Map([[token, { name: 'bench', groups: ['system:masters'] }]]),
  clock,
  random,
  registry: new ResourceRegistry(builtInResources),
  defer: (flush) => void setImmediate(flush),
})
const now = '2026-01-01T00:00:00Z'
server.store.create(namespaces, {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: 'kube-system' },
  status: { phase: 'Active' },
})
server.store.create(
  nodes,
  nodeObject('n1', { providerID: 'in-memory://n1', version: 'v1.35.0', controlPlane: true, now }),
)
for (let i = 0; i < 100; i++) server.store.create(pods, staticPod('kube-apiserver', `node-${i}`, 'v1.35.0', now))
const engine = new FaultEngine({ clock, random, journal: new MemoryJournal(clock), strikeMachines: () => () => {} })
await using proxy = new ProxyServer({ engine, log: silentLog, clock, mayFreeze: (cluster) => cluster === 'gated' })
const handler = (cluster: string): ApiServer['handler'] =>
  engine.around(cluster, new RequestTotals().around(cluster, server.handler))
await proxy.listen({
  endpoint: { cluster: 'bench', handler: handler('bench') },
  host: '127.0.0.1',
  port,
  serving,
  clientCa: authority.cert,
})
await proxy.listen({
  endpoint: { cluster: 'gated', handler: handler('gated') },
  host: '127.0.0.1',
  port: port + 1,
  serving,
  clientCa: authority.cert,
})

const get = 'GET /api/v1/nodes/n1 HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n'
const list = 'GET /api/v1/pods HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n'
const body = JSON.stringify({
  status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: now }], phase: 'x' },
})
const patch = `PATCH /api/v1/nodes/n1/status HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Type: application/merge-patch+json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** The handler alone: no socket, no TLS, no proxy. */
async function direct(method: string, url: string, text: string): Promise<number> {
  const exchange = {
    request: parseRequest(method, url),
    headers: { accept: 'application/json', 'content-type': 'application/merge-patch+json' },
    body: { read: async () => Buffer.from(text) },
    peer: { certificate: { user: 'a', groups: ['system:masters'] } },
    signal: new AbortController().signal,
  }
  let count = 0
  const started = performance.now()
  for (; performance.now() - started < 1_000; count++) {
    const reply = await server.handler({ ...exchange, request: parseRequest(method, url) })
    if (reply.body.kind === 'value') reply.body.value.bytes()
  }
  return count / ((performance.now() - started) / 1_000)
}

async function unary(
  name: string,
  request: string,
  connections: number,
  inProcess: number,
  bare: number | undefined,
  target: number,
): Promise<void> {
  const result = await load({ kind: 'requests', ports: [port], request, connections, tls })
  const share = bare === undefined ? '' : `${((100 * result.perSecond) / bare).toFixed(0)} % of bare Node; `
  row(
    name,
    `${whole(result.perSecond)} requests/s`,
    `p50 ${result.p50Ms.toFixed(2)} p99 ${result.p99Ms.toFixed(2)} ms`,
    `${share}${whole(inProcess)}/s without proxy; aim ${whole(target)}${result.failed > 0 ? `; ${result.failed} FAILED` : ''}`,
  )
}

process.stdout.write(`node ${process.version}, ${seconds} s a row\n`)
const bare = wanted('get') ? await bareNode() : undefined
if (wanted('get')) {
  await unary('get one node', get, 32, await direct('GET', '/api/v1/nodes/n1', ''), bare, 35_000)
  const gated = await load({ kind: 'requests', ports: [port + 1], request: get, connections: 32, tls })
  row(
    'get one node, through the gate',
    `${whole(gated.perSecond)} requests/s`,
    `p50 ${gated.p50Ms.toFixed(2)} p99 ${gated.p99Ms.toFixed(2)} ms`,
    `${((100 * gated.perSecond) / (bare ?? 1)).toFixed(0)} % of bare Node`,
  )
}
if (wanted('list')) await unary('list 100 pods', list, 32, await direct('GET', '/api/v1/pods', ''), undefined, 4_000)
if (wanted('patch'))
  await unary('patch node status', patch, 8, await direct('PATCH', '/api/v1/nodes/n1/status', body), undefined, 15_000)
if (wanted('watch')) await fanOut()
if (wanted('memory')) {
  // In a process of its own: what earlier rows have left would be counted, or used again.
  if (words.length === 1 && words[0] === 'memory') {
    const { kibEach, clusters } = await idleClusters({ clock, random, pki, startLoad, clusters: 500 })
    row(
      `memory of an idle cluster, at ${clusters}`,
      `${kibEach.toFixed(0)} KiB`,
      '',
      'aim 190; Cluster API’s Go server 300',
    )
  } else
    execFileSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), 'memory'], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
}
const crds = process.argv[process.argv.indexOf('--crds') + 1]
if (wanted('apply') && process.argv.includes('--crds') && crds !== undefined) {
  const { changed, unchanged } = await applies(crds)
  row(
    'server-side apply of a control plane',
    `${whole(changed)} applies/s`,
    'with a change',
    'without proxy; aim 1,000',
  )
  row('', `${whole(unchanged)} applies/s`, 'without', 'without proxy')
}
if (wanted('create')) {
  const { perSecond, clusters } = await createFleet(60)
  row(
    `create ${clusters} clusters 1+1 to Available`,
    `${perSecond.toFixed(1)} clusters/s`,
    '',
    'aim 20; zero delays, over sockets',
  )
}
if (wanted('rehearse')) {
  const { hoursPerSecond, daySeconds } = await rehearsal()
  row(
    'rehearse the quickstart',
    `${hoursPerSecond.toFixed(2)} simulated h/s`,
    '',
    `a day in ${daySeconds.toFixed(0)} s; aim 30`,
  )
}
process.exit(0)

/** What Node itself does with the same bytes: TLS, one core, no client certificate asked for. */
async function bareNode(): Promise<number> {
  const bytes = server.store.require(nodes, 'n1').bytes()
  const plain = createServer({ ...serving }, (_req, res) => {
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length })
    res.end(bytes)
  })
  plain.keepAliveTimeout = 0
  await new Promise<void>((resolve) => plain.listen(port + 2, '127.0.0.1', resolve))
  const result = await load({ kind: 'requests', ports: [port + 2], request: get, connections: 32, tls })
  plain.closeAllConnections()
  plain.close()
  row(
    'bare Node, the same bytes',
    `${whole(result.perSecond)} requests/s`,
    `p50 ${result.p50Ms.toFixed(2)} p99 ${result.p99Ms.toFixed(2)} ms`,
  )
  return result.perSecond
}

async function fanOut(): Promise<void> {
  const watchers = 1_000
  let writing = true
  let writes = 0
  const write = (): void => {
    if (!writing) return
    // Several writes a turn, as a busy control plane does; watchers that lag beyond the window would be dropped.
    for (let i = 0; i < 16; i++) {
      const stored = server.store.require(nodes, 'n1')
      server.store.replace(
        nodes,
        { ...stored.value, status: { ...(stored.value.status as object), beat: writes++ } },
        stored,
      )
    }
    setImmediate(write)
  }
  const request = 'GET /api/v1/nodes?watch=true HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n'
  const [before, started] = [process.cpuUsage(), performance.now()]
  const result = await load({ kind: 'watchers', ports: [port], request, connections: watchers, tls }, write)
  writing = false
  const cpu = process.cpuUsage(before)
  const cpuShare = (cpu.user + cpu.system) / 1e3 / (performance.now() - started)
  row(
    `one writer, ${whole(watchers)} watchers`,
    `${whole(result.perSecond)} events/s`,
    `${whole(result.perSecond / cpuShare)} a CPU second of the server`,
    'aim 700,000; Cluster API’s Go server 242,000 on two cores',
  )
}
