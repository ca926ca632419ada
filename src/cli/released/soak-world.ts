/**
 * The world of a soak against released managers: a management cluster that others run, our provider and proxy in
 * another process (`up --real`, `provider`), reached by their admin API.
 */
import type { Clock } from '../../base/clock.ts'
import { UsageError } from '../../base/usage-error.ts'
import { managementCluster } from '../../faults/infrastructure.ts'
import { RemoteControl } from '../../faults/remote-control.ts'
import type { JournalEvent, Ledger } from '../../journal/events.ts'
import { Client } from '../../kube/client.ts'
import type { Exchange, Handler } from '../../kube/handler.ts'
import { networkHandler } from '../../kube/network.ts'
import { parseRequest } from '../../kube/request.ts'
import { isNotFound } from '../../kube/status.ts'
import { soakClusters } from '../../soak/fleet.ts'
import { clusterKind } from '../../soak/kinds.ts'
import type { SoakProfile } from '../../soak/profile.ts'
import type { AgainstFacts } from '../../soak/report/model.ts'
import { readControl } from '../control.ts'
import { loadKubeconfig } from '../proxy.ts'
import type { SoakWorld, SoakWorldOptions } from '../soak-world.ts'
import { scrapeManagers } from './scrape.ts'

const userAgent = 'capstorm-soak'

export interface Connection extends AsyncDisposable {
  /** The management cluster; around the proxy's faults where the admin API offers a way. */
  readonly management: Client
  readonly admin: Client
  workload(cluster: string): Client
}

/** Rejects with a {@link UsageError} where the files or the servers behind them are not what they should be. */
export async function connectTo({ kubeconfig, control }: AgainstFacts, clock: Clock): Promise<Connection> {
  const facts = loadKubeconfig(kubeconfig)
  const { url, token, ca } = readControl(control)
  const remote = networkHandler({ server: url, ca, token, clock })
  const direct = networkHandler({ ...facts, clock })
  const client = (handler: Handler): Client => new Client({ handler, clock, userAgent, timeout: 30_000 })
  const admin = client(remote.handler)
  const inside = (cluster: string): Client => client(below(`/clusters/${cluster}`, remote.handler))
  const reach = async (what: Client, path: string, file: string, server: string): Promise<void> => {
    await what.raw(path).catch((cause: unknown) => {
      throw new UsageError(
        `${file}: ${server} does not answer: ${(cause as Error).message}; check that it runs and that the file is its`,
        { cause },
      )
    })
  }
  await reach(admin, '/v1/fleet', control, url)
  const embedded = await inside(managementCluster)
    .raw('/version')
    .then(
      () => true,
      (error: unknown) => {
        if (isNotFound(error)) return false
        throw error
      },
    )
  const management = embedded ? inside(managementCluster) : client(direct.handler)
  await reach(management, '/version', kubeconfig, facts.server)
  return {
    management,
    admin,
    workload: inside,
    async [Symbol.asyncDispose]() {
      await remote[Symbol.asyncDispose]()
      await direct[Symbol.asyncDispose]()
    },
  }
}

export async function releasedWorld(
  options: SoakWorldOptions & { readonly against: AgainstFacts; readonly directory: string },
): Promise<SoakWorld> {
  const { clock, journal, profile, against, log, directory } = options
  const connection = await connectTo(against, clock)
  const { management, admin } = connection
  await refuseStrangers(management, profile)
  const control = await RemoteControl.connect({
    client: admin,
    clock,
    journal,
    onError: (error) => log.warn({ err: error }, 'the admin API did not take an order'),
  })
  const { namespace } = profile.fleet
  const scrape = scrapeManagers(against.scrape, directory, log)
  let totals: Totals = []
  return {
    target: {
      client: management,
      workloadClient: (cluster) => connection.workload(cluster),
      control,
      infrastructure: {
        clusters: () => control.infrastructure.clusters().filter((cluster) => cluster.namespace === namespace),
        machines: () => control.infrastructure.machines().filter(({ cluster }) => cluster.startsWith(`${namespace}/`)),
      },
      ledger: async () => ofNamespace((await admin.raw('/v1/ledger')) as Ledger, namespace),
      requestTotals() {
        const taken = totals
        totals = []
        admin
          .post('/v1/requests/take')
          .then((answer) => (totals = (answer as { totals: Totals }).totals))
          .catch((error: unknown) => log.debug({ err: error }, 'the totals could not be read'))
        return taken
      },
      samples: scrape,
    },
    serveMetrics: async () => undefined, // the provider serves its own
    async [Symbol.asyncDispose]() {
      await control[Symbol.asyncDispose]()
      await connection[Symbol.asyncDispose]()
    },
  }
}

type Totals = Extract<JournalEvent, { type: 'requests' }>['totals']

/** A soak needs its namespace for itself: what it doesn't know it can neither judge nor may it delete. */
async function refuseStrangers(client: Client, profile: SoakProfile): Promise<void> {
  const { namespace } = profile.fleet
  const { items } = await client.list(clusterKind, { namespace })
  const ours = new Set((await soakClusters(client, profile)).map(({ metadata }) => metadata.name))
  const strangers = items.map(({ metadata }) => metadata.name).filter((name) => !ours.has(name))
  if (strangers.length === 0) return
  throw new UsageError(
    `namespace ${namespace} holds clusters that no soak of profile ${profile.name} made: ${strangers.slice(0, 3).join(', ')}; use another fleet.namespace in ${profile.file}`,
  )
}

function ofNamespace(ledger: Ledger, namespace: string): Ledger {
  const within = ({ cluster }: { readonly cluster: string }): boolean => cluster.startsWith(`${namespace}/`)
  return {
    clusters: ledger.clusters.filter((cluster) => within({ cluster })),
    listeners: ledger.listeners.filter(within),
    machines: ledger.machines.filter(within),
    etcdMembers: ledger.etcdMembers.filter(within),
    watchStreams: ledger.watchStreams,
  }
}

/** A handler whose paths begin below a prefix of another's. */
const below =
  (prefix: string, inner: Handler): Handler =>
  (exchange: Exchange) =>
    inner({
      request: parseRequest(exchange.request.method, prefix + exchange.request.url),
      headers: exchange.headers,
      body: exchange.body,
      peer: exchange.peer,
      get signal() {
        return exchange.signal
      },
    })
