import { describe, expect, it } from 'vitest'
import { nodes } from '../apiserver/resources/nodes.ts'
import { pods } from '../apiserver/resources/pods.ts'
import { call } from '../apiserver/testing.ts'
import { silentLog } from '../base/log.ts'
import { keyedRandom } from '../base/random.ts'
import { SimClock } from '../base/sim-clock.ts'
import type { Condition } from '../kube/object.ts'
import { DataCenter } from './data-center.ts'
import type { EndpointPublisher } from './endpoints.ts'
import { etcdPath } from './etcd/inside-path.ts'
import type { StartupDelays } from './machines/machine.ts'
import { realNodeTimings } from './machines/node-lifecycle.ts'
import { nodeObject } from './machines/node-objects.ts'
import type { WorkloadCluster } from './workload-cluster.ts'

const delay = (duration: number, jitter = 0): { duration: number; jitter: number } => ({ duration, jitter })
const delays: StartupDelays = { vm: delay(10_000), node: delay(2_000), etcd: delay(2_000), apiServer: delay(3_000) }

function world(unreadable = 0): { clock: SimClock; dataCenter: DataCenter; cluster: WorkloadCluster; open: string[] } {
  const clock = new SimClock()
  const open: string[] = []
  const endpoints: EndpointPublisher = {
    reserve: async () => ({ host: '127.0.0.1', port: 20_000 }),
    open: async (cluster) => void open.push(cluster),
    close: async (cluster) => void open.splice(0, open.length, ...open.filter((each) => each !== cluster)),
    release: async () => {},
    attach: (_cluster, stream) => void stream.destroy(),
  }
  const dataCenter = new DataCenter({
    clock,
    random: keyedRandom(1),
    log: silentLog,
    endpoints,
    defer: queueMicrotask,
    trusted: false,
    timings: realNodeTimings,
  })
  let failures = 0
  const identity = async (): ReturnType<Parameters<DataCenter['ensureCluster']>[0]['identity']> => {
    if (failures++ < unreadable) throw new Error('the Secret with the authority could not be read')
    return { serving: { cert: '', key: '' }, clientCa: '' }
  }
  const etcdIdentity = (): Promise<never> => Promise.reject(new Error('nobody connects to etcd here'))
  return {
    clock,
    dataCenter,
    open,
    cluster: dataCenter.ensureCluster({ namespace: 'd', name: 'c', labels: {}, identity, etcdIdentity }),
  }
}

const boot = (
  cluster: WorkloadCluster,
  name: string,
  role: 'control-plane' | 'worker',
  given = delays,
): ReturnType<WorkloadCluster['ensureMachine']> =>
  cluster.ensureMachine({ name, role, version: 'v1.35.0', labels: {}, delays: given })

const ready = (cluster: WorkloadCluster, name: string): Condition | undefined =>
  (cluster.server.store.get(nodes, name)?.value.status as { conditions: Condition[] } | undefined)?.conditions.find(
    ({ type }) => type === 'Ready',
  )
const taints = (cluster: WorkloadCluster, name: string): string[] =>
  (
    (cluster.server.store.get(nodes, name)?.value.spec as { taints?: { key: string; effect: string }[] }).taints ?? []
  ).map(({ key, effect }) => `${key}:${effect}`)

/** As it is, whoever wrote it last. */
const withoutVersion = ({ metadata, ...rest }: Record<string, unknown>): object => {
  const { resourceVersion: _, managedFields: __, ...lasting } = metadata as Record<string, unknown>
  return { ...rest, metadata: lasting }
}

