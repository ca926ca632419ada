import { describe, expect, it } from 'vitest'
import { testServer, type Answer, type TestServer } from '../testing.ts'

const namespace = '/api/v1/namespaces/default'
const type = 'kubernetes.io/service-account-token'
const secretFor = (account: string): object => ({
  metadata: { name: 'token', annotations: { 'kubernetes.io/service-account.name': account } },
  type,
})

async function withSecret(account = 'builder'): Promise<TestServer & { readonly secret: () => Promise<Answer> }> {
  const made = testServer()
  await made.call('POST', `${namespace}/serviceaccounts`, { body: { metadata: { name: 'builder' } } })
  await made.call('POST', `${namespace}/secrets`, { body: secretFor(account) })
  await made.clock.advance(1)
  return { ...made, secret: () => made.call('GET', `${namespace}/secrets/token`) }
}

const tokenOf = ({ body }: Answer): string =>
  Buffer.from((body['data'] as { token: string }).token, 'base64').toString()

const reviewed = async ({ call }: TestServer, token: string): Promise<unknown> =>
  (await call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token } } })).body['status']

/** As the tokens controller of kube-controller-manager v1.36.1 leaves the same secrets. */
describe('secrets with tokens of service accounts', () => {
  it('are filled, and their tokens stand for the account', async () => {
    const world = await withSecret()
    world.server.publishRootCa('PEM')
    const { body } = await world.secret()
    expect(body['data']).toMatchObject({ namespace: Buffer.from('default').toString('base64') })
    expect(body['metadata']).toMatchObject({
      annotations: { 'kubernetes.io/service-account.uid': expect.any(String) as string },
      managedFields: expect.arrayContaining([
        expect.objectContaining({ manager: 'kube-controller-manager', operation: 'Update' }),
      ]) as unknown,
    })
    const token = tokenOf({ body } as Answer)
    expect(await reviewed(world, token)).toMatchObject({
      authenticated: true,
      user: {
        username: 'system:serviceaccount:default:builder',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      },
    })
    const { status } = await world.call('GET', '/api', { headers: { authorization: `Bearer ${token}` }, peer: {} })
    expect(status).toBe(200)
    const labels = (await world.secret()).body['metadata'] as { labels: object }
    expect(labels.labels).toEqual({ 'kubernetes.io/legacy-token-last-used': '2026-01-01' })
  })

  it('get the authority’s certificate, which stays what it is', async () => {
    const { server, call, clock } = testServer()
    server.publishRootCa('PEM')
    await call('POST', `${namespace}/serviceaccounts`, { body: { metadata: { name: 'builder' } } })
    await call('POST', `${namespace}/secrets`, { body: secretFor('builder') })
    await clock.advance(1)
    const ca = Buffer.from('PEM').toString('base64')
    const { body } = await call('GET', `${namespace}/secrets/token`)
    expect(body['data']).toMatchObject({ 'ca.crt': ca })
    const headers = { 'content-type': 'application/merge-patch+json' }
    await call('PATCH', `${namespace}/secrets/token`, { headers, body: { data: { 'ca.crt': 'eA==' } } })
    await clock.advance(1)
    const again = await call('GET', `${namespace}/secrets/token`)
    expect(again.body['data']).toEqual(body['data'])
  })

  it('end with their account, or where there is none', async () => {
    const world = await withSecret()
    const token = tokenOf(await world.secret())
    await world.call('DELETE', `${namespace}/serviceaccounts/builder`)
    await world.clock.advance(1)
    expect((await world.secret()).status).toBe(404)
    expect(await reviewed(world, token)).toMatchObject({ error: expect.stringContaining('invalidated') as string })
    const other = await withSecret('nobody')
    expect((await other.secret()).status).toBe(404)
  })

  it('are no good once marked, or with another token in them', async () => {
    const world = await withSecret()
    const token = tokenOf(await world.secret())
    const patch = (body: object): Promise<Answer> =>
      world.call('PATCH', `${namespace}/secrets/token`, {
        headers: { 'content-type': 'application/merge-patch+json' },
        body,
      })
    await patch({ metadata: { labels: { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' } } })
    expect(await reviewed(world, token)).toMatchObject({
      error: expect.stringContaining('the token in secret default/token for service account default/builder') as string,
    })
    await patch({ metadata: { labels: null }, data: { token: 'eA==' } })
    expect(await reviewed(world, token)).toMatchObject({ error: expect.stringContaining("server's copy") as string })
    // Where it is taken out, a new one comes.
    await patch({ data: { token: null } })
    await world.clock.advance(1)
    expect(await reviewed(world, tokenOf(await world.secret()))).toMatchObject({ authenticated: true })
  })
})
