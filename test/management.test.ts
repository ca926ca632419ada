import { describe, expect, it } from 'vitest'
import { sleep } from '../src/base/clock.ts'
import { silentLog } from '../src/base/log.ts'
import { keyedRandom } from '../src/base/random.ts'
import { SimClock } from '../src/base/sim-clock.ts'
import { EmbeddedWorld } from '../src/cli/embedded.ts'
import { noPlants } from '../src/cli/plants.ts'
import { MemoryJournal } from '../src/journal/journal.ts'
import type { Client } from '../src/kube/client.ts'
import { conditionOf } from '../src/kube/object.ts'
import {
  clusters,
  kubeadmControlPlanes,
  machineDeployments,
  machineHealthChecks,
  machines,
} from '../src/management/kinds/catalogue.ts'
import type {
  Cluster,
  KubeadmControlPlane,
  Machine,
  MachineDeployment,
  MachineHealthCheck,
  ReplicaCounts,
} from '../src/management/kinds/types.ts'
import { allowance } from '../src/management/controllers/machine-health-check.ts'
import { realTimers } from '../src/management/timers.ts'
import { realNodeTimings } from '../src/provider/machines/node-lifecycle.ts'
import { findProfile } from '../src/cli/soak.ts'
import { createCluster } from '../src/soak/fleet.ts'
import { loadProfile } from '../src/soak/profile.ts'

/** With Cluster API's real timers: simulated time is free. */
async function inWorld(
  controlPlane: 1 | 3,
  workers: number,
  test: (world: EmbeddedWorld, client: Client, clock: SimClock) => Promise<void>,
): Promise<void> {
  const clock = new SimClock()
  const profile = loadProfile(findProfile('quickstart'))
  const slow = {
    ...profile,
    fleet: {
      ...profile.fleet,
      startup: { vm: 10_000, node: 2_000, apiServer: 2_000, etcd: 2_000, jitter: 0.2 },
      healthChecks: {
        controlPlane: { nodeStartupTimeout: 600_000, notReadyTimeout: 300_000 },
        workers: { nodeStartupTimeout: 600_000, notReadyTimeout: 300_000 },
      },
    },
  }
  await clock.run(
    (async () => {
      const world = await EmbeddedWorld.start({
        clock,
        random: keyedRandom(1),
        log: silentLog,
        journal: new MemoryJournal(clock),
        timers: realTimers,
        nodeTimings: realNodeTimings,
        plants: noPlants,
        sockets: undefined,
      })
      const client = world.insideClient('test')
      await createCluster(client, slow, { prefix: 'c', count: 1, controlPlane, workers, labels: {} }, 'c')
      await settled(client, clock, 300_000)
      await test(world, client, clock)
      await world[Symbol.asyncDispose]()
    })(),
  )
}

const get = {
  cluster: (client: Client): Promise<Cluster> => client.get(clusters, 'default', 'c'),
  controlPlane: (client: Client): Promise<KubeadmControlPlane> =>
    client.get(kubeadmControlPlanes, 'default', 'c-control-plane'),
  deployment: (client: Client): Promise<MachineDeployment> => client.get(machineDeployments, 'default', 'c-md-0'),
  machines: async (client: Client): Promise<readonly Machine[]> => (await client.list<Machine>(machines)).items,
}
const isWorker = ({ metadata }: Machine): boolean => metadata.labels?.['cluster.x-k8s.io/control-plane'] === undefined

/** Available, with every count as wanted and nothing being deleted. */
async function settled(client: Client, clock: SimClock, within: number): Promise<void> {
  for (const until = clock.now() + within; ;) {
    const { status } = await get.cluster(client)
    const full = (counts: ReplicaCounts | undefined): boolean =>
      counts !== undefined &&
      counts.desiredReplicas === counts.availableReplicas &&
      counts.replicas === counts.desiredReplicas &&
      counts.upToDateReplicas === counts.desiredReplicas
    const all = await get.machines(client)
    if (
      conditionOf(status?.conditions, 'Available')?.status === 'True' &&
      full(status?.controlPlane) &&
      full(status?.workers) &&
      all.every(({ metadata }) => metadata.deletionTimestamp === undefined)
    )
      return
    if (clock.now() > until)
      throw new Error(
        `not settled: ${JSON.stringify(status?.conditions?.filter((condition) => condition.status !== 'True'))}`,
      )
    await sleep(clock, 1_000)
  }
}

async function during(clock: SimClock, ms: number, look: () => Promise<void>): Promise<void> {
  for (const until = clock.now() + ms; clock.now() < until; await sleep(clock, 500)) await look()
}

