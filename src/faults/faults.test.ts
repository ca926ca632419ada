import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testServer } from '../apiserver/testing.ts'
import { keyedRandom } from '../base/random.ts'
import { SimClock } from '../base/sim-clock.ts'
import { UsageError } from '../base/usage-error.ts'
import { YamlDocument } from '../base/yaml-document.ts'
import { Client } from '../kube/client.ts'
import type { Handler } from '../kube/handler.ts'
import { parseRequest } from '../kube/request.ts'
import type { Infrastructure } from './infrastructure.ts'
import { compileMatch } from './match.ts'
import { readPlan } from './plan-file.ts'
import type { FaultPlan } from './plan.ts'
import { PlanRunner } from './runner.ts'
import { Sampler } from './sampler.ts'
import { resolveTarget } from './targets.ts'
import { incident, testEngine } from './testing.ts'

const head = 'apiVersion: capstorm.dev/v1alpha1\nkind: FaultPlan\nmetadata: {name: p}\n'
const plan = (spec: string): FaultPlan => readPlan(new YamlDocument('plan.yaml', `${head}spec:\n${spec}`))
const refusal = (spec: string): string => {
  try {
    plan(spec)
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  throw new Error('the plan was accepted')
}

describe('a bad plan is refused with its place and what to do', () => {
  it.each([
    [
      'unknown key',
      '  seeds: 1\n  timeline: [{wait: 1s}]\n',
      /^plan\.yaml:5:3: spec\.seeds: unknown key "seeds"; did you mean "seed"\?$/,
    ],
    [
      'unknown fault',
      '  timeline:\n    - {inject: [{latecy: {delay: 1s}}], for: 1s}\n',
      /^plan\.yaml:6:18: .*unknown fault "latecy"; did you mean "latency"\?$/,
    ],
    [
      'unknown parameter',
      '  timeline:\n    - {inject: [{latency: {dely: 1s}}], for: 1s}\n',
      /^plan\.yaml:6:28: .*unknown key "dely"/,
    ],
    [
      'missing unit',
      '  timeline:\n    - {inject: [{latency: {delay: 250}}], for: 1s}\n',
      /^plan\.yaml:6:35: .*a duration needs a unit, got 250; write for example 250s$/,
    ],
    ['negative duration', '  timeline: [{wait: -5s}]\n', /^plan\.yaml:5:21: .*a duration cannot be negative: "-5s"/],
    [
      'percentage without its sign',
      '  targets: {t: {plane: workload, pick: {percent: "20"}}}\n  timeline: [{wait: 1s}]\n',
      /^plan\.yaml:5:50: .*not a percentage: "20"; write "20%"$/,
    ],
    [
      'rate without its sign',
      '  timeline:\n    - {inject: [{latency: {delay: 1s}, sample: {rate: "20"}}], for: 1s}\n',
      /not a fraction: "20"; write "20%" or a number from 0 to 1$/,
    ],
    [
      'unknown target',
      '  targets: {all: {plane: workload}}\n  timeline:\n    - {inject: [{latency: {delay: 1s}, target: al}], for: 1s}\n',
      /^plan\.yaml:7:48: .*unknown target "al"; did you mean "all"\?$/,
    ],
    [
      'empty selection',
      '  targets: {t: {plane: workload, pick: {count: 0}}}\n  timeline: [{wait: 1s}]\n',
      /^plan\.yaml:5:48: .*an empty selection: count must be at least 1$/,
    ],
    [
      'the same name twice in a map',
      '  targets: {t: {plane: workload}, t: {plane: workload}}\n  timeline: [{wait: 1s}]\n',
      /^plan\.yaml:5:35: this name is already used in the same map/,
    ],
    [
      'overlapping names',
      '  targets: {latency: {plane: workload}}\n  timeline: [{wait: 1s}]\n',
      /^plan\.yaml:5:13: .*overlapping names: "latency" is already a fault kind/,
    ],
    [
      'for beyond the safety limit',
      '  safety: {maxFaultDuration: 1m}\n  timeline:\n    - {inject: [{latency: {delay: 1s}}], for: 2m}\n',
      /^plan\.yaml:7:47: .*2m exceeds safety\.maxFaultDuration, 1m/,
    ],
    [
      'no end',
      '  timeline:\n    - {inject: [{latency: {delay: 1s}}]}\n',
      /a fault that is injected needs an end; add for: 30s$/,
    ],
    [
      'unknown step',
      '  timeline: [{injct: []}]\n',
      /^plan\.yaml:5:15: .*unknown step "injct"; did you mean "inject"\?$/,
    ],
    [
      'machine fault on traffic',
      '  timeline:\n    - {inject: [{machine.vanish: {}}], for: 1s}\n',
      /machine\.vanish strikes machines, and its target is missing/,
    ],
    [
      'bad cron',
      '  timeline: [{cron: "61 * * * *", do: {wait: 1s}}]\n',
      /^plan\.yaml:5:21: .*not a cron schedule: "61 \* \* \* \*"/,
    ],
    ['not YAML', '  timeline: [\n', /^plan\.yaml:\d+:\d+: not YAML/],
    ['no file', '', /./],
  ])('%s', (name, spec, expected) => {
    const message = name === 'no file' ? missing() : refusal(spec)
    expect(message).toMatch(
      name === 'no file' ? /^\/nowhere\/p\.yaml: cannot be read: there is no such file/ : expected,
    )
    expect(message).not.toContain('\n')
  })
})

function missing(): string {
  try {
    YamlDocument.read('/nowhere/p.yaml')
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

describe('Sampler', () => {
  it('gives each unit the same decisions however units interleave', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c')), fc.nat(1000), (order, seed) => {
        const decide = (units: readonly string[]): Record<string, boolean[]> => {
          const sampler = new Sampler(keyedRandom(seed), 'fault', { rate: 0.4 })
          const seen: Record<string, boolean[]> = {}
          for (const unit of units) (seen[unit] ??= []).push(sampler.decide(unit).hit)
          return seen
        }
        expect(decide(order)).toEqual(decide([...order].sort()))
      }),
    )
  })

  it.each([
    [{ first: 2 }, '110000'],
    [{ every: 3 }, '001001'],
    [{ after: 4 }, '000011'],
    [{ max: 3 }, '111000'],
    [{ after: 1, every: 2, max: 2 }, '001010'],
  ])('%j hits %s', (sample, expected) => {
    const sampler = new Sampler(keyedRandom(1), 'fault', sample)
    expect([...expected].map(() => (sampler.decide('unit').hit ? '1' : '0')).join('')).toBe(expected)
  })
})

