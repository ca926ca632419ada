/**
 * A fleet under released controllers, for what no soak measures: how fast it comes up, and that it survives its provider.
 *
 *     node interop/fleet.ts create UP-DIR COUNT [class]
 *                                                 clusters 1+1 of the published in-memory delays, until all are Available;
 *                                                 `class` makes them from our ClusterClass, as clusterctl would
 *     node interop/fleet.ts verify UP-DIR         after the provider was killed and came back: nothing is another than before
 *     node interop/fleet.ts delete UP-DIR         all of them, until nothing is left
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'
import { RealClock, sleep } from '../src/base/clock.ts'
import { deployFile } from '../src/cli/deploy-files.ts'
import { cleanUp } from '../src/cli/released/cleanup.ts'
import { connectTo, type Connection } from '../src/cli/released/soak-world.ts'
import type { Client } from '../src/kube/client.ts'
import { conditionOf, type Condition, type KubeObject } from '../src/kube/object.ts'
import { createCluster, ensureNamespace, fleetNames } from '../src/soak/fleet.ts'
import { clusterKind, machineKind, nodeKind } from '../src/soak/kinds.ts'
import { loadProfile, type SoakProfile } from '../src/soak/profile.ts'

const [verb, directory = '', given = '1', how] = process.argv.slice(2)
const clock = new RealClock()
const namespace = 'capstorm-fleet'
const memory = join(directory, 'fleet-before.json')
const patience = 15 * 60_000

/** The fleet of a shipped profile, with another shape. */
function profileOf(count: number): SoakProfile {
  const profile = loadProfile(fileURLToPath(new URL('../profiles/released.yaml', import.meta.url)))
  const group = { prefix: 'c', count, controlPlane: 1 as const, workers: 1, labels: {} }
  const startup = { vm: 10_000, node: 2_000, apiServer: 2_000, etcd: 2_000, jitter: 0.2 }
  return { ...profile, name: 'fleet', fleet: { ...profile.fleet, namespace, clusters: [group], startup } }
}

type Watched = KubeObject & {
  readonly status?: {
    readonly conditions?: readonly Condition[]
    readonly workers?: { readonly availableReplicas?: number }
  }
}

const isUp = ({ status }: Watched): boolean =>
  conditionOf(status?.conditions, 'Available')?.status === 'True' && status?.workers?.availableReplicas === 1

async function create(connection: Connection): Promise<void> {
  const { management, admin } = connection
  const profile = profileOf(Number(given))
  await ensureNamespace(management, profile)
  await admin.post('/v1/requests/take')
  const began = clock.now()
  if (how === 'class') await createAll(management, shipped('clusterclass-capstorm.yaml'))
  for (const { group, name } of fleetNames(profile)) {
    if (how === 'class') await createAll(management, shipped('cluster-template.yaml', name, profile))
    else await createCluster(management, profile, group, name)
  }
  for (;;) {
    const up = (await management.list<Watched>(clusterKind, { namespace })).items.filter(isUp).length
    if (up === Number(given)) break
    if (clock.now() - began > patience) throw new Error(`${up} of ${given} clusters are Available after ${patience} ms`)
    await sleep(clock, 1_000)
  }
  const seconds = (clock.now() - began) / 1000
  const { totals } = (await admin.post('/v1/requests/take')) as { totals: { cluster: string; count: number }[] }
  const sum = (own: boolean): number =>
    totals.filter(({ cluster }) => (cluster === 'management') === own).reduce((all, { count }) => all + count, 0)
  console.log(
    `${given} clusters 1+1 Available after ${seconds.toFixed(0)} s; requests each: ${Math.round(sum(true) / Number(given))} to the management cluster, ${Math.round(sum(false) / Number(given))} to the workload cluster`,
  )
  writeFileSync(memory, JSON.stringify(await identities(connection)))
}

/** The objects of a file of deploy/clusterctl, with the variables that clusterctl asks for. */
function shipped(file: string, name = '', profile?: SoakProfile): KubeObject[] {
  const values: Record<string, string | undefined> = {
    CLUSTER_NAME: name,
    NAMESPACE: namespace,
    KUBERNETES_VERSION: profile?.fleet.version,
  }
  const text = deployFile(`clusterctl/${file}`).replaceAll(
    /\$\{([A-Z_]+)(?::=([^}]*))?\}/g,
    (_all, variable: string, usual = '') => values[variable] ?? (usual as string),
  )
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject)
}

async function createAll(client: Client, objects: readonly KubeObject[]): Promise<void> {
  for (const object of objects) {
    const { apiVersion = '', kind = '', metadata } = object
    const [group = '', version = ''] = apiVersion.split('/')
    const resource = kind.toLowerCase() + (kind.endsWith('s') ? 'es' : 's')
    const labels = { ...metadata.labels, 'capstorm.dev/soak': 'fleet' }
    await client.create(
      { group, version, resource, kind, namespaced: true },
      { ...object, metadata: { ...metadata, namespace, labels } },
    )
  }
}

/** Machines and nodes by name and UID. */
async function identities(connection: Connection): Promise<string[]> {
  const { items } = await connection.management.list(clusterKind, { namespace })
  const machines = (await connection.management.list(machineKind, { namespace })).items
  const nodes = await Promise.all(
    items.map(
      async ({ metadata }) => (await connection.workload(`${namespace}/${metadata.name}`).list(nodeKind)).items,
    ),
  )
  return [...machines, ...nodes.flat()].map(({ metadata }) => `${metadata.name} ${metadata.uid}`).sort()
}

async function verify(connection: Connection): Promise<void> {
  const before = JSON.parse(readFileSync(memory, 'utf8')) as string[]
  const began = clock.now()
  for (;;) {
    const after = await identities(connection).catch((): string[] => [])
    if (after.length === before.length && after.every((each, index) => each === before[index])) break
    if (clock.now() - began > 60_000) {
      const lost = before.filter((each) => !after.includes(each))
      throw new Error(`after 60 s these are not there, or are others: ${lost.slice(0, 5).join(', ')}`)
    }
    await sleep(clock, 500)
  }
  console.log(`every machine and node is there again after ${((clock.now() - began) / 1000).toFixed(1)} s`)
  await sleep(clock, 90_000) // longer than the managers take to notice a dead cluster
  const later = await identities(connection)
  const changed = later.filter((each) => !before.includes(each))
  if (changed.length > 0) throw new Error(`90 s later these are new: ${changed.slice(0, 5).join(', ')}`)
  const { items } = await connection.management.list<Watched>(clusterKind, { namespace })
  const down = items.filter((cluster) => !isUp(cluster)).map(({ metadata }) => metadata.name)
  if (down.length > 0) throw new Error(`90 s later these are not Available: ${down.slice(0, 5).join(', ')}`)
  console.log(`90 s later all ${items.length} clusters are Available, nothing was replaced`)
}

await using opened = await connectTo(
  { kubeconfig: join(directory, 'management.kubeconfig'), control: join(directory, 'control.json'), scrape: [] },
  clock,
)
if (verb === 'create') await create(opened)
else if (verb === 'verify') await verify(opened)
else {
  const left = await cleanUp(opened.management, profileOf(1), clock, patience)
  if (left.length > 0) throw new Error(`still there: ${left.slice(0, 5).join(', ')}`)
}
process.exit(0) // the connections would keep it
