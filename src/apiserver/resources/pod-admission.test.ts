import { describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../testing.ts'

const here = '/api/v1/namespaces/default'
const container = { name: 'c', image: 'i' }

const create = ({ call }: TestServer, spec: object, name = 'p'): ReturnType<TestServer['call']> =>
  call('POST', `${here}/pods`, { body: { metadata: { name }, spec: { containers: [container], ...spec } } })

const noAccount = 'a mirror pod may not reference service accounts'

describe('a new pod', () => {
  it('runs as an account of its namespace, whose token it mounts', async () => {
    const server = testServer()
    await server.call('POST', `${here}/serviceaccounts`, {
      body: { metadata: { name: 'robot' }, imagePullSecrets: [{ name: 's' }] },
    })
    const { body } = await create(server, { serviceAccountName: 'robot' })
    const spec = body['spec'] as { volumes: { name: string; projected: { sources: object[] } }[] }
    const name = spec.volumes[0]?.name ?? ''
    expect(name).toMatch(/^kube-api-access-[a-z0-9]{5}$/)
    expect(spec).toMatchObject({
      serviceAccount: 'robot',
      imagePullSecrets: [{ name: 's' }],
      containers: [
        { volumeMounts: [{ name, readOnly: true, mountPath: '/var/run/secrets/kubernetes.io/serviceaccount' }] },
      ],
    })
    expect(spec.volumes[0]?.projected.sources).toHaveLength(3)
    const without = await create(server, { serviceAccountName: 'robot', automountServiceAccountToken: false }, 'q')
    expect(without.body['spec']).not.toHaveProperty('volumes')
  })

  it('may not name an account or a class that is not there', async () => {
    const server = testServer()
    const [account, priority] = [
      await create(server, { serviceAccountName: 'x' }),
      await create(server, { priorityClassName: 'y' }),
    ]
    expect([account.status, account.body.message]).toEqual([
      403,
      'pods "p" is forbidden: error looking up service account default/x: serviceaccount "x" not found',
    ])
    expect([priority.status, priority.body.message]).toEqual([
      403,
      'pods "p" is forbidden: no PriorityClass with name y was found',
    ])
  })

  it('that mirrors a static one has no account', async () => {
    const server = testServer()
    const mirror = (spec: object): ReturnType<TestServer['call']> =>
      server.call('POST', `${here}/pods`, {
        body: {
          metadata: { name: 'p', annotations: { 'kubernetes.io/config.mirror': 'x' } },
          spec: { nodeName: 'n', containers: [container], ...spec },
        },
      })
    expect((await mirror({ serviceAccountName: 'default' })).body.message).toBe(`pods "p" is forbidden: ${noAccount}`)
    expect((await mirror({})).body['spec']).not.toHaveProperty('serviceAccountName')
  })

  it('has the priority of its class, of the default class, of none', async () => {
    const server = testServer()
    const classes = '/apis/scheduling.k8s.io/v1/priorityclasses'
    expect((await create(server, {}, 'a')).body['spec']).toMatchObject({ priority: 0 })
    expect((await create(server, { priorityClassName: 'system-node-critical' }, 'b')).body['spec']).toMatchObject({
      priority: 2_000_001_000,
    })
    await server.call('POST', classes, {
      body: { metadata: { name: 'low' }, value: -7, globalDefault: true, preemptionPolicy: 'Never' },
    })
    expect((await create(server, {}, 'c')).body['spec']).toMatchObject({
      priorityClassName: 'low',
      priority: -7,
      preemptionPolicy: 'Never',
    })
    const second = await server.call('POST', classes, {
      body: { metadata: { name: 'high' }, value: 9, globalDefault: true },
    })
    expect([second.status, second.body.message]).toEqual([
      403,
      'priorityclasses.scheduling.k8s.io "high" is forbidden: PriorityClass low is already marked as default. Only one default can exist',
    ])
    expect((await create(server, { priority: 5 }, 'd')).body.message).toContain(
      'the integer value of priority (5) must not be provided',
    )
  })
})

const ended = (exitCode: number, reason?: string): object => ({
  terminated: { exitCode, ...(reason === undefined ? {} : { reason }) },
})
const status = (name: string, state: object, rest: object = {}): object => ({
  name,
  ready: false,
  restartCount: 0,
  image: 'i',
  imageID: 'i',
  state,
  ...rest,
})

/** Cells of kube-apiserver v1.36.1 for the same pods. */
it.each<[string, object, [ready: string, status: string, restarts: string]]>([
  ['nothing known', {}, ['0/1', 'Pending', '0']],
  [
    'crash loop',
    {
      phase: 'Running',
      containerStatuses: [
        status(
          'c',
          { waiting: { reason: 'CrashLoopBackOff' } },
          { restartCount: 3, lastState: { terminated: { exitCode: 1, finishedAt: '1970-01-01T00:00:00Z' } } },
        ),
      ],
    },
    ['0/1', 'CrashLoopBackOff', '3 (56y14d ago)'],
  ],
  [
    'completed',
    { phase: 'Succeeded', containerStatuses: [status('c', ended(0, 'Completed'))] },
    ['0/1', 'Completed', '0'],
  ],
  ['exit code', { phase: 'Failed', containerStatuses: [status('c', ended(3))] }, ['0/1', 'ExitCode:3', '0']],
  [
    'running',
    { phase: 'Running', containerStatuses: [status('c', { running: {} }, { ready: true, restartCount: 2 })] },
    ['1/1', 'Running', '2'],
  ],
  ['evicted', { phase: 'Failed', reason: 'Evicted' }, ['0/1', 'Evicted', '0']],
  [
    'init failed',
    { phase: 'Pending', initContainerStatuses: [status('i', ended(1, 'Error'), { restartCount: 4 })] },
    ['0/1', 'Init:Error', '4'],
  ],
  [
    'init to go',
    { phase: 'Pending', initContainerStatuses: [status('i', { waiting: { reason: 'PodInitializing' } })] },
    ['0/1', 'Init:0/1', '0'],
  ],
])('a table shows a pod: %s', async (_, shown, cells) => {
  const server = testServer()
  await create(server, { initContainers: [{ name: 'i', image: 'i' }] })
  const headers = { 'content-type': 'application/merge-patch+json' }
  expect((await server.call('PATCH', `${here}/pods/p/status`, { body: { status: shown }, headers })).status).toBe(200)
  const { body } = await server.call('GET', `${here}/pods/p`, {
    headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
  })
  const [row] = body['rows'] as { cells: string[]; conditions?: { reason: string }[] }[]
  expect(row?.cells.slice(1, 4)).toEqual(cells)
  const over = ['Failed', 'Succeeded'].find((phase) => phase === (shown as { phase?: string }).phase)
  expect(row?.conditions?.[0]?.reason).toBe(over)
})

describe('a pod of a runtime class', () => {
  const kata = {
    metadata: { name: 'kata' },
    handler: 'kata',
    overhead: { podFixed: { cpu: '100m' } },
    scheduling: { nodeSelector: { k: 'v' }, tolerations: [{ key: 't', operator: 'Exists' }] },
  }
  const server = async (): Promise<TestServer> => {
    const made = testServer()
    await made.call('POST', '/apis/node.k8s.io/v1/runtimeclasses', { body: kata })
    return made
  }

  it('costs what its class does, and goes where it does', async () => {
    const { body } = await create(await server(), { runtimeClassName: 'kata' })
    expect(body['spec']).toMatchObject({ overhead: { cpu: '100m' }, nodeSelector: { k: 'v' } })
    const { tolerations } = body['spec'] as { tolerations: object[] }
    expect(tolerations).toHaveLength(3)
    expect(tolerations[2]).toEqual({ key: 't', operator: 'Exists' })
  })

  it.each([
    [{ runtimeClassName: 'none' }, 'pod rejected: RuntimeClass "none" not found'],
    [{ overhead: { cpu: '1' } }, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    [
      { runtimeClassName: 'kata', overhead: { cpu: '1' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [
      { runtimeClassName: 'kata', nodeSelector: { k: 'w' } },
      'conflict: runtimeClass.scheduling.nodeSelector[k] = v; pod.spec.nodeSelector[k] = w',
    ],
  ])('%j is refused: %s', async (spec, why) => {
    const { status, body } = await create(await server(), spec)
    expect([status, body.message]).toEqual([403, `pods "p" is forbidden: ${why}`])
  })
})

describe('ports of the host', () => {
  it.each([
    [
      { hostNetwork: true },
      [{ containerPort: 80, hostPort: 81 }],
      'spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when `hostNetwork` is true',
    ],
    [
      {},
      [80, 81].map((containerPort) => ({ containerPort, hostPort: 80 })),
      'spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//80"',
    ],
  ])('%j %j: %s', async (spec, ports, why) => {
    const { status, body } = await create(testServer(), { ...spec, containers: [{ ...container, ports }] })
    expect([status, body.message]).toEqual([422, `Pod "p" is invalid: ${why}`])
  })

  it('of a pod on the host are its own', async () => {
    const containers = [{ ...container, ports: [{ containerPort: 80 }] }]
    const { body } = await create(testServer(), { hostNetwork: true, containers })
    expect(body['spec']).toMatchObject({ containers: [{ ports: [{ containerPort: 80, hostPort: 80 }] }] })
  })
})

it('a type that decodes itself ends what is said of a pod, any other is said first', async () => {
  const server = testServer()
  const decoded = async (spec: object): Promise<unknown> => (await create(server, spec)).body.message
  const broken = { containers: [{ name: 1, resources: { limits: { cpu: 'abc' } }, ports: 'x' }] }
  expect(await decoded(broken)).toBe(
    'Pod in version "v1" cannot be handled as a Pod: quantities must match the regular expression \'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$\'',
  )
  expect(await decoded({ containers: [{ name: 1, image: 2 }] })).toBe(
    'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string',
  )
})
