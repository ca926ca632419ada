import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WatchEvent, WatchStream } from '../kube/handler.ts'
import type { KubeObject } from '../kube/object.ts'
import { assert } from '../base/assert.ts'
import { hasObjects } from './definition.ts'
import { builtInResources } from './resources/catalogue.ts'
import { testServer, widgets, type TestServer } from './testing.ts'

const everywhere = '/apis/example.dev/v1/widgets'
const root = '/apis/example.dev/v1/namespaces/default/widgets'
const widget = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: 'example.dev/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'default', labels },
  spec: {},
})

const open = (server: TestServer, query: string, path = root): Promise<WatchStream> =>
  openAt(server, `${path}?watch=true&${query}`)

async function openAt({ call }: TestServer, url: string): Promise<WatchStream> {
  const { reply, status } = await call('GET', url)
  if (reply.body.kind !== 'watch') throw new Error(`no watch: ${status}`)
  return reply.body.stream
}

/** Everything that is there now; the stream stays open. */
async function drain(server: TestServer, stream: WatchStream): Promise<WatchEvent[]> {
  const events: WatchEvent[] = []
  let done = false
  const reading = (async () => {
    for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
      events.push(...batch.events)
      if (done) return
    }
  })()
  await server.clock.advance(1)
  done = true
  void reading
  return events
}

const brief = (events: readonly WatchEvent[]): string[] =>
  events.map(({ type, object }) => `${type} ${(object as KubeObject).metadata.name ?? ''}`.trim())

