import { describe, expect, it } from 'vitest'
import { strategicPatchType } from '../patch-body.ts'
import { testServer, type Answer, type TestServer } from '../testing.ts'

const core = '/api/v1/namespaces/default'
const pods = `${core}/pods`
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
const pod = (name: string, more: object = {}): object => ({
  metadata: { name, labels: { app: 'a' }, ...more },
  spec: { containers: [{ name: 'c', image: 'i' }] },
})

async function withPod(name = 'p'): Promise<TestServer> {
  const test = testServer()
  await test.call('POST', `${core}/serviceaccounts`, { body: { metadata: { name: 'default' } } })
  await test.call('POST', pods, { body: pod(name) })
  return test
}

const patch = ({ call }: TestServer, url: string, body: object): Promise<Answer> =>
  call('PATCH', url, { body, headers: { 'content-type': strategicPatchType } })

describe('parts of a pod', () => {
  it('ephemeral containers come through their own endpoint, and stay', async () => {
    const test = await withPod()
    const add = (...containers: object[]): Promise<Answer> =>
      patch(test, `${pods}/p/ephemeralcontainers`, { spec: { ephemeralContainers: containers } })
    const added = await add({ name: 'debug', image: 'busybox:1', targetContainerName: 'c' })
    expect(added.body).toMatchObject({
      metadata: { generation: 2, managedFields: [{}, { subresource: 'ephemeralcontainers' }] },
      spec: { ephemeralContainers: [{ name: 'debug', imagePullPolicy: 'IfNotPresent' }] },
    })
    expect((await add({ name: 'c', image: 'x' })).body.message).toContain(
      'spec.ephemeralContainers[0].name: Duplicate value: "c"',
    )
    const bad = { name: 'd', image: 'x', ports: [{ containerPort: 1 }], targetContainerName: 'no' }
    expect((await add(bad)).body.message).toBe(
      'Pod "p" is invalid: [spec.ephemeralContainers[0].targetContainerName: Not found: "no", spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container]',
    )
    const without = await test.call('PUT', `${pods}/p/ephemeralcontainers`, { body: pod('p') })
    expect(without.body.message).toContain('existing ephemeral containers "debug" may not be removed')
    const elsewhere = { spec: { ephemeralContainers: [{ name: 'e', image: 'x' }] } }
    expect((await patch(test, `${pods}/p`, elsewhere)).body.message).toContain('pod updates may not change fields')
  })

  it('resources change in place, and with them neither the class nor anything else', async () => {
    const test = testServer()
    const { call } = test
    await call('POST', `${core}/serviceaccounts`, { body: { metadata: { name: 'default' } } })
    const requests = { cpu: '1' }
    await call('POST', pods, {
      body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i', resources: { requests } }] } },
    })
    const resize = (container: object): Promise<Answer> =>
      patch(test, `${pods}/p/resize`, { spec: { containers: [{ name: 'c', ...container }] } })
    const after = await resize({ image: 'other', resources: { requests: { cpu: '2' } } })
    expect(after.body).toMatchObject({ spec: { containers: [{ image: 'i', resources: { requests: { cpu: '2' } } }] } })
    expect((await resize({ resources: { $patch: 'replace' } })).body.message).toContain(
      'spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing',
    )
    const running = { containerStatuses: [{ name: 'c', state: { running: {} } }] }
    await patch(test, `${pods}/p/status`, { status: running })
    expect((await resize({})).body.message).toContain('spec: Forbidden: Pod running on node without support for resize')
  })

  describe('resizing', () => {
    const resources = { requests: { cpu: '1', 'ephemeral-storage': '1Gi' }, limits: { memory: '1Gi' } }
    const sidecar = { name: 's', image: 'i', restartPolicy: 'Always', resources: { requests: { cpu: '1' } } }
    const containers = [
      { name: 'c', image: 'i', resources },
      { name: 'd', image: 'i' },
    ]
    const resized = async (spec: object): Promise<Answer> => {
      const test = testServer()
      await test.call('POST', `${core}/serviceaccounts`, { body: { metadata: { name: 'default' } } })
      await test.call('POST', pods, {
        body: { metadata: { name: 'p' }, spec: { containers, initContainers: [sidecar] } },
      })
      return patch(test, `${pods}/p/resize`, { spec })
    }
    const c = (requests: object, limits: object = {}): object => ({
      containers: [{ name: 'c', resources: { requests, limits } }],
    })

    it.each([
      [c({ cpu: null }), 'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed'],
      [c({}, { memory: null }), 'spec.containers[0].resources.limits: Forbidden: resource limits cannot be removed'],
      [c({ 'ephemeral-storage': '2Gi' }), 'spec: Forbidden: only cpu and memory resources are mutable'],
      [
        { containers: [{ name: 'e', image: 'i' }] },
        'spec.containers: Forbidden: containers may not be added or removed on resize',
      ],
      [{ $patch: 'delete' }, 'spec.initContainers: Forbidden: initContainers may not be added or removed on resize'],
      [
        { initContainers: [{ name: 's', resources: { requests: { 'ephemeral-storage': '1Gi' } } }] },
        'spec.initContainers[0]: Forbidden: only cpu and memory resources for init or sidecar containers are mutable',
      ],
    ])('refuses %j', async (spec, problem) => {
      const { status, body } = await resized(spec)
      expect([status, body.message]).toEqual([422, expect.stringContaining(problem)])
    })

    it('lets processors and memory change, and owns the whole of the pod', async () => {
      const { status, body } = await resized({
        ...c({ cpu: '2' }, { memory: '2Gi' }),
        initContainers: [{ name: 's', image: 'other', resources: { requests: { cpu: '2' } } }],
      })
      expect([status, body['spec']]).toEqual([
        200,
        expect.objectContaining({
          initContainers: [expect.objectContaining({ image: 'i', resources: { requests: { cpu: '2' } } })],
        }),
      ])
      const { managedFields } = body['metadata'] as { managedFields: object[] }
      expect(JSON.stringify(managedFields.at(-1))).toMatch(/"f:image".*"subresource":"resize"/)
    })
  })

  it('a status says neither who its pod is nor how long it has', async () => {
    const test = await withPod()
    const said = async (metadata: object): Promise<Answer> => patch(test, `${pods}/p/status`, { metadata })
    expect((await said({ uid: 'x' })).body.message).toContain('metadata.uid: Invalid value: "x": field is immutable')
    expect((await said({ deletionTimestamp: '2020-01-01T00:00:00Z' })).status).toBe(200)
  })

  it('a status has addresses that agree, and a class that stays', async () => {
    const test = await withPod()
    const status = (said: object): Promise<Answer> => patch(test, `${pods}/p/status`, { status: said })
    await status({ podIP: '10.0.0.1', podIPs: [{ ip: '10.0.0.1' }] })
    expect((await status({ podIP: '10.0.0.2' })).body['status']).toMatchObject({ podIPs: [{ ip: '10.0.0.2' }] })
    const { body } = await status({ hostIPs: [{ ip: '1.2.3.4' }], qosClass: 'Guaranteed', nominatedNodeName: 'x y' })
    expect(body['details']).toMatchObject({
      causes: [
        { field: 'status.nominatedNodeName' },
        { field: 'status.qosClass', message: 'Invalid value: "Guaranteed": field is immutable' },
        { field: 'status.hostIPs[0].ip' },
      ],
    })
  })
})