describe('machine', () => {
  it('comes up in order: VM, node, etcd and API server, and only then the cluster listens', async () => {
    const { clock, cluster, open } = world()
    const machine = boot(cluster, 'cp', 'control-plane')
    await clock.advance(11_999)
    expect(machine.up.vm).toBeDefined()
    expect(cluster.server.store.get(nodes, 'cp')).toBeUndefined()
    await clock.advance(1)
    expect(ready(cluster, 'cp')?.status).toBe('True')
    await clock.advance(2_000)
    expect(cluster.etcd.members).toMatchObject([{ name: 'cp', leader: true, healthy: true }])
    expect(open).toEqual([])
    await clock.advance(1_000)
    expect(open).toEqual(['d/c'])
    const names = cluster.server.store
      .collection(pods)
      .list()
      .map(({ value }) => value.metadata)
    expect(names.map(({ name }) => name)).toEqual([
      'etcd-cp',
      'kube-apiserver-cp',
      'kube-controller-manager-cp',
      'kube-scheduler-cp',
    ])
    expect(names.every(({ annotations }) => annotations?.['kubernetes.io/config.mirror'] !== undefined)).toBe(true)
  })

  it('is published as soon as its authority can be read', async () => {
    const { clock, cluster, dataCenter, open } = world(2)
    boot(cluster, 'cp', 'control-plane')
    await clock.advance(15_000)
    expect(open).toEqual([])
    await clock.advance(3_000)
    expect(open).toEqual(['d/c'])
    const never = world(Infinity)
    boot(never.cluster, 'cp', 'control-plane')
    await never.clock.advance(60_000)
    await Promise.all([dataCenter.deleteCluster('d/c'), never.dataCenter.deleteCluster('d/c')])
    expect([open, never.open]).toEqual([[], []])
  })

  it('that initializes begins etcd anew when the machines that began it are gone; one that joins does not', async () => {
    const { clock, cluster } = world()
    const again = (name: string, initializes: boolean): void =>
      void cluster.ensureMachine({ name, role: 'control-plane', version: 'v1.35.0', labels: {}, delays, initializes })
    again('a', true)
    await clock.advance(20_000)
    cluster.deleteMachine('a')
    again('b', true)
    await clock.advance(20_000)
    expect(cluster.etcd.members).toMatchObject([{ name: 'b', leader: true, healthy: true }])
    cluster.deleteMachine('b')
    again('c', false)
    await clock.advance(20_000)
    expect(cluster.etcd.members.map(({ name }) => name)).toEqual(['b', 'c'])
    expect(cluster.etcd.hasQuorum).toBe(false)
  })

  it('draws its delays once, from its own key', async () => {
    const jittery = { ...delays, vm: delay(10_000, 1) }
    const times = await Promise.all(
      [0, 1].map(async () => {
        const { clock, cluster } = world()
        const machine = boot(cluster, 'w', 'worker', jittery)
        await clock.advance(30_000)
        return machine.up.vm
      }),
    )
    expect(times[0]).toBe(times[1])
    expect(times[0]).not.toBe(world().clock.wallMs() + 10_000)
  })

  it('is Unknown and tainted after the grace period of silence, with the time of the change, and recovers', async () => {
    const { clock, cluster, dataCenter } = world()
    boot(cluster, 'w', 'worker')
    await clock.advance(60_000)
    const since = ready(cluster, 'w')?.lastTransitionTime
    const handle = dataCenter.impair(dataCenter.machines()[0] as never, 'kubeletSilent')
    await clock.advance(39_000)
    expect(ready(cluster, 'w')).toMatchObject({ status: 'True', lastTransitionTime: since })
    await clock.advance(12_000)
    expect(ready(cluster, 'w')).toMatchObject({
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
    })
    expect(taints(cluster, 'w')).toEqual([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ])
    const changed = ready(cluster, 'w')?.lastTransitionTime
    await clock.advance(120_000)
    expect(ready(cluster, 'w')?.lastTransitionTime).toBe(changed)
    handle[Symbol.dispose]()
    expect(ready(cluster, 'w')?.status).toBe('True')
    expect(taints(cluster, 'w')).toEqual([])
    await clock.advance(400_000)
    expect(ready(cluster, 'w')?.status).toBe('True')
  })

  it('keeps its Ready transition time through heartbeats', async () => {
    const { clock, cluster } = world()
    boot(cluster, 'w', 'worker')
    await clock.advance(20_000)
    const since = ready(cluster, 'w')?.lastTransitionTime
    await clock.advance(3_600_000)
    expect(ready(cluster, 'w')?.lastTransitionTime).toBe(since)
    expect(ready(cluster, 'w')?.lastHeartbeatTime).not.toBe(since)
  })

  it('stays in provisioning while its boot is stuck, and goes on when healed', async () => {
    const { clock, cluster, dataCenter } = world()
    const machine = boot(cluster, 'w', 'worker')
    const handle = dataCenter.impair(machine, 'bootStuck')
    await clock.advance(600_000)
    expect(machine.up.vm).toBeUndefined()
    handle[Symbol.dispose]()
    await clock.advance(2_000)
    expect(ready(cluster, 'w')?.status).toBe('True')
  })

  it('is made of what the API server would have made of it, as is its cluster', async () => {
    const { clock, cluster } = world()
    boot(cluster, 'cp', 'control-plane')
    boot(cluster, 'w', 'worker')
    await clock.advance(20_000)
    const { store, handler } = cluster.server
    for (const definition of store.registry.definitions) store.collection(definition) // what is made on first use, too
    const put: string[] = []
    for (const { definition, list } of [...store.collections].map((each) => ({
      definition: each.definition,
      list: each.list(),
    })))
      for (const { value } of list) {
        const { name, namespace } = value.metadata
        const { group, version, resource, namespaced } = definition
        const path = `${group === '' ? '/api/v1' : `/apis/${group}/${version}`}${namespaced ? `/namespaces/${namespace}` : ''}/${resource}/${name}`
        const { body } = await call(handler, 'PUT', path, { body: value })
        put.push(definition.kind)
        expect(withoutVersion(body)).toEqual(withoutVersion(value))
      }
    expect(put).toEqual(
      expect.arrayContaining(['Node', 'Lease', 'Pod', 'DaemonSet', 'Deployment', 'ConfigMap', 'Service']),
    )
  })

  it('takes the API server along when the only control plane vanishes, for good', async () => {
    const { clock, cluster, dataCenter, open } = world()
    const machine = boot(cluster, 'cp', 'control-plane')
    await clock.advance(20_000)
    dataCenter.impair(machine, 'vanished')[Symbol.dispose]()
    await clock.advance(1)
    expect(open).toEqual([])
    expect(machine.vanished).toBe(true)
    expect(dataCenter.machines()).toEqual([])
  })

  it('that had vanished before the provider started stays away, and its node becomes Unknown', async () => {
    const { clock, cluster, dataCenter, open } = world()
    boot(cluster, 'cp', 'control-plane')
    await clock.advance(20_000)
    cluster.server.store.create(
      nodes,
      nodeObject('w', { providerID: 'in-memory://w', version: 'v1', controlPlane: false, now: '' }),
    )
    const given = {
      role: 'worker',
      version: 'v1.35.0',
      labels: {},
      delays,
      bootstrapped: true,
      vanished: true,
    } as const
    expect(cluster.ensureMachine({ ...given, name: 'w' }).vanished).toBe(true)
    await clock.advance(60_000)
    expect(ready(cluster, 'w')?.status).toBe('Unknown')
    expect(dataCenter.machines().map(({ name }) => name)).toEqual(['cp'])
    dataCenter.cluster('d/c')?.deleteMachine('cp')
    cluster.ensureMachine({ ...given, name: 'cp', role: 'control-plane' })
    await clock.advance(60_000)
    expect(open).toEqual([])
  })

  it('leaves node and pods behind only as long as it exists', async () => {
    const { clock, cluster } = world()
    boot(cluster, 'a', 'control-plane')
    boot(cluster, 'b', 'control-plane')
    await clock.advance(20_000)
    cluster.deleteMachine('b')
    expect(cluster.server.store.get(nodes, 'b')).toBeUndefined()
    expect(
      cluster.server.store
        .collection(pods)
        .list()
        .every(({ key }) => key.endsWith('-a')),
    ).toBe(true)
    expect(cluster.etcd.members.find(({ name }) => name === 'b')).toMatchObject({ healthy: false })
  })
})

