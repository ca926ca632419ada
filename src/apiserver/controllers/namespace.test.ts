import { describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../testing.ts'

const root = '/api/v1/namespaces'
const headers = { 'content-type': 'application/merge-patch+json' }
const settled = (): Promise<void> => new Promise(setImmediate)

async function withNamespace(): Promise<TestServer> {
  const server = testServer()
  await server.call('POST', root, { body: { metadata: { name: 'n' } } })
  return server
}

async function remaining({ call }: TestServer): Promise<string[] | number> {
  const { status, body } = await call('GET', `${root}/n`)
  if (status !== 200) return status
  const { phase, conditions } = body['status'] as { phase: string; conditions: Record<string, string>[] }
  expect(phase).toBe('Terminating')
  return conditions.map(({ type, status, message }) => [type, status, message].join(' '))
}

const fine = [
  'NamespaceDeletionDiscoveryFailure False All resources successfully discovered',
  'NamespaceDeletionGroupVersionParsingFailure False All legacy kube types successfully parsed',
  'NamespaceDeletionContentFailure False All content successfully deleted, may be waiting on finalization',
]

/** As the namespace controller of kube-controller-manager v1.36.1 leaves it. */
describe('a namespace that is being deleted', () => {
  it('says what is left of it and what holds that, and goes with the last of it', async () => {
    const server = await withNamespace()
    const { call } = server
    const make = (resource: string, name: string, finalizers: string[]): ReturnType<typeof call> =>
      call('POST', `${root}/n/${resource}`, { body: { metadata: { name, finalizers } } })
    await make('configmaps', 'a', ['x.y/z', 'q.r/s'])
    await make('configmaps', 'free', [])
    await make('secrets', 's', ['x.y/z'])
    await call('DELETE', `${root}/n`)
    await settled()
    expect(await remaining(server)).toEqual([
      ...fine,
      'NamespaceContentRemaining True Some resources are remaining: configmaps. has 1 resource instances, secrets. has 1 resource instances',
      'NamespaceFinalizersRemaining True Some content in the namespace has finalizers remaining: q.r/s in 1 resource instances, x.y/z in 2 resource instances',
    ])
    const release = async (path: string): Promise<void> => {
      await call('PATCH', `${root}/n/${path}`, { headers, body: { metadata: { finalizers: null } } })
      await settled()
    }
    await release('configmaps/a')
    expect(await remaining(server)).toEqual([
      ...fine,
      'NamespaceContentRemaining True Some resources are remaining: secrets. has 1 resource instances',
      'NamespaceFinalizersRemaining True Some content in the namespace has finalizers remaining: x.y/z in 1 resource instances',
    ])
    const { body } = await call('GET', `${root}/n`)
    const { managedFields } = body['metadata'] as { managedFields: { manager: string; subresource?: string }[] }
    expect(managedFields.map(({ manager, subresource }) => [manager, subresource])).toContainEqual([
      'kube-controller-manager',
      'status',
    ])
    await release('secrets/s')
    expect(await remaining(server)).toBe(404)
  })

  it('loses its pods before anything else', async () => {
    const server = await withNamespace()
    const { call } = server
    const spec = { containers: [{ name: 'c', image: 'i' }] }
    await call('POST', `${root}/n/pods`, { body: { metadata: { name: 'p', finalizers: ['x.y/z'] }, spec } })
    await call('POST', `${root}/n/configmaps`, { body: { metadata: { name: 'a' } } })
    await call('DELETE', `${root}/n`)
    await settled()
    expect((await call('GET', `${root}/n/configmaps/a`)).status).toBe(200)
    expect(await remaining(server)).toEqual([
      ...fine,
      'NamespaceContentRemaining False All content successfully removed',
      'NamespaceFinalizersRemaining False All content-preserving finalizers finished',
    ])
    await call('PATCH', `${root}/n/pods/p`, { headers, body: { metadata: { finalizers: null } } })
    await settled()
    expect(await remaining(server)).toBe(404)
  })
})