describe('watch', () => {
  it('sends the state first, marks its end, then follows', async () => {
    const server = testServer()
    await server.client.create(widgets, widget('a'))
    const stream = await open(
      server,
      'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true&resourceVersion=1',
    )
    await server.client.create(widgets, widget('b'))
    await server.client.delete(widgets, 'default', 'a')
    const events = await drain(server, stream)
    expect(brief(events)).toEqual(['ADDED a', 'BOOKMARK', 'ADDED b', 'DELETED a'])
    expect((events[1]?.object as KubeObject).metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
  })

  it('bookmarks of a built-in kind are objects of it, with what Go prints of an empty one', async () => {
    const server = testServer()
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const stream = await open(server, query, '/api/v1/namespaces/default/pods')
    const [bookmark] = await drain(server, stream)
    const { metadata, ...empty } = bookmark?.object as KubeObject
    expect(metadata.annotations).toEqual({ 'k8s.io/initial-events-end': 'true' })
    expect(empty).toEqual({ kind: 'Pod', apiVersion: 'v1', spec: { containers: null }, status: {} })
    const [blank] = await drain(server, await open(server, query, '/apis/apps/v1/namespaces/default/deployments'))
    expect(blank?.object).toMatchObject({ kind: 'Deployment', spec: { replicas: 0, selector: null } })
  })

  it('begins at a path of the old form too, of one object if it has a name', async () => {
    const server = testServer()
    for (const name of ['a', 'b']) await server.client.create(widgets, widget(name))
    const old = '/apis/example.dev/v1/watch/namespaces/default/widgets'
    expect(brief(await drain(server, await openAt(server, old)))).toEqual(['ADDED a', 'ADDED b'])
    expect(brief(await drain(server, await openAt(server, `${old}/b`)))).toEqual(['ADDED b'])
  })

  it('resumes from any revision in its window and expires below it, in the stream', async () => {
    const server = testServer(4)
    for (const name of ['a', 'b', 'c']) await server.client.create(widgets, widget(name))
    const from = (await server.client.get(widgets, 'default', 'b')).metadata.resourceVersion
    expect(brief(await drain(server, await open(server, `resourceVersion=${from}`)))).toEqual(['ADDED c'])
    for (let i = 0; i < 20; i++) await server.client.patch(widgets, 'default', 'a', { spec: { i } })
    const [event] = await drain(server, await open(server, `resourceVersion=${from}`))
    expect(event).toMatchObject({
      type: 'ERROR',
      object: {
        code: 410,
        reason: 'Expired',
        message: expect.stringMatching(/^too old resource version: \d+ \(\d+\)$/) as string,
      },
    })
  })

  it('refuses a revision from the future', async () => {
    const server = testServer()
    const { status, body } = await server.call(
      'GET',
      `${root}?watch=true&resourceVersion=999&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
    )
    expect(status).toBe(504)
    expect(body.message).toContain('Too large resource version')
  })

  it('says nothing before a revision from the future', async () => {
    const server = testServer()
    await server.client.create(widgets, widget('first'))
    const stream = await open(server, `resourceVersion=${server.server.store.revision + 1}`)
    await server.client.create(widgets, widget('a'))
    await server.client.create(widgets, widget('b'))
    expect(brief(await drain(server, stream))).toEqual(['ADDED b'])
  })

  it('marks the end of the state for whoever takes bookmarks, asked for or not', async () => {
    const server = testServer()
    await server.client.create(widgets, widget('a'))
    for (const query of ['allowWatchBookmarks=true', 'allowWatchBookmarks=true&resourceVersion=0'])
      expect(await drain(server, await open(server, query))).toMatchObject([
        { type: 'ADDED' },
        { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
      ])
  })

  it('has the options of a list on the path of old', async () => {
    const { call } = testServer()
    const answers = ['sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=1', 'continue=x']
    const all = await Promise.all(answers.map((query) => call('GET', `/apis/example.dev/v1/watch/widgets?${query}`)))
    expect(all.map(({ status }) => status)).toEqual([422, 200])
  })

  it('of one object by its path is refused another selector than that of its name', async () => {
    const server = testServer()
    const path = '/apis/example.dev/v1/watch/namespaces/default/widgets/a'
    await server.client.create(widgets, widget('a'))
    await server.client.create(widgets, widget('b'))
    expect(brief(await drain(server, await open(server, 'fieldSelector=metadata.name=a', path)))).toEqual(['ADDED a'])
    expect((await server.call('GET', `${path}?fieldSelector=metadata.name=b`)).body.message).toBe(
      "fieldSelector metadata.name doesn't match requested name",
    )
  })

  it('chooses its form before its options, and a stream behind them', async () => {
    const { call } = testServer()
    const yaml = { headers: { accept: 'application/yaml' } }
    const status = async (query: string): Promise<number> => (await call('GET', `${root}?watch=1${query}`, yaml)).status
    expect([await status('&timeoutSeconds=x'), await status('&resourceVersion=x'), await status('')]).toEqual([
      400, 500, 406,
    ])
  })

  it('begins now where it wants neither what is there nor a revision', async () => {
    const server = testServer()
    await server.client.create(widgets, widget('a'))
    const stream = await open(server, 'sendInitialEvents=false&resourceVersionMatch=NotOlderThan')
    await server.client.create(widgets, widget('b'))
    expect(brief(await drain(server, stream))).toEqual(['ADDED b'])
  })

  it('shows a pod that ends with none of its grace left, and then gone', async () => {
    const server = testServer()
    const pods = '/api/v1/namespaces/default/pods'
    await server.call('POST', pods, {
      body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } },
    })
    const from = server.server.store.revision
    const { body } = await server.call('DELETE', `${pods}/p`)
    const events = await drain(server, await open(server, `resourceVersion=${from}`, pods))
    expect(brief(events)).toEqual(['MODIFIED p', 'DELETED p'])
    for (const { object } of [...events, { object: body }])
      expect(object).toMatchObject({ metadata: { generation: 2, deletionGracePeriodSeconds: 0 } })
  })

  it('says ADDED when an object enters the selection and DELETED when it leaves', async () => {
    const server = testServer()
    const stream = await open(server, 'labelSelector=on=yes&resourceVersion=1')
    await server.client.create(widgets, widget('a'))
    await server.client.patch(widgets, 'default', 'a', { metadata: { labels: { on: 'yes' } } })
    await server.client.patch(widgets, 'default', 'a', { spec: { i: 1 } })
    const left = await server.client.patch<KubeObject>(widgets, 'default', 'a', { metadata: { labels: { on: null } } })
    const events = await drain(server, stream)
    expect(brief(events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a'])
    const gone = events[2]?.object as KubeObject
    expect(gone.metadata.labels).toEqual({ on: 'yes' })
    expect(gone.metadata.resourceVersion).toBe(left.metadata.resourceVersion)
  })

  it('sends MODIFIED when deletion begins and DELETED only at the real removal', async () => {
    const server = testServer()
    await server.client.create(widgets, {
      ...widget('a'),
      metadata: { name: 'a', namespace: 'default', finalizers: ['x.dev/f'] },
    })
    const stream = await open(server, `resourceVersion=${server.server.store.revision}`)
    await server.client.delete(widgets, 'default', 'a')
    await server.client.patch(widgets, 'default', 'a', { metadata: { finalizers: null } })
    expect(brief(await drain(server, stream))).toEqual(['MODIFIED a', 'DELETED a'])
  })

  it('shows what goes with its last finalizer as it was stored, and who wrote that as it was written', async () => {
    const server = testServer()
    const held = { ...widget('a'), metadata: { name: 'a', namespace: 'default', finalizers: ['x.dev/f'] } }
    await server.client.create(widgets, held)
    await server.client.delete(widgets, 'default', 'a')
    const stream = await open(server, `resourceVersion=${server.server.store.revision}`)
    const written = await server.client.patch(widgets, 'default', 'a', {
      metadata: { finalizers: null },
      spec: { last: true },
    })
    const [gone] = await drain(server, stream)
    expect(gone).toMatchObject({ type: 'DELETED', object: { metadata: { finalizers: ['x.dev/f'] }, spec: {} } })
    expect((gone?.object as KubeObject).spec).toEqual({})
    expect(written).toMatchObject({ spec: { last: true } })
    expect(written.metadata.finalizers).toBeUndefined()
  })

  it('of every built-in kind may be a table, whose bookmarks have a row', async () => {
    const server = testServer()
    const query = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    for (const definition of builtInResources.filter(hasObjects)) {
      const { group, version, resource } = definition
      const url = `/${group === '' ? 'api' : `apis/${group}`}/${version}/${resource}?watch=true&${query}`
      const accept = 'application/json;as=Table;g=meta.k8s.io;v=v1'
      const { reply } = await server.call('GET', url, { headers: { accept } })
      assert(reply.body.kind === 'watch', `no watch of ${resource}`)
      const events = await drain(server, reply.body.stream)
      const { object } = events.at(-1) as WatchEvent
      expect(object, resource).toMatchObject({ kind: 'Table' })
      expect((object as { rows: { object: object }[] }).rows[0]?.object, resource).toMatchObject({
        metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
      })
    }
  })

  it('ends after timeoutSeconds, and sends a bookmark a minute where asked, and one before the end', async () => {
    const server = testServer()
    const stream = await open(server, 'allowWatchBookmarks=true&timeoutSeconds=100&resourceVersion=1')
    const types: string[] = []
    const ended = (async () => {
      for (let batch = await stream.next(); batch !== undefined; batch = await stream.next())
        types.push(...batch.events.map(({ type }) => type))
    })()
    await server.clock.advance(97_000)
    expect(types).toEqual(['BOOKMARK'])
    await server.clock.advance(1_001)
    expect(types).toEqual(['BOOKMARK', 'BOOKMARK'])
    await server.clock.advance(2_000)
    await ended
    expect(server.server.watchCount).toBe(0)
  })

  it('drops a watcher that falls behind the window instead of buffering for it', async () => {
    const server = testServer(4)
    await server.client.create(widgets, widget('a'))
    const stream = await open(server, `resourceVersion=${server.server.store.revision}`)
    for (let i = 0; i < 50; i++) await server.client.patch(widgets, 'default', 'a', { spec: { i } })
    expect(await stream.next()).toBeUndefined()
    expect(server.server.watchCount).toBe(0)
  })

  it('shares one encoding among watchers at the same place', async () => {
    const server = testServer()
    const [one, two] = [
      await open(server, 'resourceVersion=1', everywhere),
      await open(server, 'resourceVersion=1', everywhere),
    ]
    const pending = [one.next(), two.next()] as const
    await server.client.create(widgets, widget('a'))
    const [first, second] = await Promise.all(pending)
    expect(first).toBe(second)
    expect(first?.bytes().toString()).toMatch(/^\{"type":"ADDED","object":\{"kind":"Widget".*\}\}\n$/)
  })
})

/** One model for every guarantee: after any writes, a watcher's replayed copy is the store, and revisions only grow. */
describe('watch guarantees', () => {
  const operation = fc.record({
    do: fc.constantFrom('create', 'patch', 'label', 'delete'),
    name: fc.constantFrom('a', 'b', 'c', 'd'),
  })

  it.each(['', 'labelSelector=on=yes&'])(
    'replaying %sa watch from any point gives the selected state',
    async (selector) => {
      await fc.assert(
        fc.asyncProperty(fc.array(operation, { maxLength: 30 }), fc.nat(30), async (operations, cut) => {
          const server = testServer(1000)
          const run = async (list: typeof operations): Promise<void> => {
            for (const [index, { do: action, name }] of list.entries()) {
              const done =
                action === 'create'
                  ? server.client.create(widgets, widget(name))
                  : action === 'delete'
                    ? server.client.delete(widgets, 'default', name)
                    : server.client.patch(
                        widgets,
                        'default',
                        name,
                        action === 'label'
                          ? { metadata: { labels: { on: index % 2 === 0 ? 'yes' : 'no' } } }
                          : { spec: { index } },
                      )
              await done.catch(() => {}) // a missing or existing object is part of the game
            }
          }
          await run(operations.slice(0, cut))
          const stream = await open(
            server,
            `${selector}sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
          )
          await run(operations.slice(cut))
          const copy = new Map<string, KubeObject>()
          let revision = 0
          let live = false
          for (const { type, object } of await drain(server, stream)) {
            const { metadata } = object as KubeObject
            if (type === 'BOOKMARK') live = true
            if (live) {
              expect(Number(metadata.resourceVersion)).toBeGreaterThanOrEqual(revision)
              revision = Number(metadata.resourceVersion)
            }
            if (type === 'ADDED') expect(copy.has(metadata.name)).toBe(false)
            if (type === 'MODIFIED') expect(copy.has(metadata.name)).toBe(true)
            if (type === 'DELETED') copy.delete(metadata.name)
            else if (type !== 'BOOKMARK') copy.set(metadata.name, object as KubeObject)
          }
          const { items } = await server.client.list<KubeObject>(widgets, {
            namespace: 'default',
            ...(selector === '' ? {} : { labelSelector: 'on=yes' }),
          })
          expect([...copy.values()].sort((x, y) => (x.metadata.name < y.metadata.name ? -1 : 1))).toEqual(items)
        }),
        { numRuns: 60 },
      )
    },
  )
})
