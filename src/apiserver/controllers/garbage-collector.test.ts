import { describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../testing.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
const headers = { 'content-type': 'application/merge-patch+json' }

interface Metadata {
  readonly uid: string
  readonly deletionTimestamp?: string
  readonly finalizers?: readonly string[]
  readonly ownerReferences?: readonly { readonly name: string; readonly blockOwnerDeletion?: boolean }[]
  readonly managedFields?: readonly { readonly manager: string }[]
}

class Graph {
  readonly #server: TestServer = testServer()

  async settle(): Promise<void> {
    await this.#server.clock.advance(1)
  }

  async make(name: string, ownerReferences: object[] = [], finalizers: string[] = [], url = maps): Promise<string> {
    const { status, body } = await this.#server.call('POST', url, {
      body: { metadata: { name, ownerReferences, finalizers } },
    })
    expect(status, body.message).toBe(201)
    return (body['metadata'] as Metadata).uid
  }

  /** Undefined where it is not there. */
  async get(name: string, url = maps): Promise<Metadata | undefined> {
    const { status, body } = await this.#server.call('GET', `${url}/${name}`)
    return status === 200 ? (body['metadata'] as Metadata) : undefined
  }

  async events(): Promise<{ manager: unknown; name: string; reason: string; message: string }[]> {
    const { body } = await this.#server.call('GET', '/api/v1/namespaces/default/events')
    interface Event {
      readonly metadata: Metadata
      readonly involvedObject: { readonly name: string }
      readonly reason: string
      readonly message: string
    }
    return (body['items'] as Event[]).map(({ metadata, involvedObject: { name }, reason, message }) => ({
      manager: metadata.managedFields?.[0]?.manager,
      name,
      reason,
      message,
    }))
  }

  async patch(name: string, metadata: object): Promise<void> {
    await this.#server.call('PATCH', `${maps}/${name}`, { headers, body: { metadata } })
    await this.settle()
  }

  async delete(name: string, propagationPolicy = 'Background'): Promise<void> {
    await this.#server.call('DELETE', `${maps}/${name}?propagationPolicy=${propagationPolicy}`)
    await this.settle()
  }
}

const owner = (name: string, uid: string, blockOwnerDeletion?: boolean): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  name,
  uid,
  ...(blockOwnerDeletion === undefined ? {} : { blockOwnerDeletion }),
})

/** As the garbage collector of kube-controller-manager v1.36.1 leaves the same objects. */
describe('garbage collection', () => {
  it('tells who has an owner in another namespace, which is none', async () => {
    const graph = new Graph()
    await graph.make('other', [], [], '/api/v1/namespaces')
    const uid = await graph.make('far', [], [], '/api/v1/namespaces/other/configmaps')
    await graph.make('lost', [owner('far', uid)])
    await graph.make('orphan', [owner('gone', 'nobody')])
    await graph.settle()
    expect(await graph.get('lost')).toBeUndefined()
    expect(await graph.get('orphan')).toBeUndefined()
    expect(await graph.events()).toEqual([
      {
        manager: 'kube-controller-manager',
        name: 'lost',
        reason: 'OwnerRefInvalidNamespace',
        message: `ownerRef [v1/ConfigMap, namespace: default, name: far, uid: ${uid}] does not exist in namespace "default"`,
      },
    ])
    // Of the cluster, it stays.
    await graph.make('node', [owner('far', uid)], [], '/api/v1/nodes')
    await graph.settle()
    expect(await graph.get('node', '/api/v1/nodes')).toBeDefined()
    expect((await graph.events()).map(({ name }) => name)).toEqual(['lost', 'node'])
  })

  it('keeps what has another owner, also while the first waits for its dependents', async () => {
    const graph = new Graph()
    const [a, b] = [await graph.make('a'), await graph.make('b')]
    await graph.make('c', [owner('a', a, true), owner('b', b)])
    await graph.delete('a', 'Foreground')
    expect(await graph.get('a')).toBeUndefined()
    expect((await graph.get('c'))?.ownerReferences?.map(({ name }) => name)).toEqual(['b'])
  })

  it('waits in the foreground for those that block, and takes the others in the background', async () => {
    const graph = new Graph()
    const a = await graph.make('a')
    await graph.make('blocks', [owner('a', a, true)], ['x.y/z'])
    await graph.make('free', [owner('a', a)], ['x.y/z'])
    await graph.delete('a', 'Foreground')
    expect(await graph.get('a')).toMatchObject({ finalizers: ['foregroundDeletion'] })
    expect((await graph.get('free'))?.deletionTimestamp).toBeDefined()
    await graph.patch('blocks', { ownerReferences: [owner('a', a, false)] })
    expect(await graph.get('a')).toBeUndefined()
    expect(await graph.get('blocks')).toMatchObject({ finalizers: ['x.y/z'] })
  })

  it('ends a circle of objects that wait for each other', async () => {
    const graph = new Graph()
    const a = await graph.make('a')
    const b = await graph.make('b', [owner('a', a, true)])
    await graph.patch('a', { ownerReferences: [owner('b', b, true)] })
    await graph.delete('a', 'Foreground')
    expect([await graph.get('a'), await graph.get('b')]).toEqual([undefined, undefined])
  })

  it('leaves an object of the cluster alone whose owner is in a namespace', async () => {
    const graph = new Graph()
    const a = await graph.make('a')
    await graph.make('role', [owner('a', a)], [], roles)
    await graph.delete('a')
    expect((await graph.get('role', roles))?.ownerReferences).toHaveLength(1)
  })

  it('collects an object that gets an owner which is not there', async () => {
    const graph = new Graph()
    await graph.make('a')
    await graph.patch('a', { ownerReferences: [owner('gone', 'gone')] })
    expect(await graph.get('a')).toBeUndefined()
  })

  it('takes what it removes from whoever manages it', async () => {
    const graph = new Graph()
    const a = await graph.make('a')
    await graph.make('b', [owner('a', a)])
    expect((await graph.get('b'))?.managedFields).toHaveLength(1)
    await graph.delete('a', 'Orphan')
    expect(await graph.get('b')).not.toHaveProperty('managedFields')
  })
})