describe('pods', () => {
  const url = '/api/v1/namespaces/default/pods'
  const masters = { certificate: { user: 'admin', groups: ['system:masters'] } }
  async function withPod(): Promise<ReturnType<typeof world> & { phase: () => Promise<string | undefined> }> {
    const all = world()
    const { clock, cluster } = all
    boot(cluster, 'cp', 'control-plane')
    boot(cluster, 'w', 'worker')
    await clock.advance(20_000)
    const body = {
      metadata: { name: 'p', labels: { app: 'a' } },
      spec: { nodeName: 'w', containers: [{ name: 'c', image: 'i' }] },
    }
    expect((await call(cluster.handler, 'POST', url, { body, peer: masters })).status).toBe(201)
    const phase = async (): Promise<string | undefined> => {
      const { status, body } = await call(cluster.handler, 'GET', `${url}/p`, { peer: masters })
      const { deletionTimestamp } = (body['metadata'] ?? {}) as { deletionTimestamp?: string }
      if (status === 404) return undefined
      return deletionTimestamp === undefined ? (body['status'] as { phase: string }).phase : 'Terminating'
    }
    return { ...all, phase }
  }

  it('are started by the kubelet of their node, and end after they are deleted', async () => {
    const { clock, cluster, phase } = await withPod()
    expect(await phase()).toBe('Pending')
    await clock.advance(1_000)
    expect(await phase()).toBe('Running')
    await call(cluster.handler, 'DELETE', `${url}/p`, { peer: masters })
    expect(await phase()).toBe('Terminating')
    await clock.advance(1_000)
    expect(await phase()).toBeUndefined()
  })

  it('hang while the kubelet is silent, unless they are deleted by force or their machine goes', async () => {
    const { clock, cluster, dataCenter, phase } = await withPod()
    await clock.advance(1_000)
    const heal = dataCenter.impair(dataCenter.machines().find(({ name }) => name === 'w') as never, 'kubeletSilent')
    await call(cluster.handler, 'DELETE', `${url}/p`, { peer: masters })
    await clock.advance(600_000)
    expect(await phase()).toBe('Terminating')
    heal[Symbol.dispose]()
    expect(await phase()).toBeUndefined()
  })

  it('are not evicted below their disruption budget', async () => {
    const { clock, cluster, phase } = await withPod()
    await clock.advance(1_000)
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'a' } } }
    await call(cluster.handler, 'POST', budgets, { body: { metadata: { name: 'b' }, spec }, peer: masters })
    const evict = async (): Promise<number> =>
      (await call(cluster.handler, 'POST', `${url}/p/eviction`, { body: { metadata: { name: 'p' } }, peer: masters }))
        .status
    expect(await evict()).toBe(429)
    await call(cluster.handler, 'DELETE', `${budgets}/b`, { peer: masters })
    expect(await evict()).toBe(201)
    expect(await phase()).toBe('Terminating')
  })

  it('go with their machine, whatever namespace they are in', async () => {
    const { clock, cluster, phase } = await withPod()
    await clock.advance(1_000)
    cluster.deleteMachine('w')
    expect(await phase()).toBeUndefined()
  })
})