describe('targets', () => {
  const infrastructure = (clusters: number, machines = 0): Infrastructure => ({
    clusters: () =>
      Array.from({ length: clusters }, (_, i) => ({
        namespace: 'd',
        name: `c${i}`,
        labels: { tier: i % 2 === 0 ? 'dev' : 'prod' },
      })),
    machines: () =>
      Array.from({ length: machines }, (_, i) => ({
        cluster: `d/c${i % clusters}`,
        name: `m${i}`,
        role: i % 3 === 0 ? 'control-plane' : 'worker',
        labels: {},
      })),
    impair: () => ({ [Symbol.dispose]() {} }),
    onBoot: () => ({ [Symbol.dispose]() {} }),
  })
  const resolve = (selector: string, world: Infrastructure): ReturnType<typeof resolveTarget> =>
    resolveTarget(plan(`  targets: {t: ${selector}}\n  timeline: [{wait: 1s}]\n`), 't', world, keyedRandom(3), 'x')

  it('takes percentages down, but at least one', () => {
    expect(resolve('{plane: workload, pick: {percent: 20}}', infrastructure(9)).clusters.length).toBe(1)
    expect(resolve('{plane: workload, pick: {percent: 50}}', infrastructure(9)).clusters.length).toBe(4)
    expect(resolve('{plane: workload, clusters: {labels: {tier: dev}}}', infrastructure(4)).clusters).toEqual([
      'd/c0',
      'd/c2',
    ])
  })

  it('selects machines by role and cluster', () => {
    const { machines } = resolve('{plane: machine, role: worker, clusters: {names: [c1]}}', infrastructure(2, 12))
    expect(machines.every(({ cluster, role }) => cluster === 'd/c1' && role === 'worker')).toBe(true)
    expect(machines.length).toBeGreaterThan(0)
  })

  it('keeps earlier picks when the set grows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 20 }), (size) => {
        const before = resolve('{plane: workload, pick: {count: 2}}', infrastructure(size)).clusters
        const after = resolve('{plane: workload, pick: {count: 2}}', infrastructure(size + 1)).clusters
        expect(before.filter((cluster) => after.includes(cluster)).length).toBeGreaterThanOrEqual(1)
      }),
    )
  })
})

