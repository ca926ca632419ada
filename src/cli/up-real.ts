/**
 * `capstorm up --real`: the embedded management API server and our provider for released managers, which run beside
 * this process. A whole Cluster API system without Kubernetes and without containers.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { RealClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { keyedRandom } from '../base/random.ts'
import { managementCluster } from '../faults/infrastructure.ts'
import { UsageError } from '../base/usage-error.ts'
import { FeedJournal } from '../journal/feed.ts'
import type { KeyPair, Pki } from '../kube/pki.ts'
import { realTimers } from '../management/timers.ts'
import { realNodeTimings } from '../provider/machines/node-lifecycle.ts'
import { openControl } from './control.ts'
import { ownDefinitions } from './deploy-files.ts'
import { EmbeddedWorld } from './embedded.ts'
import { issueLoopback } from './identity.ts'
import { startMetricsServer } from './metrics.ts'
import { noPlants } from './plants.ts'
import { ensureDirectory, writePrivate } from './private-file.ts'
import { openWebhooks } from './provider-webhooks.ts'
import { readDefinitions } from './released/definitions.ts'
import { readWebhookSource, type WebhookSource } from './released/webhooks.ts'
import { untilSignal } from './signals.ts'
import type { ManagementAccess } from './transport.ts'
import { firstPort, managementKubeconfig } from './up.ts'

export interface UpRealFlags {
  readonly dir: string
  readonly data: string | undefined
  readonly crds: readonly string[]
  readonly webhooks: readonly string[]
  readonly seed: number | undefined
  readonly metricsPort: number | undefined
  readonly log: Log
}

/** Returns 0 after Ctrl-C. What it wrote stays: the next start goes on with it. */
export async function upReal(flags: UpRealFlags): Promise<number> {
  const { log } = flags
  const given = readDefinitions(flags.crds)
  const names = new Set(given.map(({ metadata }) => metadata.name))
  for (const needed of ['clusters.cluster.x-k8s.io', 'machines.cluster.x-k8s.io'])
    if (!names.has(needed))
      throw new UsageError(
        `--crds ${flags.crds.join(' ')}: ${needed} is not defined there; give the folders of all managers`,
      )
  const definitions = [...given, ...ownDefinitions().filter(({ metadata }) => !names.has(metadata.name))]
  const webhooks = flags.webhooks.map(readWebhookSource)
  const directory = ensureDirectory(flags.dir)
  const data = ensureDirectory(flags.data ?? join(directory, 'data'))
  const clock = new RealClock()
  const feed = new FeedJournal(clock)
  await using stop = untilSignal()
  const starting = EmbeddedWorld.start({
    clock,
    random: keyedRandom(flags.seed ?? Math.floor(Math.random() * 1_000_000)),
    log,
    journal: feed,
    timers: realTimers,
    nodeTimings: realNodeTimings,
    plants: noPlants,
    sockets: { firstPort: firstPort(data), mayFreeze: (cluster) => cluster !== managementCluster },
    data,
    released: { definitions, webhooks },
  })
  await using world = await stop.before(starting)
  if (world === undefined) return 0
  await using _metrics = await startMetricsServer({
    site: world.site,
    clock,
    log,
    port: flags.metricsPort,
  })
  const access = world.access as ManagementAccess
  await using _control = await openControl(world.site, world.management.handler, feed, access.authority, directory)
  await using _webhooks = await openWebhooks(world.site, world.insideClient('capstorm-up'), access.authority)
  const kubeconfig = join(directory, 'management.kubeconfig')
  writePrivate(kubeconfig, managementKubeconfig(access))
  const certificates = await webhookCertificates(world.site.pki, access.authority, join(directory, 'webhook-certs'))
  for (const source of webhooks) process.stdout.write(`${managerFlags(source, kubeconfig, certificates)}\n`)
  process.stdout.write(`ready: ${kubeconfig}\n`)
  await stop.signalled
  return 0
}

/** Those of an earlier process go on while they are this authority's: managers that run have them open. */
async function webhookCertificates(pki: Pki, authority: KeyPair, directory: string): Promise<string> {
  const path = ensureDirectory(directory)
  const ca = join(path, 'ca.crt')
  if (existsSync(ca) && readFileSync(ca, 'utf8') === authority.cert && existsSync(join(path, 'tls.key'))) return path
  const { cert, key } = await issueLoopback(pki, authority, 'webhook-service')
  writePrivate(join(path, 'tls.crt'), cert)
  writePrivate(join(path, 'tls.key'), key)
  writePrivate(ca, authority.cert)
  return path
}

/** The flags that a released manager needs here; all three have the same ones, and the same default ports. */
const managerFlags = ({ file, port }: WebhookSource, kubeconfig: string, certificates: string): string =>
  [
    `start the manager of ${file} with:`,
    `--kubeconfig=${kubeconfig} --webhook-port=${port} --webhook-cert-dir=${certificates}`,
    `--health-addr=127.0.0.1:${port + 1000} --diagnostics-address=127.0.0.1:${port + 2000} --insecure-diagnostics=true`,
    '--feature-gates=ClusterTopology=true --leader-elect=false',
  ].join('\n  ')