describe('orders about pods', () => {
  it('a binding is read as one, and names its pod', async () => {
    const { call } = await withPod()
    const target = { kind: 'Node', name: 'n' }
    const bind = (url: string, metadata: object): Promise<Answer> => call('POST', url, { body: { metadata, target } })
    expect((await bind(`${pods}/p/binding`, { name: 'q' })).body.message).toBe(
      'name in URL does not match name in Binding object',
    )
    expect((await bind(`${pods}/p/binding`, { name: 'p', uid: 'x' })).status).toBe(409)
    expect((await bind(`${core}/bindings`, { name: 'gone' })).body.message).toBe('pods "gone" not found')
    expect((await bind(`${core}/bindings`, { name: 'p', annotations: { a: 'b' } })).status).toBe(201)
    expect((await call('GET', `${pods}/p`)).body).toMatchObject({
      metadata: { annotations: { a: 'b' } },
      spec: { nodeName: 'n' },
    })
    expect((await call('GET', `${core}/bindings`)).status).toBe(405)
  })

  it('an eviction takes a disruption off the budget, which counts on its own', async () => {
    const test = await withPod('one')
    const { call } = test
    await call('POST', pods, { body: pod('two') })
    const ready = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }
    for (const name of ['one', 'two']) await patch(test, `${pods}/${name}/status`, ready)
    const evict = (name: string, more: object = {}): Promise<Answer> =>
      call('POST', `${pods}/${name}/eviction`, { body: { metadata: { name }, ...more } })
    expect((await evict('one', { deleteOptions: { preconditions: { uid: 'x' } } })).status).toBe(409)
    const spec = { minAvailable: 1, selector: { matchLabels: { app: 'a' } } }
    await call('POST', budgets, { body: { metadata: { name: 'b' }, spec } })
    const budget = async (): Promise<unknown> => (await call('GET', `${budgets}/b`)).body['status']
    expect(await budget()).toMatchObject({
      disruptionsAllowed: 1,
      currentHealthy: 2,
      desiredHealthy: 1,
      expectedPods: 2,
      conditions: [{ type: 'DisruptionAllowed', status: 'True', reason: 'SufficientPods' }],
    })
    expect((await evict('one', { deleteOptions: { dryRun: ['All'] } })).status).toBe(201)
    expect((await evict('one')).status).toBe(201)
    expect(await budget()).toMatchObject({ disruptionsAllowed: 0, currentHealthy: 1, expectedPods: 1 })
    const refused = await evict('two')
    expect(refused.status).toBe(429)
    expect(refused.body['details']).toMatchObject({
      causes: [{ message: 'The disruption budget b needs 1 healthy pods and has 1 currently' }],
    })
    await call('POST', budgets, {
      body: { metadata: { name: 'empty' }, spec: { selector: { matchLabels: { no: 'pod' } } } },
    })
    expect((await call('GET', '/api/v1/namespaces/default/events')).body['items']).toEqual([])
  })
})
