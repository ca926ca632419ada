/** Writes that follow one another, as kube-apiserver v1.36 answers them: found by random sequences put to both. */
import { beforeEach, describe, expect, it } from 'vitest'
import { gadgetDefinition, testServer, type Answer, type TestServer } from './testing.ts'

const core = '/api/v1/namespaces/default'
const apps = '/apis/apps/v1/namespaces/default'
const gadgets = '/apis/example.dev/v1/namespaces/default/gadgets'

let test: TestServer
beforeEach(async () => {
  test = testServer()
  const schema = {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { replicas: { type: 'integer' } } },
        status: { type: 'object', properties: { replicas: { type: 'integer' } } },
      },
    },
  }
  const scale = { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' }
  const versions = [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {}, scale } }]
  await post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', gadgetDefinition({ versions }))
})

const post = (url: string, body: object): Promise<Answer> => test.call('POST', url, { body })
const patch = (type: string) => (url: string, body: object) =>
  test.call('PATCH', url, { body, headers: { 'content-type': `application/${type}` } })
const merge = patch('merge-patch+json')
const apply = patch('apply-patch+yaml')
const get = async (url: string): Promise<Answer['body']> => (await test.call('GET', url)).body

/** Who owns what, without the times. */
const owners = (object: object): unknown[] =>
  (object as { metadata: { managedFields?: Record<string, unknown>[] } }).metadata.managedFields?.map(
    ({ manager, operation, subresource = '', fieldsV1 }) => [manager, operation, subresource, fieldsV1],
  ) ?? []

const gadget = (name: string, metadata: object = {}, spec: object = {}): object => ({
  apiVersion: 'example.dev/v1',
  kind: 'Gadget',
  metadata: { name, ...metadata },
  spec,
})
const deployment = (name: string): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } },
  },
})

describe('scales', () => {
  it('are not tracked where nobody owns the replicas', async () => {
    await apply(`${apps}/deployments/d?fieldManager=m`, deployment('d'))
    expect((await merge(`${apps}/deployments/d/scale?fieldManager=s`, { spec: { replicas: 3 } })).body).toMatchObject({
      spec: { replicas: 3 },
    })
    expect(owners(await get(`${apps}/deployments/d`)).map((owner) => (owner as string[])[0])).toEqual(['m'])
    await test.call('DELETE', `${apps}/deployments/d`)
    await post(`${apps}/deployments?fieldManager=m`, deployment('d'))
    await merge(`${apps}/deployments/d/scale?fieldManager=s`, { spec: { replicas: 3 } })
    expect(owners(await get(`${apps}/deployments/d`))).toContainEqual([
      's',
      'Update',
      'scale',
      { 'f:spec': { 'f:replicas': {} } },
    ])
  })

  it('of zero show none, and belong to nobody', async () => {
    await post(`${gadgets}?fieldManager=m`, gadget('g', {}, { replicas: 2 }))
    const scaled = await merge(`${gadgets}/g/scale?fieldManager=s`, { spec: { replicas: 0 } })
    expect(scaled.body['spec']).toEqual({})
    const left = await get(`${gadgets}/g`)
    expect(left['spec']).toEqual({ replicas: 0 })
    expect(JSON.stringify(owners(left))).not.toContain('f:replicas')
    const put = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'g' }, spec: { replicas: 1 } }
    expect((await test.call('PUT', `${gadgets}/g/scale`, { body: put })).status).toBe(200)
    expect((await patch('strategic-merge-patch+json')(`${gadgets}/g/scale`, { spec: {} })).status).toBe(415)
  })
})

describe('applied metadata', () => {
  it.each<[object, object]>([
    [{ labels: {}, annotations: null, finalizers: [], ownerReferences: [] }, {}],
    [{ labels: { a: null, b: 'c' } }, { labels: { a: '', b: 'c' } }],
  ])('of new custom resources: %j', async (given, kept) => {
    const { status, body } = await apply(`${gadgets}/g?fieldManager=m`, gadget('g', given))
    expect(status).toBe(201)
    const { labels, annotations, finalizers, ownerReferences } = body['metadata'] as Record<string, unknown>
    expect({ labels, annotations, finalizers, ownerReferences }).toEqual(kept)
  })

  it('keeps what somebody else owns of a map that it empties', async () => {
    const map = (labels?: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', labels } })
    await post(`${core}/configmaps?fieldManager=other`, map({ l: 'a' }))
    await apply(`${core}/configmaps/c?fieldManager=m&force=true`, map({ l: 'b' }))
    const { body } = await apply(`${core}/configmaps/c?fieldManager=m`, map())
    expect(owners(body)).toEqual([['other', 'Update', '', { 'f:metadata': { 'f:labels': {} } }]])
  })

  it('names who was there before the first apply, and through which door', async () => {
    const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
    const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: { name: 'p', labels: { a: 'b' } } }
    await post(budgets, { ...budget, spec: { minAvailable: 1 } })
    await merge(`${budgets}/p`, { metadata: { managedFields: [{}] } })
    const status = { currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0, expectedPods: 1 }
    const { body } = await apply(`${budgets}/p/status?fieldManager=m&force=true`, {
      ...budget,
      metadata: { name: 'p' },
      status,
    })
    expect((owners(body)[1] as unknown[]).slice(0, 3)).toEqual(['before-first-apply', 'Update', 'status'])
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'r' } }
    const rules = (resource: string): object => ({
      rules: [{ apiGroups: [''], resources: [resource], verbs: ['get'] }],
    })
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
    await post(roles, { ...role, ...rules('pods') })
    await merge(`${roles}/r`, { metadata: { managedFields: [{}] } })
    expect((await apply(`${roles}/r?fieldManager=m`, { ...role, ...rules('nodes') })).body.message).toBe(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using rbac.authorization.k8s.io/v1: .rules',
    )
  })
})