describe('match', () => {
  const selects = (match: object, method: string, url: string, headers: Record<string, string> = {}): boolean => {
    let hit = false
    const handler: Handler = async (exchange) => {
      hit = compileMatch(
        { streams: 'both', ...match },
        { core: { userAgent: 'capi-core*' }, ms: { fieldManager: 'capi-machineset' } },
        { protect: [{ resources: ['leases.coordination.k8s.io'] }] },
      )(exchange)
      return { status: 200, body: { kind: 'empty' } }
    }
    void handler({
      request: parseRequest(method, url),
      headers,
      body: { read: async () => Buffer.alloc(0) },
      peer: {},
      signal: new AbortController().signal,
    })
    return hit
  }

  it.each([
    [{ verbs: ['read'] }, 'GET', '/api/v1/nodes', {}, true],
    [{ verbs: ['write'] }, 'GET', '/api/v1/nodes', {}, false],
    [{ verbs: ['write'] }, 'PATCH', '/api/v1/nodes/n', {}, true],
    [{ resources: ['machines.cluster.x-k8s.io'] }, 'GET', '/apis/cluster.x-k8s.io/v1beta2/machines', {}, true],
    [{ resources: ['machines'] }, 'GET', '/apis/cluster.x-k8s.io/v1beta2/machines', {}, false],
    [{ resources: ['nodes'] }, 'PATCH', '/api/v1/nodes/n/status', {}, true],
    [{ resources: ['nodes/status'] }, 'PATCH', '/api/v1/nodes/n', {}, false],
    [{ resources: ['nonResource:/'] }, 'GET', '/', {}, true],
    [{ namespaces: ['a'] }, 'GET', '/api/v1/namespaces/b/pods', {}, false],
    [{ client: 'core' }, 'GET', '/api/v1/nodes', { 'user-agent': 'capi-core/v1 (x)' }, true],
    [{ client: 'ms' }, 'PATCH', '/api/v1/nodes/n?fieldManager=capi-machineset', {}, true],
    [{}, 'PUT', '/apis/coordination.k8s.io/v1/namespaces/k/leases/l', {}, false],
  ])('%j on %s %s', (match, method, url, headers, expected) =>
    expect(selects(match, method, url, headers as Record<string, string>)).toBe(expected),
  )
})

describe('engine', () => {
  const client = (handler: Handler, clock: SimClock): Client =>
    new Client({
      handler,
      clock,
      userAgent: 'test/1',
      peer: { certificate: { user: 'a', groups: ['system:masters'] } },
    })
  const nodes = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false }

  it('holds a request for its delay, and no other', async () => {
    const { server, clock } = testServer()
    const { engine } = testEngine(clock)
    engine.arm(incident('latency', { delay: '5s' }))
    let answered = false
    void client(engine.around('c', server.handler), clock)
      .list(nodes)
      .then(() => (answered = true))
    await client(engine.around('other', server.handler), clock).list(nodes)
    await clock.advance(4_999)
    expect(answered).toBe(false)
    await clock.advance(1)
    expect(answered).toBe(true)
  })

  it.each([
    [{ code: 503 }, 503, 'ServiceUnavailable', '1'],
    [{ shape: 'etcd', code: 500 }, 500, undefined, undefined],
  ])('answers %j with a Status', async (spec, status, reason, retryAfter) => {
    const { server, clock } = testServer()
    const { engine } = testEngine(clock)
    engine.arm(incident('http.error', spec))
    const reply = await engine.around(
      'c',
      server.handler,
    )({
      request: parseRequest('GET', '/api/v1/nodes'),
      headers: {},
      body: { read: async () => Buffer.alloc(0) },
      peer: {},
      signal: new AbortController().signal,
    })
    expect(reply.status).toBe(status)
    expect(reply.headers?.['retry-after']).toBe(retryAfter)
    const body = JSON.parse((reply.body as { value: { bytes(): Buffer } }).value.bytes().toString()) as {
      reason?: string
      message: string
    }
    expect(body.reason).toBe(reason)
    if (reason === undefined) expect(body.message).toBe('etcdserver: leader changed')
  })

  it('rejects as API priority and fairness does: text, Retry-After, no Status', async () => {
    const { server, clock } = testServer()
    const { engine } = testEngine(clock)
    engine.arm(incident('http.error', { shape: 'apf', code: 429, retryAfter: '3s' }))
    const reply = await engine.around(
      'c',
      server.handler,
    )({
      request: parseRequest('GET', '/api/v1/nodes'),
      headers: {},
      body: { read: async () => Buffer.alloc(0) },
      peer: {},
      signal: new AbortController().signal,
    })
    expect(reply).toMatchObject({
      status: 429,
      headers: { 'content-type': 'text/plain; charset=utf-8', 'retry-after': '3', 'x-content-type-options': 'nosniff' },
    })
    expect((reply.body as { bytes: Buffer }).bytes.toString()).toBe('Too many requests, please try again later.\n')
  })

  it('expires open watches in the stream, and they end', async () => {
    const { server, clock } = testServer()
    const { engine, journal } = testEngine(clock)
    const stream = await client(engine.around('c', server.handler), clock).watch(
      nodes,
      { sendInitialEvents: true },
      new AbortController().signal,
    )
    await stream.next()
    const next = stream.next()
    engine.arm(incident('watch.expire'))
    const batch = await next
    expect(batch?.events).toMatchObject([{ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } }])
    expect(await stream.next()).toBeUndefined()
    expect(server.watchCount).toBe(0)
    expect(journal.entries.filter(({ event }) => event.type === 'fault.hit').length).toBe(1)
  })

  it.each(['close', 'resume', 'expire'])('hangs a watch and, on stop, does %s', async (onStop) => {
    const { server, clock } = testServer()
    const { engine } = testEngine(clock)
    const handler = engine.around('c', server.handler)
    const stream = await client(handler, clock).watch(nodes, { sendInitialEvents: true }, new AbortController().signal)
    await stream.next()
    engine.arm(incident('watch.hang', { onStop }))
    let seen: unknown = 'nothing'
    void stream.next().then((batch) => (seen = batch?.events.map(({ type }) => type)))
    await client(server.handler, clock).create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' } })
    await clock.advance(10_000)
    expect(seen).toBe('nothing')
    engine.heal('watch.hang 1', 'scheduled')
    await clock.advance(1)
    expect(seen).toEqual({ close: undefined, resume: ['ADDED'], expire: ['ERROR'] }[onStop])
  })

  it('samples streams, not events: the dice are rolled once per stream', async () => {
    const { server, clock } = testServer()
    const { engine } = testEngine(clock)
    const handler = engine.around('c', server.handler)
    for (let i = 0; i < 40; i++)
      await client(handler, clock).watch(nodes, { sendInitialEvents: true }, new AbortController().signal)
    engine.arm(incident('watch.close', {}, { sample: { rate: 0.5 } }))
    expect(engine.totals.get('watch.close')).toMatchObject({ eligible: 40 })
    expect(engine.streamCount).toBeGreaterThan(8)
    expect(engine.streamCount).toBeLessThan(32)
    expect(engine.streamCount).toBe(40 - (engine.totals.get('watch.close')?.hits ?? 0))
  })
})