describe('etcd', () => {
  async function three(): Promise<ReturnType<typeof world>> {
    const all = world()
    for (const name of ['a', 'b', 'c']) boot(all.cluster, name, 'control-plane')
    await all.clock.advance(20_000)
    return all
  }
  const member = (cluster: WorkloadCluster, name: string): string =>
    cluster.etcd.members.find((each) => each.name === name)?.id ?? ''

  it('elects another leader, keeps answering with a majority, and not without', async () => {
    const { cluster, dataCenter } = await three()
    const [a, b] = dataCenter.machines() as [never, never]
    dataCenter.impair(a, 'vanished')
    expect(cluster.etcd.members.filter(({ leader }) => leader)).toMatchObject([{ name: 'b' }])
    expect((await call(cluster.handler, 'GET', '/api/v1/nodes')).status).toBe(200)
    dataCenter.impair(b, 'vanished')
    expect(await call(cluster.handler, 'GET', '/api/v1/nodes')).toMatchObject({
      status: 500,
      body: { message: 'etcdserver: no leader' },
    })
  })

  it('answers its calls to administrators, and refuses what would lose quorum', async () => {
    const { cluster, dataCenter } = await three()
    expect((await call(cluster.handler, 'GET', etcdPath, { peer: {} })).status).toBe(403)
    expect(((await call(cluster.handler, 'GET', etcdPath)).body['members'] as unknown[]).length).toBe(3)
    await call(cluster.handler, 'POST', `${etcdPath}/${member(cluster, 'b')}/move-leader`)
    expect(cluster.etcd.members.find(({ leader }) => leader)?.name).toBe('b')
    expect((await call(cluster.handler, 'POST', `${etcdPath}/nobody/remove`)).status).toBe(404)
    dataCenter.impair(dataCenter.machines()[0] as never, 'vanished')
    const risky = await call(cluster.handler, 'POST', `${etcdPath}/${member(cluster, 'b')}/remove`)
    expect(risky.body.message).toContain('not enough started members')
    expect((await call(cluster.handler, 'POST', `${etcdPath}/${member(cluster, 'a')}/remove`)).status).toBe(200)
    expect(cluster.etcd.members.length).toBe(2)
  })
})