describe('services', () => {
  const ports = [{ port: 80 }]
  const oneFamily = 'this cluster is not configured for dual-stack services'
  const message = ({ body }: Answer): string => String(body.message).replace(/^.*? is invalid: /, '')

  it('have one family, but for those without address and selector', async () => {
    const headless = await post(`${core}/services`, { metadata: { name: 's' }, spec: { clusterIP: 'None', ports } })
    expect(headless.body['spec']).toMatchObject({ ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' })
    expect(message(await merge(`${core}/services/s`, { spec: { selector: { a: 'b' } } }))).toBe(
      `[spec.ipFamilyPolicy: Invalid value: "RequireDualStack": ${oneFamily}, spec.ipFamilies[1]: Invalid value: "IPv6": not configured on this cluster]`,
    )
    const single = { spec: { ipFamilyPolicy: 'SingleStack', selector: { a: 'b' } } }
    expect((await merge(`${core}/services/s`, single)).body['spec']).toMatchObject({ ipFamilies: ['IPv4'] })
  })

  it.each<[object, string]>([
    [
      { type: 'ExternalName', externalName: 'x.y', clusterIP: 'None' },
      'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
    ],
    [{ clusterIPs: ['10.96.0.9'] }, 'must be empty when `clusterIP` is not specified'],
    [{ clusterIP: 'None', clusterIPs: ['None', '10.96.0.9'] }, "'None' must be the first and only value"],
    [{ clusterIP: '10.96.0.9', ipFamilies: ['IPv6'] }, 'expected an IPv6 value as indicated by `ipFamilies[0]`'],
    [{ ipFamilies: ['IPv4', 'IPv6'] }, "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families"],
    [{ clusterIP: '10.96.0.8' }, 'failed to allocate IP 10.96.0.8: provided IP is already allocated'],
  ])('refuse %j', async (spec, problem) => {
    await post(`${core}/services`, { metadata: { name: 'other' }, spec: { clusterIP: '10.96.0.8', ports } })
    const answer = await post(`${core}/services`, { metadata: { name: 's' }, spec: { ports, ...spec } })
    expect([answer.status, message(answer)]).toEqual([422, expect.stringContaining(problem)])
  })
})

describe('objects', () => {
  it('that are on their way out say so when they are made again', async () => {
    const body = { metadata: { name: 'c', finalizers: ['x.dev/a'] } }
    await post(`${core}/configmaps`, body)
    await test.call('DELETE', `${core}/configmaps/c`)
    const again = await post(`${core}/configmaps`, body)
    expect([again.status, again.body.message]).toEqual([409, 'object is being deleted: configmaps "c" already exists'])
  })

  it('are not made in namespaces that are not there, nor is anything of them', async () => {
    for (const url of ['pods/p/eviction', 'pods/p/binding', 'serviceaccounts/s/token']) {
      const { status, body } = await post(`/api/v1/namespaces/nope/${url}`, {})
      expect([status, body.message]).toEqual([404, 'namespaces "nope" not found'])
    }
  })

  it('of a kind with claims come back without a warning', async () => {
    const claim = { metadata: { name: 'v' }, spec: { accessModes: ['ReadWriteOnce'] } }
    const resources = { requests: { storage: '1Gi' } }
    const { spec } = deployment('d') as { spec: object }
    const set = {
      metadata: { name: 's' },
      spec: { ...spec, serviceName: 'x', volumeClaimTemplates: [{ ...claim, spec: { ...claim.spec, resources } }] },
    }
    const made = await post(`${apps}/statefulsets`, set)
    const again = await test.call('PUT', `${apps}/statefulsets/s`, { body: made.body })
    expect([made.status, again.status, again.headers['warning']]).toEqual([201, 200, undefined])
  })

  it('keep the owners and the generations that their status does not say', async () => {
    const pod = { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await post(`${core}/pods`, pod)
    const conditions = [{ type: 'A', status: 'True', observedGeneration: 3 }]
    await merge(`${core}/pods/p/status`, { status: { observedGeneration: 2, conditions } })
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'o', uid: 'u' }
    const { body } = await merge(`${core}/pods/p/status`, {
      metadata: { ownerReferences: [owner], labels: { a: 'b' } },
      status: { observedGeneration: null, conditions: [{ type: 'A', status: 'False' }] },
    })
    expect(body).toMatchObject({
      metadata: { labels: { a: 'b' } },
      status: { observedGeneration: 2, conditions: [{ status: 'False', observedGeneration: 3 }] },
    })
    expect(body['metadata'] as object).not.toHaveProperty('ownerReferences')
  })

  it('that nobody made columns for have no rows in place of none', async () => {
    const headers = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' }
    const rows = async (url: string): Promise<unknown> => (await test.call('GET', url, { headers })).body['rows']
    expect(await rows('/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles')).toBeNull()
    expect(await rows(`${core}/configmaps`)).toEqual([])
  })
})

describe('strategic merge patches', () => {
  const secrets = `${core}/serviceaccounts`
  const strategic = patch('strategic-merge-patch+json')
  const account = async (...names: object[]): Promise<void> =>
    void (await post(secrets, { metadata: { name: 'x', finalizers: ['x.dev/a', 'x.dev/b'] }, secrets: names }))

  it.each<[string, object[], object, number, unknown]>([
    [
      'an item without its key',
      [{}],
      { secrets: [{ name: 's' }] },
      500,
      'map: map[] does not contain declared merge key: name',
    ],
    [
      'an order that is none',
      [],
      { '$setElementOrder/secrets': 'a' },
      500,
      'expected a []interface {}, but received a string',
    ],
    [
      'an order of nothing in particular',
      [],
      { $setElementOrder: [] },
      400,
      'invalid patch format of setElementOrder list',
    ],
    [
      'an order that the patch is not in',
      [],
      { secrets: [{ name: 'b' }, { name: 'a' }], '$setElementOrder/secrets': [{ name: 'a' }, { name: 'b' }] },
      500,
      "The order in patch list:\n[map[name:b] map[name:a]]\n doesn't match $setElementOrder list:\n[map[name:a] map[name:b]]\n",
    ],
    [
      'merges by name',
      [{ name: 'a' }],
      { secrets: [{ $patch: 'merge', name: 'a' }] },
      500,
      'merging lists cannot yet be specified in the patch',
    ],
    ['something else than a list', [], { '$deleteFromPrimitiveList/secrets': 3 }, 200, undefined],
    [
      'nothing',
      [],
      { metadata: { $retainKeys: ['name'], labels: { a: 'b' } } },
      400,
      'invalid patch format of retainKeys',
    ],
  ])('are refused for %s', async (_what, before, body, status, message) => {
    await account(...before)
    const answer = await strategic(`${secrets}/x`, body)
    expect([answer.status, answer.body.message]).toEqual([status, message])
  })

  it('put lists in order, take out what is to go, and leave what they do not name in its place', async () => {
    await account({ name: 'a' }, { name: 'b' }, { name: 'c' })
    const body = {
      secrets: [{ name: 'd' }, { name: 'a', $patch: 'delete' }],
      '$setElementOrder/secrets': [{ name: 'd' }, { name: 'c' }],
      metadata: { '$deleteFromPrimitiveList/finalizers': ['x.dev/a'], '$setElementOrder/finalizers': ['x.dev/b'] },
    }
    const answer = await strategic(`${secrets}/x`, body)
    expect(answer.body['secrets']).toEqual([{ name: 'b' }, { name: 'd' }, { name: 'c' }])
    expect(answer.body['metadata']).toMatchObject({ finalizers: ['x.dev/b'] })
    expect(
      (
        await test.call('PATCH', `${secrets}/x`, {
          text: 'null',
          headers: { 'content-type': 'application/strategic-merge-patch+json' },
        })
      ).status,
    ).toBe(200)
  })
})

describe('services', () => {
  it('whose addresses do not go together are refused for nothing else', async () => {
    const spec = { clusterIP: 'odd', ports: [{ port: 0 }] }
    const answer = await post(`${core}/services`, { metadata: { name: 'x', finalizers: ['odd'] }, spec })
    expect(answer.body.message).toBe(
      'Service "x" is invalid: spec.clusterIPs[0]: Invalid value: "odd": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    )
  })
})

describe('metadata that is wrong', () => {
  it.each<[string, object, string, number]>([
    ['/api/v1/nodes', {}, '', 4],
    ['/api/v1/nodes', {}, '/status', 3],
    [`${core}/pods`, { spec: { containers: [{ name: 'c', image: 'i' }] } }, '/status', 3],
    [`${apps}/deployments`, { spec: (deployment('x') as { spec: object }).spec }, '/status', 3],
  ])('is told of as often as a real server looks at it: %s %j %s', async (path, body, subresource, times) => {
    await post(path, { metadata: { name: 'x' }, ...body })
    const answer = await merge(`${path}/x${subresource}`, { metadata: { annotations: { $x: 'y' } } })
    expect((answer.body['details'] as { causes: object[] }).causes.length).toBe(times)
  })

  it('says nothing of a deletion where the status leaves metadata alone', async () => {
    await post(`${core}/pods`, { metadata: { name: 'x' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
    const body = { metadata: { deletionTimestamp: '2020-01-01T00:00:00Z' } }
    expect((await merge(`${core}/pods/x/status`, body)).status).toBe(200)
    expect((await merge(`${core}/pods/x`, body)).status).toBe(422)
  })
})
