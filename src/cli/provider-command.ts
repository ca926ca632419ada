/** `capstorm provider`: the infrastructure provider, with the chaos proxy in front of its clusters, for a management cluster that others run. */
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { RealClock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { keyedRandom } from '../base/random.ts'
import { UsageError } from '../base/usage-error.ts'
import { FeedJournal } from '../journal/feed.ts'
import { Client } from '../kube/client.ts'
import type { KubeconfigFacts } from '../kube/kubeconfig.ts'
import { networkHandler } from '../kube/network.ts'
import { isNotFound } from '../kube/status.ts'
import { realTimers } from '../management/timers.ts'
import { devClusters } from '../provider/kinds/dev-cluster.ts'
import { devMachines } from '../provider/kinds/dev-machine.ts'
import { realNodeTimings } from '../provider/machines/node-lifecycle.ts'
import { clusterKind, machineKind } from '../soak/kinds.ts'
import { openControl } from './control.ts'
import { managementIdentity } from './identity.ts'
import { leadership } from './leader-election.ts'
import { startMetricsServer } from './metrics.ts'
import { noPlants } from './plants.ts'
import { ensureDirectory } from './private-file.ts'
import { openWebhooks, parseService } from './provider-webhooks.ts'
import { loadKubeconfig } from './proxy.ts'
import { untilSignal } from './signals.ts'
import { providerAgent, Site } from './site.ts'
import { firstPort } from './up.ts'

export interface ProviderFlags {
  /** Absent: the service account of the pod that this runs in. */
  readonly kubeconfig: string | undefined
  readonly dir: string
  readonly data: string | undefined
  /** The address that managers use, a name or an IP address. */
  readonly host: string
  /** The address to listen on; `host` where absent. */
  readonly bind: string | undefined
  /** Serves the webhooks on this port and registers them; none where absent. */
  readonly webhookPort: number | undefined
  /** `NAMESPACE/NAME` of the Service that leads to that port; the API server is on this machine where absent. */
  readonly webhookService: string | undefined
  readonly leaderElect: boolean
  readonly leaderElectNamespace: string
  readonly metricsPort: number | undefined
  readonly log: Log
}

/** Returns 0 after Ctrl-C. What its clusters hold stays in the data directory, and their machines with their owners. */
export async function providerCommand(flags: ProviderFlags): Promise<number> {
  const { log, host, bind = host, webhookPort: port, webhookService } = flags
  const service = webhookService === undefined ? undefined : parseService(webhookService)
  if (service !== undefined && port === undefined)
    throw new UsageError('--webhook-service needs --webhook-port; give the port that the Service leads to')
  const facts = flags.kubeconfig === undefined ? inCluster() : loadKubeconfig(flags.kubeconfig)
  const directory = ensureDirectory(flags.dir)
  const data = ensureDirectory(flags.data ?? join(directory, 'data'))
  const clock = new RealClock()
  const random = keyedRandom(Math.floor(Math.random() * 1_000_000))
  await using network = networkHandler({ ...facts, clock })
  const client = new Client({ handler: network.handler, clock, userAgent: providerAgent })
  await checkManagement(client, facts.server)
  await using stop = untilSignal()
  const election = flags.leaderElect
    ? await leadership({
        client,
        clock,
        namespace: flags.leaderElectNamespace,
        identity: `${hostname()}_${process.pid}`,
        signal: stop.signal,
        log,
      })
    : undefined
  if (stop.signal.aborted) return 0
  const feed = new FeedJournal(clock)
  await using site = new Site({
    clock,
    random,
    log,
    journal: feed,
    nodeTimings: realNodeTimings,
    plants: noPlants,
    sockets: { host, bind, firstPort: firstPort(data), mayFreeze: () => true },
    data,
  })
  await using _metrics = await startMetricsServer({
    site,
    clock,
    log,
    port: flags.metricsPort,
    host: bind,
  })
  const { authority } = await managementIdentity(site.pki, data)
  await using _control = await openControl(site, undefined, feed, authority, directory)
  await using _webhooks =
    port === undefined
      ? undefined
      : await openWebhooks(site, client, authority, { port, ...(service === undefined ? {} : { service }) })
  await stop.before(site.startProvider(network.handler, realTimers.reconcileGate))
  if (stop.signal.aborted) return 0
  process.stdout.write(`ready: ${join(directory, 'control.json')}\n`)
  await Promise.race([stop.signalled, election?.lost ?? stop.signalled])
  return 0
}

async function checkManagement(client: Client, server: string): Promise<void> {
  for (const kind of [clusterKind, machineKind, devClusters, devMachines]) {
    try {
      await client.list(kind)
    } catch (cause) {
      if (isNotFound(cause))
        throw new UsageError(
          `${server}: does not serve ${kind.resource}.${kind.group}; install Cluster API, then our definitions: capstorm components | kubectl apply -f -`,
          { cause },
        )
      throw new UsageError(
        `${server}: ${(cause as Error).message}; check that it runs and that the kubeconfig is its`,
        {
          cause,
        },
      )
    }
  }
}

const serviceAccount = '/var/run/secrets/kubernetes.io/serviceaccount'

function inCluster(): KubeconfigFacts {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env
  if (host === undefined || !existsSync(`${serviceAccount}/token`))
    throw new UsageError('there is no --kubeconfig, and this is no pod with a service account; give one')
  return {
    name: 'in-cluster',
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: readFileSync(`${serviceAccount}/ca.crt`, 'utf8'),
    user: 'service-account',
    token: readFileSync(`${serviceAccount}/token`, 'utf8').trim(),
  }
}
