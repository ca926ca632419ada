import { describe, expect, it } from 'vitest'
import { RealClock, sleep } from '../base/clock.ts'
import { keyedRandom } from '../base/random.ts'
import { Client, type KindRef } from './client.ts'
import { jsonReply, statusReply, type Handler, type Reply, type WatchEvent } from './handler.ts'
import { Informer } from './informer.ts'
import { failure, type Status } from './status.ts'
import { batchOf, watchEvent } from './watch-codec.ts'

const nodes: KindRef = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false }
const node = (name: string, resourceVersion: string, kind?: string): object => ({
  ...(kind === undefined ? {} : { kind, apiVersion: 'v1' }),
  metadata: { name, uid: name, resourceVersion },
})

/** A watch that sends these batches and stays open until it is closed. */
function stream(...batches: WatchEvent[][]): Reply {
  const closed = Promise.withResolvers<undefined>()
  const next = async (): Promise<ReturnType<typeof batchOf> | undefined> => {
    const batch = batches.shift()
    return batch === undefined ? closed.promise : batchOf(batch)
  }
  return { status: 200, body: { kind: 'watch', stream: { next, close: () => closed.resolve(undefined) } } }
}

const refusal: Status = failure(403, 'Forbidden', 'a watch stream was requested by the client but is disabled').status

function follow(answer: (query: URLSearchParams) => Reply): {
  informer: Informer<never>
  asked: string[]
  seen: string[]
} {
  const asked: string[] = []
  const seen: string[] = []
  const handler: Handler = async ({ request: { query } }) => {
    asked.push(
      query.has('watch')
        ? query.has('sendInitialEvents')
          ? 'watch-list'
          : `watch ${query.get('resourceVersion')}`
        : 'list',
    )
    return answer(query)
  }
  const clock = new RealClock()
  const client = new Client({ handler, clock, userAgent: 'test' })
  const informer = new Informer<never>({ client, kind: nodes, clock, random: keyedRandom(1), name: 'test' })
  informer.listen((change, object) =>
    seen.push(
      `${change} ${(object as { kind: string }).kind} ${(object as { metadata: { name: string } }).metadata.name}`,
    ),
  )
  return { informer, asked, seen }
}

describe('an informer', () => {
  it.each([
    ['by the answer', (): Reply => statusReply(refusal)],
    ['inside the stream', (): Reply => stream([watchEvent('ERROR', refusal)])],
  ])('lists where streaming lists are refused %s, and watches from there', async (_where, refuse) => {
    const { informer, asked, seen } = follow((query) => {
      if (query.has('sendInitialEvents')) return refuse()
      if (query.has('watch')) return stream([watchEvent('ADDED', node('b', '8', 'Node'))])
      return jsonReply(200, { kind: 'NodeList', metadata: { resourceVersion: '7' }, items: [node('a', '5')] })
    })
    await informer.start()
    for (let i = 0; i < 200 && seen.length < 2; i++) await sleep(new RealClock(), 1)
    await informer.close()
    expect(asked).toEqual(['watch-list', 'list', 'watch 7'])
    expect(seen).toEqual(['added Node a', 'added Node b'])
  })

  it('takes what comes in one batch with the end of the initial events', async () => {
    const end = {
      kind: 'Node',
      metadata: { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } },
    }
    const { informer, seen } = follow(() =>
      stream([
        watchEvent('ADDED', node('a', '5', 'Node')),
        watchEvent('BOOKMARK', end),
        watchEvent('DELETED', node('a', '8', 'Node')),
      ]),
    )
    await informer.start()
    await informer.close()
    expect(seen).toEqual(['added Node a', 'deleted Node a'])
  })
})
