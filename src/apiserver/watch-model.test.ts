import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WatchEvent, WatchStream } from '../kube/handler.ts'
import type { KubeObject } from '../kube/object.ts'
import { testServer } from './testing.ts'

const cm = '/api/v1/namespaces/default/configmaps'
const merge = { 'content-type': 'application/merge-patch+json' }

const names = fc.constantFrom('a', 'b', 'c', 'd')
const write = fc.record({
  what: fc.constantFrom('create' as const, 'relabel' as const, 'touch' as const, 'delete' as const),
  name: names,
  label: fc.constantFrom('x', 'y'),
})
const start = fc.record({
  what: fc.constantFrom('list' as const, 'initial' as const, 'resume' as const),
  selector: fc.constantFrom('', 'l=x', 'l!=x'),
})
const history = fc.array(fc.oneof({ weight: 4, arbitrary: write }, { weight: 1, arbitrary: start }), {
  minLength: 5,
  maxLength: 60,
})

/** A client's cache: what it holds after a list and the events that followed. */
class Follower {
  readonly selector: string
  readonly #objects: Map<string, string>
  readonly #stream: WatchStream
  readonly #marked: boolean
  #revision: number
  #synced = false
  bookmarks = 0

  constructor(selector: string, objects: Map<string, string>, revision: number, stream: WatchStream, marked: boolean) {
    this.selector = selector
    this.#objects = objects
    this.#revision = revision
    this.#stream = stream
    this.#marked = marked
  }

  /** Takes in everything that is there; each event must be one that this client can be sent. */
  async drain(): Promise<void> {
    for (;;) {
      const batch = await Promise.race([
        this.#stream.next(),
        new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined))),
      ])
      if (batch === undefined) return
      for (const event of batch.events) this.#take(event)
    }
  }

  #take({ type, object }: WatchEvent): void {
    const { metadata } = object as KubeObject
    const revision = Number(metadata.resourceVersion)
    if (type === 'BOOKMARK') {
      expect(revision).toBeGreaterThanOrEqual(this.#revision)
      if (metadata.annotations?.['k8s.io/initial-events-end'] === 'true') this.#synced = true
      this.bookmarks++
      this.#revision = revision
      return
    }
    const isState = this.#marked && !this.#synced
    if (!isState) expect(revision, 'ordered and unique').toBeGreaterThan(this.#revision)
    if (!isState) this.#revision = revision
    const held = this.#objects.has(metadata.name)
    if (type === 'ADDED') expect(held, 'added once').toBe(false)
    else expect(held, `${type} of something that is held`).toBe(true)
    if (type === 'DELETED') this.#objects.delete(metadata.name)
    else {
      expect(matches(this.selector, metadata.labels?.['l']), 'filtered').toBe(true)
      this.#objects.set(metadata.name, String(metadata.resourceVersion))
    }
  }

  get state(): object {
    return Object.fromEntries([...this.#objects].sort())
  }
}

const matches = (selector: string, label: string | undefined): boolean =>
  selector === '' || (selector === 'l=x' ? label === 'x' : label !== 'x')

describe('a watch', () => {
  it('keeps any client, started at any time in any way, at the state of the server', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        const { call, server } = testServer(1000)
        const followers: Follower[] = []
        const revisions = [server.store.revision]
        const list = async (selector: string, at = ''): Promise<[Map<string, string>, number]> => {
          const { body } = await call('GET', `${cm}?labelSelector=${encodeURIComponent(selector)}${at}`)
          const items = body['items'] as { metadata: { name: string; resourceVersion: string } }[]
          const revision = Number((body['metadata'] as { resourceVersion: string }).resourceVersion)
          return [new Map(items.map(({ metadata }) => [metadata.name, metadata.resourceVersion])), revision]
        }
        const watch = async (query: string): Promise<WatchStream> => {
          const { reply } = await call('GET', `${cm}?watch=true&allowWatchBookmarks=true&${query}`)
          if (reply.body.kind !== 'watch') throw new Error(`answered ${reply.status}`)
          return reply.body.stream
        }
        for (const step of steps) {
          if ('selector' in step) {
            const { selector } = step
            const labels = `labelSelector=${encodeURIComponent(selector)}`
            if (step.what === 'initial') {
              const stream = await watch(`${labels}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`)
              followers.push(new Follower(selector, new Map(), 0, stream, true))
              continue
            }
            // From now, or from any revision of the past, with the list as it was then.
            const old = revisions[Math.floor(revisions.length / 2)] as number
            const [objects, revision] =
              step.what === 'list'
                ? await list(selector)
                : await list(selector, `&resourceVersion=${old}&resourceVersionMatch=Exact`)
            followers.push(
              new Follower(selector, objects, revision, await watch(`${labels}&resourceVersion=${revision}`), false),
            )
            continue
          }
          const { what, name, label } = step
          const body = { metadata: { name, labels: { l: label } } }
          if (what === 'create') await call('POST', cm, { body })
          else if (what === 'delete') await call('DELETE', `${cm}/${name}`)
          else
            await call('PATCH', `${cm}/${name}`, {
              headers: merge,
              body:
                what === 'relabel' ? { metadata: { labels: { l: label } } } : { data: { n: String(revisions.length) } },
            })
          revisions.push(server.store.revision)
        }
        for (const follower of followers) {
          await follower.drain()
          const [objects] = await list(follower.selector)
          expect(follower.state).toEqual(Object.fromEntries([...objects].sort()))
        }
        server.close()
      }),
      { numRuns: 120 },
    )
  })
})
