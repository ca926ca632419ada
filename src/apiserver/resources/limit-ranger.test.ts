import { describe, expect, it } from 'vitest'
import { testServer, type Answer, type TestServer } from '../testing.ts'

const here = '/api/v1/namespaces/default'
const patch = { headers: { 'content-type': 'application/strategic-merge-patch+json' } }

const create = ({ call }: TestServer, resource: string, name: string, spec: object): Promise<Answer> =>
  call('POST', `${here}/${resource}`, { body: { metadata: { name }, spec } })

async function limited(...limits: object[]): Promise<TestServer> {
  const server = testServer()
  expect((await create(server, 'limitranges', 'l', { limits })).status).toBe(201)
  return server
}

const container = (resources: object = {}, name = 'c'): object => ({ name, image: 'i', resources })

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('a limit range', () => {
  it('gives containers what they do not ask for, and says so', async () => {
    const server = await limited({
      type: 'Container',
      default: { cpu: '1' },
      defaultRequest: { cpu: '1', memory: '1Gi' },
    })
    const { body } = await create(server, 'pods', 'p', {
      containers: [container({}, 'x'), container({ limits: { cpu: '2', memory: '2Gi' } }, 'y')],
      initContainers: [container({ requests: { memory: '1Mi' } }, 'i')],
    })
    expect(body).toMatchObject({
      metadata: {
        annotations: {
          'kubernetes.io/limit-ranger':
            'LimitRanger plugin set: cpu, memory request for container x; cpu limit for container x; cpu request for init container i; cpu limit for init container i',
        },
      },
      spec: {
        containers: [
          { resources: { limits: { cpu: '1' }, requests: { cpu: '1', memory: '1Gi' } } },
          { resources: { limits: { cpu: '2', memory: '2Gi' }, requests: { cpu: '2', memory: '2Gi' } } },
        ],
        initContainers: [{ resources: { limits: { cpu: '1' }, requests: { cpu: '1', memory: '1Mi' } } }],
      },
      status: { qosClass: 'Burstable' },
    })
  })

  it.each<[string, object, object, string]>([
    [
      'more than containers may have',
      { type: 'Container', max: { cpu: '1' } },
      { limits: { cpu: '1500m' } },
      'maximum cpu usage per Container is 1, but limit is 1500m',
    ],
    [
      'less than containers need',
      { type: 'Container', min: { cpu: '100m' } },
      { limits: { cpu: '1' }, requests: { cpu: '0.05' } },
      'minimum cpu usage per Container is 100m, but request is 50m',
    ],
    [
      'much more than containers ask for',
      { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
      { limits: { cpu: '1' }, requests: { cpu: '300m' } },
      'cpu max limit to request ratio per Container is 2, but provided ratio is 3.333333',
    ],
    [
      'nothing at all',
      { type: 'Pod', max: { memory: '1Gi' } },
      {},
      'maximum memory usage per Pod is 1Gi.  No limit is specified',
    ],
  ])('does not let pods have %s', async (_what, limit, resources, why) => {
    const server = await limited(limit)
    const { status, body } = await create(server, 'pods', 'p', { containers: [container(resources)] })
    expect([status, body.message]).toEqual([403, `pods "p" is forbidden: ${why}`])
  })

  it('of pods counts containers together, those that come first one by one', async () => {
    const server = await limited({ type: 'Pod', max: { memory: '1Gi' } })
    const taking = (memory: string, more: object = {}): object => ({ ...container({ limits: { memory } }), ...more })
    const first = { name: 'i', restartPolicy: 'Always' }
    const statuses = [
      { containers: [taking('1Gi')], initContainers: [taking('1Gi', { name: 'i' })] },
      { containers: [taking('600Mi')], initContainers: [taking('600Mi', first)] },
      { containers: [taking('100Mi')], initContainers: [taking('600Mi', first), taking('600Mi', { name: 'j' })] },
    ].map(async (spec, index) => (await create(server, 'pods', `p${index}`, spec)).status)
    expect(await Promise.all(statuses)).toEqual([201, 403, 403])
  })

  it('holds when a pod is resized', async () => {
    const server = await limited({ type: 'Container', max: { cpu: '1' } })
    const resources = (cpu: string): object => ({ limits: { cpu }, requests: { cpu } })
    await create(server, 'pods', 'p', { containers: [container(resources('1'))] })
    const resized = await server.call('PATCH', `${here}/pods/p/resize`, {
      ...patch,
      body: { spec: { containers: [{ name: 'c', resources: resources('2') }] } },
    })
    expect(resized.body.message).toBe('pods "p" is forbidden: maximum cpu usage per Container is 1, but limit is 2')
  })

  it('bounds the size of claims', async () => {
    const server = await limited({ type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '2Gi' } })
    const claim = async (storage: string): Promise<string | undefined> =>
      (
        await create(server, 'persistentvolumeclaims', 'p', {
          accessModes: ['ReadWriteOnce'],
          resources: { requests: { storage } },
        })
      ).body.message
    const text = (why: string): string => `persistentvolumeclaims "p" is forbidden: ${why}`
    expect([await claim('500Mi'), await claim('3Gi'), await claim('2Gi')]).toEqual([
      text('minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi'),
      text('maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi'),
      undefined,
    ])
  })
})

describe('a pod that has resources of its own', () => {
  const create1 = (resources: object, ...containers: object[]): Promise<Answer> =>
    create(testServer(), 'pods', 'p', { resources, containers })

  it('asks for what its containers ask for, else for its limits', async () => {
    const { body } = await create1(
      { limits: { cpu: '2', memory: '1Gi' } },
      container({ requests: { cpu: '500m' } }, 'x'),
      container({ requests: { cpu: '500m' } }, 'y'),
    )
    expect(body).toMatchObject({
      spec: { resources: { requests: { cpu: '1', memory: '1Gi' } } },
      status: { qosClass: 'Burstable' },
    })
  })

  it.each<[string, object, object, string]>([
    [
      'less than its containers',
      { requests: { cpu: '1' } },
      { requests: { cpu: '2' } },
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 2',
    ],
    [
      'a container that has more',
      { limits: { cpu: '1' } },
      { limits: { cpu: '2' }, requests: { cpu: '1' } },
      'spec.resources.containers[0][cpu].limits: Invalid value: "2": must be less than or equal to pod limits of 1',
    ],
    [
      'what only containers have',
      { limits: { cpu: '1', 'ephemeral-storage': '1Gi' } },
      {},
      'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
    ],
    [
      'nothing but large pages',
      { limits: { 'hugepages-2Mi': '2Mi' } },
      {},
      'spec.resources: Forbidden: HugePages require cpu or memory',
    ],
    [
      'half a page',
      { limits: { 'hugepages-2Mi': '1Mi', cpu: '1' } },
      {},
      'spec.resources.limits[hugepages-2Mi]: Invalid value: "1Mi": 1Mi is not positive integer multiple of hugepages-2Mi',
    ],
  ])('has not %s', async (_what, whole, resources, why) => {
    const { body } = await create1(whole, container(resources))
    expect(body.message).toContain(why)
  })
})
