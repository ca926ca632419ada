/**
 * One row a hot path, each beside a peer that is measured in the same run: these machines are shared, so only
 * ratios of one run mean anything. The server keeps one core busy, the load comes from a second process.
 *   npm run bench                      every row
 *   npm run bench -- get list          the rows whose names contain a word
 *   npm run bench -- --seconds 10      longer
 *   npm run bench -- apply --crds DIR  server-side apply under the definitions in a directory
 */
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:https'
import { fileURLToPath } from 'node:url'
import { RealClock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { keyedRandom } from '../src/base/random.ts'
import { nodes } from '../src/apiserver/resources/nodes.ts'
import { pods } from '../src/apiserver/resources/pods.ts'
import { ResourceRegistry } from '../src/apiserver/registry.ts'
import { builtInResources } from '../src/apiserver/resources/catalogue.ts'
import { ApiServer } from '../src/apiserver/server.ts'
import { FaultEngine } from '../src/faults/engine.ts'
import { MemoryJournal } from '../src/journal/journal.ts'
import { x509Pki, type KeyPair } from '../src/kube/pki.ts'
import { parseRequest } from '../src/kube/request.ts'
import { nodeObject } from '../src/provider/machines/node-objects.ts'
import { RequestTotals } from '../src/proxy/request-totals.ts'
import { ProxyServer } from '../src/proxy/server.ts'
import { applies } from './apply.ts'
import { createFleet, idleClusters, rehearsal } from './fleet.ts'
import { addNamespaces, createRequest, manyPods, serverOfMany, smallPod } from './objects.ts'
import { load, startLoad, token } from './requests.ts'
import { aim, aimSeconds, alone, definitions, row, seconds, wanted, whole } from './table.ts'

const clock = new RealClock()
const random = keyedRandom(1)
const pki = x509Pki(() => clock.wallMs())
const authority = await pki.createAuthority('kubernetes')
const serving = await pki.issueServer(authority, 'kube-apiserver', { dns: ['localhost'], ips: ['127.0.0.1'] })
const admin: KeyPair = await pki.issueClient(authority, 'kubernetes-admin', ['system:masters'])
const tls = { ca: authority.cert, ...admin }
const port = 29_000 + (process.pid % 400) * 4

const server = new ApiServer({
  name: 'bench',
  tokens: new Map([[token, { name: 'bench', groups: ['system:masters'] }]]),
  clock,
  random,
  registry: new ResourceRegistry(builtInResources),
  defer: (flush) => void setImmediate(flush),
})
const now = '2026-01-01T00:00:00Z'
addNamespaces(server)
server.store.create(
  nodes,
  nodeObject('n1', { providerID: 'in-memory://n1', version: 'v1.35.0', controlPlane: true, now }),
)
for (let i = 0; i < 100; i++) server.store.create(pods, smallPod(`node-${i}`, now))
const engine = new FaultEngine({ clock, random, journal: new MemoryJournal(clock), strikeMachines: () => () => {} })
await using proxy = new ProxyServer({ engine, log: silentLog, clock, mayFreeze: (cluster) => cluster === 'gated' })
async function listen(cluster: string, { handler }: ApiServer, port: number): Promise<void> {
  await proxy.listen({
    endpoint: { cluster, handler: engine.around(cluster, new RequestTotals().around(cluster, handler)) },
    host: '127.0.0.1',
    port,
    serving,
    clientCa: authority.cert,
  })
}
await listen('bench', server, port)
await listen('gated', server, port + 1)

const get = 'GET /api/v1/nodes/n1 HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n'
const list = 'GET /api/v1/pods HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\n\r\n'
const body = JSON.stringify({
  status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: now }], phase: 'x' },
})
const patch = `PATCH /api/v1/nodes/n1/status HTTP/1.1\r\nHost: x\r\nAccept: application/json\r\nContent-Type: application/merge-patch+json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

/** The handler alone: no socket, no TLS, no proxy. */
async function direct({ handler }: ApiServer, method: string, url: string, text = ''): Promise<number> {
  const exchange = {
    request: parseRequest(method, url),
    headers: {
      accept: 'application/json',
      'content-type': method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
    },
    body: { read: async () => Buffer.from(text) },
    peer: { certificate: { user: 'a', groups: ['system:masters'] } },
    signal: new AbortController().signal,
  }
  let count = 0
  const started = performance.now()
  for (; performance.now() - started < 1_000; count++) {
    const reply = await handler({ ...exchange, request: parseRequest(method, url) })
    if (reply.body.kind === 'value') reply.body.value.bytes()
  }
  return count / ((performance.now() - started) / 1_000)
}

async function unary(
  name: string,
  {
    to = port,
    request,
    connections,
    inProcess,
    aimed,
  }: { to?: number; request: string; connections: number; inProcess?: number; aimed?: number },
): Promise<void> {
  const result = await load({ kind: 'requests', ports: [to], request, connections, tls })
  const notes = [
    `${((100 * result.perSecond) / bare).toFixed(0)} % of bare Node`,
    ...(inProcess === undefined ? [] : [`${whole(inProcess)}/s without proxy`]),
    ...(aimed === undefined ? [] : [aim(aimed, bare)]),
    ...(result.failed > 0 ? [`${result.failed} FAILED`] : []),
  ]
  const latency = `p50 ${result.p50Ms.toFixed(2)} p99 ${result.p99Ms.toFixed(2)} ms`
  row(name, `${whole(result.perSecond)} requests/s`, latency, notes.join('; '))
}

if (alone('memory')) {
  const { kibEach, clusters } = await idleClusters({ clock, random, pki, startLoad, clusters: 500 })
  row(
    `memory of an idle cluster, at ${clusters}`,
    `${kibEach.toFixed(0)} KiB`,
    '',
    'aim 190; Cluster API’s Go server 300',
  )
  process.exit(0)
}
process.stdout.write(`node ${process.version}, ${seconds} s a row\n`)
const bare = await bareNode()
if (wanted('get')) {
  const inProcess = await direct(server, 'GET', '/api/v1/nodes/n1')
  await unary('get one node', { request: get, connections: 32, inProcess, aimed: 35_000 })
  await unary('get one node, through the gate', { to: port + 1, request: get, connections: 32, aimed: 35_000 })
}
if (wanted('list')) {
  const inProcess = await direct(server, 'GET', '/api/v1/pods')
  await unary('list 100 pods', { request: list, connections: 32, inProcess, aimed: 4_000 })
}
if (wanted('list') || wanted('object')) {
  const { server: many, bytesEach } = serverOfMany({ clock, random, now })
  await listen('many', many, port + 3)
  await unary(`list ${whole(manyPods)} pods`, {
    to: port + 3,
    request: list,
    connections: 4,
    inProcess: await direct(many, 'GET', '/api/v1/pods'),
  })
  row(`memory of a pod, at ${whole(manyPods)}`, `${(bytesEach / 1024).toFixed(1)} KiB`)
}
if (wanted('patch')) {
  const inProcess = await direct(server, 'PATCH', '/api/v1/nodes/n1/status', body)
  await unary('patch node status', { request: patch, connections: 8, inProcess, aimed: 15_000 })
}
if (wanted('create')) await unary('create a config map', { request: createRequest, connections: 8 })
if (wanted('watch')) {
  await fanOut('JSON', 'application/json', '}}}\n')
  await fanOut('protobuf', 'application/vnd.kubernetes.protobuf;stream=watch', 'k8s\0')
}
// In a process of its own: what earlier rows have left would be counted, or used again.
if (wanted('memory')) {
  execFileSync(process.execPath, ['--expose-gc', fileURLToPath(import.meta.url), 'memory'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
}
if (wanted('apply') && definitions !== undefined) {
  const { changed, unchanged, validated } = await applies(definitions)
  const what = 'a control plane'
  row(
    `server-side apply of ${what}`,
    `${whole(changed)} applies/s`,
    'with a change',
    `without proxy; ${aim(1_000, bare)}`,
  )
  row('', `${whole(unchanged)} applies/s`, 'without', 'without proxy')
  row(`defaults and validation of ${what}`, `${whole(validated)} creates/s`, 'dry run', 'without proxy')
}
if (wanted('create')) {
  const { perSecond, clusters } = await createFleet(60)
  row(
    `create ${clusters} clusters 1+1 to Available`,
    `${perSecond.toFixed(1)} clusters/s`,
    'zero delays, over sockets',
    aim(20, bare),
  )
}
if (wanted('rehearse')) {
  const { hoursPerSecond, daySeconds } = await rehearsal()
  row(
    'rehearse the quickstart',
    `${hoursPerSecond.toFixed(2)} simulated h/s`,
    '',
    `a day in ${daySeconds.toFixed(0)} s; ${aimSeconds(30, bare)}`,
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

async function fanOut(format: string, accept: string, eventMark: string): Promise<void> {
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
  const request = `GET /api/v1/nodes?watch=true HTTP/1.1\r\nHost: x\r\nAccept: ${accept}\r\n\r\n`
  const [before, started] = [process.cpuUsage(), performance.now()]
  const result = await load({ kind: 'watchers', ports: [port], request, connections: watchers, tls, eventMark }, write)
  writing = false
  const cpu = process.cpuUsage(before)
  const cpuShare = (cpu.user + cpu.system) / 1e3 / (performance.now() - started)
  row(
    `one writer, ${whole(watchers)} watchers, ${format}`,
    `${whole(result.perSecond)} events/s`,
    `${whole(result.perSecond / cpuShare)} a CPU second of the server`,
    `${aim(700_000, bare)}; Cluster API’s Go server 242,000 on two cores`,
  )
}