describe('reference controllers, with Cluster API’s own timers', () => {
  it('roll a MachineDeployment within maxSurge and maxUnavailable, to one new revision', async () => {
    await inWorld(1, 3, async (_world, client, clock) => {
      await client.patch(machineDeployments, 'default', 'c-md-0', {
        spec: { template: { spec: { version: 'v1.35.1' } } },
      })
      await during(clock, 120_000, async () => {
        const { status } = await get.deployment(client)
        const workers = (await get.machines(client)).filter(isWorker)
        expect(workers.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length).toBeLessThanOrEqual(4)
        expect(status?.availableReplicas).toBeGreaterThanOrEqual(3)
      })
      await settled(client, clock, 300_000)
      expect((await get.machines(client)).filter(isWorker).map(({ spec }) => spec.version)).toEqual([
        'v1.35.1',
        'v1.35.1',
        'v1.35.1',
      ])
    })
  })

  it('scale a control plane 1 → 3 → 1, one at a time, with etcd following', async () => {
    await inWorld(1, 1, async (world, client, clock) => {
      for (const replicas of [3, 1]) {
        await client.patch(kubeadmControlPlanes, 'default', 'c-control-plane', { spec: { replicas } })
        await during(clock, 60_000, async () => {
          const own = (await get.machines(client)).filter((machine) => !isWorker(machine))
          expect(own.filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length).toBeLessThanOrEqual(1)
          expect(
            own.filter(
              ({ status, metadata }) => status?.nodeRef === undefined && metadata.deletionTimestamp === undefined,
            ).length,
          ).toBeLessThanOrEqual(1)
        })
        await settled(client, clock, 900_000)
        expect(world.site.dataCenter.cluster('default/c')?.etcd.members.length).toBe(replicas)
      }
      expect((await get.controlPlane(client)).status?.readyReplicas).toBe(1)
    })
  })

  it('replace a worker whose kubelet is silent after its timeout, and not before', async () => {
    await inWorld(1, 2, async (world, client, clock) => {
      const victim = world.site.dataCenter.machines().find(({ role }) => role === 'worker')
      world.site.dataCenter.impair(victim as never, 'kubeletSilent')
      const alive = async (): Promise<Machine | undefined> =>
        (await get.machines(client)).find(({ metadata }) => metadata.name === victim?.name)
      await sleep(clock, 300_000)
      expect((await alive())?.metadata.deletionTimestamp).toBeUndefined()
      await sleep(clock, 90_000) // 50 s of grace, 300 s of timeout, 15 s of pace
      expect(await alive()).toBeUndefined()
      await settled(client, clock, 120_000)
    })
  })

  it('replace a vanished control-plane machine of three, and keep the API server up', async () => {
    await inWorld(3, 1, async (world, client, clock) => {
      const victim = world.site.dataCenter.machines().find(({ role }) => role === 'control-plane')
      world.site.dataCenter.impair(victim as never, 'vanished')
      await sleep(clock, 420_000)
      await settled(client, clock, 600_000)
      expect(world.site.dataCenter.cluster('default/c')?.etcd.members.map(({ name }) => name)).not.toContain(
        victim?.name,
      )
      expect(
        (await get.machines(client)).some(
          ({ metadata }) => metadata.annotations?.['controlplane.cluster.x-k8s.io/remediation-for'] !== undefined,
        ),
      ).toBe(true)
    })
  })

  it('never remediate the only machine of an initialized control plane', async () => {
    await inWorld(1, 1, async (world, client, clock) => {
      const victim = world.site.dataCenter.machines().find(({ role }) => role === 'control-plane')
      const handle = world.site.dataCenter.impair(victim as never, 'kubeletSilent')
      await sleep(clock, 900_000)
      const machine = (await get.machines(client)).find(({ metadata }) => metadata.name === victim?.name)
      expect(machine?.metadata.deletionTimestamp).toBeUndefined()
      expect(conditionOf(machine?.status?.conditions, 'OwnerRemediated')).toMatchObject({
        status: 'False',
        reason: 'CannotBeRemediated',
      })
      handle[Symbol.dispose]()
      await settled(client, clock, 120_000)
    })
  })

  it('pause when the cluster says so, and delete it to nothing', async () => {
    await inWorld(1, 2, async (_world, client, clock) => {
      await client.patch(clusters, 'default', 'c', { spec: { paused: true } })
      await client.patch(machineDeployments, 'default', 'c-md-0', { spec: { replicas: 4 } })
      await sleep(clock, 60_000)
      expect((await get.machines(client)).length).toBe(3)
      await client.patch(clusters, 'default', 'c', { spec: { paused: false } })
      await settled(client, clock, 120_000)
      await client.delete(clusters, 'default', 'c')
      await sleep(clock, 60_000)
      expect((await client.list(clusters)).items).toEqual([])
      expect(await get.machines(client)).toEqual([])
    })
  })
})

describe('allowance of a MachineHealthCheck', () => {
  const check = (triggerIf: object | undefined): MachineHealthCheck => ({
    apiVersion: '',
    kind: machineHealthChecks.kind,
    metadata: { name: 'm' },
    spec: { clusterName: 'c', selector: {}, ...(triggerIf === undefined ? {} : { remediation: { triggerIf } }) },
  })
  it.each([
    [undefined, 3, 3, true, 0],
    [{ unhealthyLessThanOrEqualTo: '40%' }, 5, 2, true, 0],
    [{ unhealthyLessThanOrEqualTo: '40%' }, 4, 2, false, 0],
    [{ unhealthyLessThanOrEqualTo: 1 }, 10, 0, true, 1],
    [{ unhealthyInRange: '[3-5]' }, 10, 2, false, 0],
    [{ unhealthyInRange: '[3-5]' }, 10, 3, true, 2],
    [{ unhealthyInRange: '[3-5]', unhealthyLessThanOrEqualTo: 1 }, 10, 5, true, 0],
  ])('%j of %d with %d unhealthy: allowed %s, %d more', (triggerIf, expected, unhealthy, allowed, remediations) =>
    expect(allowance(check(triggerIf), expected, unhealthy)).toMatchObject({ allowed, remediations }),
  )
})
