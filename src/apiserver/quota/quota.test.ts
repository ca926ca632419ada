import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { resourceQuotas } from '../resources/resourcequotas.ts'
import { testServer, type Answer, type TestServer } from '../testing.ts'
import type { Quota } from './quota.ts'

const here = '/api/v1/namespaces/default'

const create = ({ call }: TestServer, resource: string, name: string, body: object = {}): Promise<Answer> =>
  call('POST', `${here}/${resource}`, { body: { metadata: { name }, ...body } })

async function quotaOf(spec: object): Promise<TestServer> {
  const server = testServer()
  expect((await create(server, 'resourcequotas', 'q', { spec })).status).toBe(201)
  return server
}

const used = ({ server }: TestServer): unknown =>
  (server.store.get(resourceQuotas, 'default/q')?.value as Quota).status?.used

const container = (resources: object = {}, name = 'c'): object => ({ name, image: 'i', resources })
const asking = (cpu: string): object => container({ requests: { cpu } })
const pod = (server: TestServer, name: string, ...containers: object[]): Promise<Answer> =>
  create(server, 'pods', name, { spec: { containers } })

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('a resource quota', () => {
  it('says what there is as soon as it is made', async () => {
    const server = testServer()
    await create(server, 'configmaps', 'a')
    await create(server, 'resourcequotas', 'q', {
      spec: { hard: { configmaps: '2', 'count/secrets': '1', pods: '1' } },
    })
    expect(used(server)).toEqual({ configmaps: '1', 'count/secrets': '0', pods: '0' })
  })

  it('is counted by the server, whose that is', async () => {
    const server = await quotaOf({ hard: { configmaps: '5' } })
    const status = { hard: { configmaps: '5' }, used: { configmaps: '0' } }
    await server.call('PATCH', `${here}/resourcequotas/q/status`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { status },
    })
    await create(server, 'configmaps', 'a')
    const { body } = await server.call('GET', `${here}/resourcequotas/q`)
    expect((body['metadata'] as { managedFields: object[] }).managedFields).toContainEqual(
      expect.objectContaining({
        manager: 'kube-apiserver',
        subresource: 'status',
        fieldsV1: { 'f:status': { 'f:used': { 'f:configmaps': {} } } },
      }),
    )
  })

  it('refuses what would be more than it allows, and takes it when something has gone', async () => {
    const server = await quotaOf({ hard: { configmaps: '1' } })
    expect((await create(server, 'configmaps', 'a')).status).toBe(201)
    const { status, body } = await create(server, 'configmaps', 'b')
    expect([status, body.message]).toEqual([
      403,
      'configmaps "b" is forbidden: exceeded quota: q, requested: configmaps=1, used: configmaps=1, limited: configmaps=1',
    ])
    await server.call('DELETE', `${here}/configmaps/a`)
    expect((await create(server, 'configmaps', 'b')).status).toBe(201)
  })

  it('of a computing resource wants to know how much each container takes', async () => {
    const server = await quotaOf({ hard: { 'requests.cpu': '1', 'limits.memory': '1Gi' } })
    const { body } = await pod(server, 'p', container({}, 'x'), container({ requests: { cpu: '1' } }, 'y'))
    expect(body.message).toBe(
      'pods "p" is forbidden: failed quota: q: must specify limits.memory for: x,y; requests.cpu for: x',
    )
  })

  it('adds up what containers ask for', async () => {
    const server = await quotaOf({ hard: { 'requests.cpu': '1', pods: '9' } })
    expect((await pod(server, 'p', asking('600m'))).status).toBe(201)
    expect((await pod(server, 'q', asking('0.5'))).body.message).toContain(
      'exceeded quota: q, requested: requests.cpu=500m, used: requests.cpu=600m, limited: requests.cpu=1',
    )
    expect(used(server)).toEqual({ 'requests.cpu': '600m', pods: '1' })
  })

  it('counts nothing of a dry run', async () => {
    const server = await quotaOf({ hard: { pods: '1' } })
    const dry = await server.call('POST', `${here}/pods?dryRun=All`, {
      body: { metadata: { name: 'p' }, spec: { containers: [container()] } },
    })
    expect([dry.status, used(server)]).toEqual([201, { pods: '0' }])
  })

  it('counts what nobody makes in the end, until somebody counts anew', async () => {
    const server = await quotaOf({ hard: { pods: '5' } })
    await pod(server, 'p', container())
    const revision = (): unknown => server.server.store.get(resourceQuotas, 'default/q')?.revision
    const before = revision()
    const again = await pod(server, 'p', container())
    expect([again.status, used(server), revision() === before]).toEqual([409, { pods: '1' }, false])
  })

  it('counts the pods of its scopes', async () => {
    const server = await quotaOf({ hard: { pods: '1' }, scopes: ['BestEffort'] })
    const statuses = [
      await pod(server, 'a', asking('1')),
      await pod(server, 'b', container()),
      await pod(server, 'c', container()),
    ].map(({ status }) => status)
    expect([statuses, used(server)]).toEqual([[201, 201, 403], { pods: '1' }])
  })

  it('no longer counts pods that are over', async () => {
    const server = await quotaOf({ hard: { pods: '1' } })
    await pod(server, 'a', container())
    await server.call('PATCH', `${here}/pods/a/status`, {
      body: { status: { phase: 'Succeeded' } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect([used(server), (await pod(server, 'b', container())).status]).toEqual([{ pods: '0' }, 201])
  })

  it('counts ports that services are going to have on nodes, when their type changes, too', async () => {
    const server = await quotaOf({ hard: { 'services.nodeports': '1', services: '5' } })
    const ports = [{ port: 80 }]
    await create(server, 'services', 'a', { spec: { ports, type: 'NodePort' } })
    await create(server, 'services', 'b', { spec: { ports } })
    const { body } = await server.call('PATCH', `${here}/services/b`, {
      body: { spec: { type: 'NodePort' } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(body.message).toContain('requested: services.nodeports=1, used: services.nodeports=1')
  })

  it('counts storage by its class', async () => {
    const gold = 'gold.storageclass.storage.k8s.io/requests.storage'
    const server = await quotaOf({ hard: { 'requests.storage': '10Gi', [gold]: '1Gi' } })
    const claim = (name: string, storage: string): Promise<Answer> =>
      create(server, 'persistentvolumeclaims', name, {
        spec: { accessModes: ['ReadWriteOnce'], storageClassName: 'gold', resources: { requests: { storage } } },
      })
    expect((await claim('a', '512Mi')).status).toBe(201)
    expect((await claim('b', '1Gi')).body.message).toContain(`requested: ${gold}=1Gi, used: ${gold}=512Mi`)
  })

  it('knows at all times what there is', async () => {
    const step = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), cpu: fc.integer({ min: 1, max: 900 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const server = await quotaOf({ hard: { pods: '3', 'requests.cpu': '1' } })
        const there = new Map<string, number>()
        for (const { name, cpu } of steps) {
          if (there.delete(name)) await server.call('DELETE', `${here}/pods/${name}`)
          else {
            const all = [...there.values(), cpu]
            const fits = all.length <= 3 && all.reduce((sum, each) => sum + each) <= 1000
            expect((await pod(server, name, asking(`${cpu}m`))).status).toBe(fits ? 201 : 403)
            if (fits) there.set(name, cpu)
          }
        }
        const sum = [...there.values()].reduce((all, each) => all + each, 0)
        const cpu = sum % 1000 === 0 ? String(sum / 1000) : `${sum}m`
        expect(used(server)).toEqual({ pods: String(there.size), 'requests.cpu': cpu })
      }),
      { numRuns: 40 },
    )
  })
})
