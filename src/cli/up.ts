/** `capstorm up`: a fleet that stays, without faults, with kubeconfigs. */
import { rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { crc32 } from 'node:zlib'
import { RealClock, sleep } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { keyedRandom } from '../base/random.ts'
import { FeedJournal } from '../journal/feed.ts'
import { writeKubeconfig } from '../kube/kubeconfig.ts'
import { isConditionTrue, type Condition, type KubeObject } from '../kube/object.ts'
import { realTimers } from '../management/timers.ts'
import { realNodeTimings } from '../provider/machines/node-lifecycle.ts'
import { createCluster, ensureNamespace, fleetNames } from '../soak/fleet.ts'
import { clusterKind } from '../soak/kinds.ts'
import { loadProfile, settingsOver } from '../soak/profile.ts'
import { openControl } from './control.ts'
import { EmbeddedWorld } from './embedded.ts'
import { startMetricsServer } from './metrics.ts'
import { noPlants } from './plants.ts'
import { ensureDirectory, writePrivate } from './private-file.ts'
import { findProfile } from './soak.ts'
import type { ManagementAccess } from './transport.ts'

export interface UpFlags {
  readonly dir: string
  readonly data: string | undefined
  readonly profile: string
  readonly seed: number | undefined
  readonly metricsPort: number | undefined
  readonly log: Log
}

/** Returns 0 after Ctrl-C. */
export async function up(flags: UpFlags): Promise<number> {
  const profile = loadProfile(findProfile(flags.profile))
  const directory = ensureDirectory(flags.dir)
  const clock = new RealClock()
  const stop = new AbortController()
  const onSignal = (): void => stop.abort()
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  const feed = new FeedJournal(clock)
  const written: string[] = []
  try {
    await using world = await EmbeddedWorld.start({
      clock,
      random: keyedRandom(flags.seed ?? Math.floor(Math.random() * 1_000_000)),
      log: flags.log,
      journal: feed,
      timers: settingsOver(realTimers, profile.timers),
      nodeTimings: settingsOver(realNodeTimings, profile.nodes),
      plants: noPlants,
      sockets: { firstPort: firstPort(flags.data), mayFreeze: () => false },
      data: flags.data === undefined ? undefined : ensureDirectory(flags.data),
    })
    await using _metrics = await startMetricsServer({
      site: world.site,
      clock,
      log: flags.log,
      port: flags.metricsPort,
    })
    const access = world.access as ManagementAccess
    await using _control = await openControl(world.site, world.management.handler, feed, access.authority, directory)
    const management = join(directory, 'management.kubeconfig')
    writePrivate(management, managementKubeconfig(access))
    written.push(management)
    const client = world.insideClient('capstorm-up')
    await ensureNamespace(client, profile)
    for (const { group, name } of fleetNames(profile)) await createCluster(client, profile, group, name)
    await allAvailable(client, clock, stop.signal)
    for (const { name } of fleetNames(profile)) {
      const { namespace } = profile.fleet
      const secret = await client.get<KubeObject & { data?: { value?: string } }>(
        { group: '', version: 'v1', resource: 'secrets', kind: 'Secret', namespaced: true },
        namespace,
        `${name}-kubeconfig`,
      )
      const path = join(directory, `${namespace}-${name}.kubeconfig`)
      writePrivate(path, Buffer.from(secret.data?.value ?? '', 'base64').toString('utf8'))
      written.push(path)
    }
    process.stdout.write(`ready: ${management}\n`)
    await new Promise<void>((done) =>
      stop.signal.aborted ? done() : stop.signal.addEventListener('abort', () => done(), { once: true }),
    )
  } catch (error) {
    if (!stop.signal.aborted) throw error
  } finally {
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
    for (const path of written) rmSync(path, { force: true }) // their clusters are gone
  }
  return 0
}

/** Kept data finds its ports again; without any, each process begins elsewhere. */
export const firstPort = (data: string | undefined): number =>
  20_000 + ((data === undefined ? process.pid * 37 : crc32(resolve(data))) % 8_000)

export const managementKubeconfig = ({ server, authority, admin }: ManagementAccess): string =>
  writeKubeconfig({ name: 'capstorm-management', server, ca: authority.cert, user: 'capstorm-admin', ...admin })

async function allAvailable(
  client: Awaited<ReturnType<EmbeddedWorld['insideClient']>>,
  clock: RealClock,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const { items } = await client.list<FleetCluster>(clusterKind)
    if (items.length > 0 && items.every(isComplete)) return
    await sleep(clock, 250, signal)
  }
}

interface FleetCluster extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly controlPlane?: Counts
    readonly workers?: Counts
  }
}

interface Counts {
  readonly desiredReplicas?: number
  readonly availableReplicas?: number
}

/** Available, with every machine that it wants. */
function isComplete({ status }: FleetCluster): boolean {
  const full = (counts: Counts | undefined): boolean =>
    counts !== undefined && counts.availableReplicas === counts.desiredReplicas
  return isConditionTrue(status?.conditions, 'Available') && full(status?.controlPlane) && full(status?.workers)
}