describe('runner', () => {
  async function walk(
    spec: string,
    horizon = 3_600_000,
    probe: () => 'true' | 'false' = () => 'true',
  ): Promise<string[]> {
    const clock = new SimClock()
    const seen: string[] = []
    const runner = new PlanRunner({
      plan: plan(spec),
      clock,
      random: keyedRandom(1),
      horizon,
      cycle: 1,
      injector: {
        inject(fault) {
          seen.push(`${clock.now()} + ${fault.kind}`)
          return { renew() {}, heal: (reason) => void seen.push(`${clock.now()} - ${fault.kind} ${reason}`) }
        },
        probe: async () => probe(),
        trigger: (_step, fired) => void seen.push(`${clock.now()} fired ${fired}`),
        mark: (label) => void seen.push(`${clock.now()} # ${label}`),
        healAll: () => void seen.push(`${clock.now()} heal`),
      },
    })
    await clock.run(runner.run(new AbortController().signal))
    return seen
  }
  const latency = '{inject: [{latency: {delay: 1s}}], for: 10s}'

  it('runs sequences after and parallels beside each other', async () => {
    expect(
      await walk(
        `  timeline:\n    - parallel: [${latency}, {sequence: [{wait: 2s}, {mark: two}]}]\n    - ${latency}\n`,
      ),
    ).toEqual([
      '0 + latency',
      '2000 # two',
      '10000 - latency scheduled',
      '10000 + latency',
      '20000 - latency scheduled',
      '20000 heal',
    ])
  })

  it('repeats at its pace, whatever a round takes', async () => {
    expect(await walk(`  timeline: [{repeat: {times: 3, every: 30s}, do: ${latency}}]\n`)).toEqual([
      '0 + latency',
      '10000 - latency scheduled',
      '30000 + latency',
      '40000 - latency scheduled',
      '60000 + latency',
      '70000 - latency scheduled',
      '70000 heal',
    ])
  })

  it('fires cron schedules by its own clock', async () => {
    const seen = await walk(`  timeline: [{cron: "*/5 * * * *", for: 16m, do: {mark: tick}}]\n`)
    expect(seen).toEqual(['300000 # tick', '600000 # tick', '900000 # tick', '900000 heal'])
  })

  it('heals at the horizon', async () => {
    expect(await walk(`  timeline: [${latency}]\n`, 4_000)).toEqual(['0 + latency', '4000 - latency heal', '4000 heal'])
  })

  it('says when a waitFor never fired', async () => {
    const wait = '  timeline: [{waitFor: {k8s: {gvr: nodes, exists: true}}, timeout: 3s}]\n'
    expect(await walk(wait, 60_000, () => 'false')).toEqual(['3000 fired false', '3000 heal'])
    expect(await walk(wait, 60_000)).toEqual(['0 fired true', '0 heal'])
  })
})
