/** The rows that need whole clusters: memory of idle ones, speed of creating them, speed of a rehearsal. */
import { execFileSync, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RealClock, sleep, type Clock } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { keyedRandom, type Random } from '../src/base/random.ts'
import { socketPublisher } from '../src/cli/endpoints.ts'
import { EmbeddedWorld } from '../src/cli/embedded.ts'
import { noPlants } from '../src/cli/plants.ts'
import { findProfile } from '../src/cli/soak.ts'
import { FaultEngine } from '../src/faults/engine.ts'
import { MemoryJournal } from '../src/journal/journal.ts'
import { conditionOf, type Condition, type KubeObject } from '../src/kube/object.ts'
import type { Pki } from '../src/kube/pki.ts'
import { realTimers } from '../src/management/timers.ts'
import { DataCenter } from '../src/provider/data-center.ts'
import { realNodeTimings } from '../src/provider/machines/node-lifecycle.ts'
import { ProxyServer } from '../src/proxy/server.ts'
import { RequestTotals } from '../src/proxy/request-totals.ts'
import { createCluster } from '../src/soak/fleet.ts'
import { clusterKind } from '../src/soak/kinds.ts'
import { loadProfile } from '../src/soak/profile.ts'

const zero = { duration: 0, jitter: 0 }

/** Each with a control plane, a worker, a listener with its own identity, and one HTTP/2 connection with four watches. */
export async function idleClusters({
  clock,
  random,
  pki,
  startLoad,
  clusters,
}: {
  clock: Clock
  random: Random
  pki: Pki
  startLoad: () => ChildProcess
  clusters: number
}): Promise<{ kibEach: number; clusters: number }> {
  const engine = new FaultEngine({ clock, random, journal: new MemoryJournal(clock), strikeMachines: () => () => {} })
  await using proxy = new ProxyServer({ engine, log: silentLog, clock, mayFreeze: () => false })
  const endpoints = socketPublisher({
    engine,
    totals: new RequestTotals(),
    clock,
    leakListeners: false,
    proxy,
    firstPort: 20_000,
  })
  const dataCenter = new DataCenter({
    clock,
    random,
    log: silentLog,
    endpoints,
    defer: (flush) => void setImmediate(flush),
    trusted: true,
    timings: realNodeTimings,
  })
  await settle(clock)
  const before = process.memoryUsage().rss
  const ports: number[] = []
  for (let i = 0; i < clusters; i++) {
    const identity = async (): Promise<{ serving: Awaited<ReturnType<Pki['issueServer']>>; clientCa: string }> => {
      const authority = await pki.createAuthority('kubernetes')
      return {
        serving: await pki.issueServer(authority, 'kube-apiserver', { dns: ['localhost'], ips: ['127.0.0.1'] }),
        clientCa: authority.cert,
      }
    }
    const etcdIdentity = (): Promise<never> => Promise.reject(new Error('no etcd clients here'))
    const cluster = dataCenter.ensureCluster({
      namespace: 'default',
      name: `c${i}`,
      labels: {},
      identity,
      etcdIdentity,
    })
    ports.push((await endpoints.reserve(cluster.id)).port)
    cluster.ensureMachine({
      name: `c${i}-control-plane`,
      role: 'control-plane',
      version: 'v1.35.0',
      labels: {},
      delays: { vm: zero, node: zero, etcd: zero, apiServer: zero },
    })
    cluster.ensureMachine({
      name: `c${i}-worker`,
      role: 'worker',
      version: 'v1.35.0',
      labels: {},
      delays: { vm: zero, node: zero, etcd: zero, apiServer: zero },
    })
  }
  while (proxy.listeners.length < clusters) await sleep(clock, 50)
  const child = startLoad()
  const ready = new Promise<void>((resolve) => child.once('message', () => resolve()))
  child.send({ kind: 'idle', ports, request: '', connections: 1, seconds: 0, tls: {} })
  await ready
  await settle(clock)
  const after = process.memoryUsage().rss
  child.kill()
  await dataCenter.close()
  return { kibEach: (after - before) / 1024 / clusters, clusters }
}

/**
 * What V8's memory reducer does to a process that has idled for two minutes (a full collection that also shrinks
 * the young generation), at once: garbage and its room are not a cluster's.
 */
async function settle(clock: Clock): Promise<void> {
  const gc = (globalThis as { gc?: (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void }).gc
  for (let i = 0; i < 3; i++) {
    gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    await sleep(clock, 300)
  }
}

export async function createFleet(clusters: number): Promise<{ perSecond: number; clusters: number }> {
  const clock = new RealClock()
  const profile = loadProfile(findProfile('quickstart'))
  const none = {
    ...profile,
    fleet: { ...profile.fleet, startup: { vm: 0, node: 0, apiServer: 0, etcd: 0, jitter: 0 } },
  }
  await using world = await EmbeddedWorld.start({
    clock,
    random: keyedRandom(1),
    log: silentLog,
    journal: new MemoryJournal(clock),
    timers: {
      ...realTimers,
      reconcileGate: 10,
      healthCheckGate: 100,
      reconnectInterval: 100,
      controlPlaneRetry: 100,
      machineSetPreflight: 100,
      controlPlanePreflight: 100,
    },
    nodeTimings: realNodeTimings,
    plants: noPlants,
    sockets: { firstPort: 22_000, mayFreeze: () => false },
  })
  const client = world.insideClient('bench')
  const group = { prefix: 'b', count: clusters, controlPlane: 1, workers: 1, labels: {} } as const
  const started = performance.now()
  for (let i = 0; i < clusters; i++) await createCluster(client, none, group, `b-${i}`)
  for (;;) {
    const { items } = await client.list<
      KubeObject & { status?: { conditions?: Condition[]; workers?: { availableReplicas?: number } } }
    >(clusterKind)
    if (
      items.every(
        ({ status }) =>
          conditionOf(status?.conditions, 'Available')?.status === 'True' && status?.workers?.availableReplicas === 1,
      )
    )
      break
    await sleep(clock, 20)
  }
  return { perSecond: clusters / ((performance.now() - started) / 1_000), clusters }
}

export async function rehearsal(): Promise<{ hoursPerSecond: number; daySeconds: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'capstorm-bench-'))
  const time = (duration: string): number => {
    const started = performance.now()
    execFileSync(
      process.execPath,
      ['bin/capstorm.js', 'rehearse', '--seed', '7', '--duration', duration, '--out', join(directory, duration)],
      { stdio: 'ignore' },
    )
    return (performance.now() - started) / 1_000
  }
  const daySeconds = time('24h')
  rmSync(directory, { recursive: true, force: true })
  return { hoursPerSecond: 24 / daySeconds, daySeconds }
}
