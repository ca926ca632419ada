import { expect, it } from 'vitest'
import { silentLog } from '../base/log.ts'
import { keyedRandom } from '../base/random.ts'
import { SimClock } from '../base/sim-clock.ts'
import { sleep } from '../base/clock.ts'
import { ResourceRegistry } from '../apiserver/registry.ts'
import { builtInResources } from '../apiserver/resources/catalogue.ts'
import { leases } from '../apiserver/resources/leases.ts'
import { ApiServer } from '../apiserver/server.ts'
import { Client } from '../kube/client.ts'
import type { Handler } from '../kube/handler.ts'
import { leadership } from './leader-election.ts'

it('one leads; another waits until the lease has not been renewed for its duration; who can’t renew has lost it', async () => {
  const clock = new SimClock()
  const server = new ApiServer({
    name: 'election',
    clock,
    random: keyedRandom(1),
    registry: new ResourceRegistry(builtInResources),
    defer: queueMicrotask,
    trusted: true,
  })
  const candidate = (handler: Handler, identity: string, stop: AbortController) =>
    leadership({
      client: new Client({ handler, clock, userAgent: identity }),
      clock,
      namespace: 'n',
      identity,
      signal: stop.signal,
      log: silentLog,
    })
  const story: string[] = []
  const at = (): string => `${Math.round(clock.now() / 1000)}s`
  const work = async (): Promise<void> => {
    server.store.create((await import('../apiserver/resources/namespaces.ts')).namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'n' },
      status: { phase: 'Active' },
    })
    let reachable = true
    const flaky: Handler = (exchange) =>
      reachable ? server.handler(exchange) : Promise.reject(new Error('unreachable'))
    const first = await candidate(flaky, 'first', new AbortController())
    story.push(`first leads at ${at()}`)
    void first.lost.then(() => story.push(`first has lost it at ${at()}`))
    const stop = new AbortController()
    const second = candidate(server.handler, 'second', stop).then((election) => {
      story.push(`second leads at ${at()}`)
      return election
    })
    await sleep(clock, 60_000)
    reachable = false
    const { lost } = await second
    stop.abort()
    await lost
  }
  await clock.run(work())
  expect(story).toEqual(['first leads at 0s', 'first has lost it at 68s', 'second leads at 74s'])
  expect(server.store.get(leases, 'n/controller-leader-election-capstorm')?.value.spec).toMatchObject({
    holderIdentity: 'second',
    leaseTransitions: 1,
  })
})
