import { describe, expect, it } from 'vitest'
import { RealClock, sleep } from '../base/clock.ts'
import { keyedRandom } from '../base/random.ts'
import { engineControl, type FaultOrder } from '../faults/control.ts'
import { FaultEngine } from '../faults/engine.ts'
import { machineStriker } from '../faults/machine-faults.ts'
import type { Impairment, Infrastructure, MachineFacts } from '../faults/infrastructure.ts'
import { RemoteControl } from '../faults/remote-control.ts'
import { FeedJournal } from '../journal/feed.ts'
import { MemoryJournal } from '../journal/journal.ts'
import { Client } from '../kube/client.ts'
import { jsonReply, type Handler } from '../kube/handler.ts'
import { adminApi } from './admin-api.ts'
import { RequestTotals } from './request-totals.ts'

const worker: MachineFacts = { cluster: 'd/c', name: 'w', role: 'worker', labels: {} }

function world(token = 'secret'): {
  client: Client
  engine: FaultEngine
  impaired: Impairment[]
  journal: MemoryJournal
  clock: RealClock
} {
  const clock = new RealClock()
  const feed = new FeedJournal(clock)
  const impaired: Impairment[] = []
  const infrastructure: Infrastructure = {
    clusters: () => [{ namespace: 'd', name: 'c', labels: {} }],
    machines: () => [worker],
    impair: (_machine, impairment) => {
      impaired.push(impairment)
      return { [Symbol.dispose]: () => void impaired.splice(impaired.indexOf(impairment), 1) }
    },
    onBoot: () => ({ [Symbol.dispose]() {} }),
  }
  const engine = new FaultEngine({
    clock,
    random: keyedRandom(1),
    journal: feed,
    strikeMachines: machineStriker(infrastructure, feed),
  })
  const inner: Handler = async ({ request, peer }) => jsonReply(200, { path: request.url, peer })
  const handler = adminApi({
    token: 'secret',
    control: engineControl(engine),
    infrastructure,
    feed,
    totals: new RequestTotals(),
    ledger: () => ({ clusters: ['d/c'], listeners: [], machines: [], etcdMembers: [], watchStreams: 0 }),
    inside: (cluster) => (cluster === 'd/c' ? inner : undefined),
  })
  const headers = { authorization: `Bearer ${token}` }
  const client = new Client({ handler, clock, userAgent: 'test', headers })
  return { client, engine, impaired, journal: new MemoryJournal(clock), clock }
}

const order = (over: Partial<FaultOrder>): FaultOrder => ({
  id: 'cycle 1 timeline[0]',
  fault: 'timeline[0]',
  kind: 'machine.kubeletSilent',
  spec: {},
  clusters: ['d/c'],
  machines: [worker],
  clients: {},
  protect: [],
  streams: 'both',
  priority: 0,
  lease: 60_000,
  ...over,
})

const eventually = async (check: () => boolean): Promise<void> => {
  for (let i = 0; i < 500 && !check(); i++) await sleep(new RealClock(), 2)
  expect(check()).toBe(true)
}

describe('the admin API', () => {
  it('opens for its token alone', async () => {
    await expect(world('guess').client.raw('/v1/faults')).rejects.toMatchObject({ status: { code: 401 } })
  })

  it('refuses what is no order, in one line, and knows what it has not armed', async () => {
    const { client, engine } = world()
    await expect(client.post('/v1/faults', { id: 'x' })).rejects.toThrow('not a fault order: fault')
    await expect(client.post('/v1/faults', order({ kind: 'latncy' }))).rejects.toThrow('there is no fault latncy')
    await expect(client.post('/v1/faults', order({ lease: -1 }))).rejects.toThrow('lease')
    await expect(client.post('/v1/faults/nobody/renew')).rejects.toThrow('no fault nobody is armed')
    await expect(client.raw('/v1/nothing')).rejects.toMatchObject({ status: { code: 404 } })
    expect(engine.active).toEqual([])
  })

  it('leads to clusters around the faults, as their administrator', async () => {
    const { client } = world()
    expect(await client.raw('/clusters/d/c/api/v1/nodes?limit=1')).toEqual({
      path: '/api/v1/nodes?limit=1',
      peer: { certificate: { user: 'capstorm', groups: ['system:masters'] } },
    })
    await expect(client.raw('/clusters/d/other/version')).rejects.toMatchObject({ status: { code: 404 } })
  })

  it('heals what nobody renews', async () => {
    const { client, engine, impaired } = world()
    await client.post('/v1/faults', order({ lease: 100 }))
    expect(impaired).toEqual(['kubeletSilent'])
    await eventually(() => engine.active.length === 0)
    expect(impaired).toEqual([])
  })
})

describe('faults ordered from another process', () => {
  it('strike there, and what is decided there is in the journal here', async () => {
    const { client, engine, impaired, journal, clock } = world()
    const remote = await RemoteControl.connect({ client, clock, journal, onError: (error) => expect(error).toBe(0) })
    expect(remote.infrastructure.machines()).toEqual([worker])
    await sleep(clock, 20) // the follower has to follow
    remote.arm(order({}))
    await eventually(() => impaired.length === 1)
    expect(engine.active.map(({ id }) => id)).toEqual(['cycle 1 timeline[0]'])
    remote.renew('cycle 1 timeline[0]')
    remote.heal('cycle 1 timeline[0]', 'scheduled')
    await eventually(() => journal.entries.some(({ event }) => event.type === 'fault.healed'))
    await remote[Symbol.asyncDispose]()
    expect(journal.entries.map(({ event }) => event.type)).toEqual([
      'fault.injected',
      'fault.hit',
      'machine.impaired',
      'machine.healed',
      'fault.healed',
    ])
    expect(journal.entries.at(-1)?.event).toMatchObject({ reason: 'scheduled', hits: 1 })
  })

  it('that are refused there are refused in the journal here', async () => {
    const { client, journal, clock } = world()
    const remote = await RemoteControl.connect({ client, clock, journal, onError: () => {} })
    remote.arm(order({ kind: 'no.such' }))
    await eventually(() => journal.entries.some(({ event }) => event.type === 'fault.refused'))
    expect(remote.active).toEqual([])
    await remote[Symbol.asyncDispose]()
  })
})
