import { describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../testing.ts'

const here = '/api/v1/namespaces/default'
const headers = { 'content-type': 'application/merge-patch+json' }
const text = (message: string | undefined): string | undefined =>
  message?.replace(/^[A-Za-z.0-9]+ "x" is invalid: /, '')

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('services and endpoints refuse in the words of the real server', () => {
  it.each<[string, object, string]>([
    [
      `${here}/services`,
      { spec: { ipFamilyPolicy: 'RequireDualStack', ports: [{ port: 1 }] } },
      'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    ],
    [
      `${here}/services`,
      { spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 80 }] } },
      'spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767',
    ],
    [
      `${here}/services`,
      { spec: { clusterIP: '8.8.8.8', ports: [{ port: 80 }] } },
      'spec.clusterIPs: Invalid value: ["8.8.8.8"]: failed to allocate IP 8.8.8.8: the provided network does not match the current range',
    ],
    [
      `${here}/endpoints`,
      {
        subsets: [
          { addresses: [{ ip: '127.0.0.1' }, { ip: '0.0.0.0' }], ports: [{ port: 0 }, { port: 1, name: 'a' }] },
          {},
        ],
      },
      '[subsets[0].addresses[0].ip: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128), subsets[0].addresses[1].ip: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0), subsets[0].ports[0].name: Required value, subsets[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, subsets[1]: Required value: must specify `addresses` or `notReadyAddresses`]',
    ],
    [
      '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
      {
        addressType: 'IPv6',
        endpoints: [{ addresses: ['1.2.3.4'] }, { addresses: [] }],
        ports: [{ port: 80 }, { port: 81 }],
      },
      '[ports[1].name: Duplicate value: "", endpoints[0].addresses: Invalid value: "1.2.3.4": must be an IPv6 address, endpoints[1].addresses: Required value: must contain at least 1 address]',
    ],
    [
      '/apis/apps/v1/namespaces/default/controllerrevisions',
      { revision: -1 },
      '[revision: Invalid value: -1: must be greater than or equal to 0, data: Required value: data is mandatory]',
    ],
    [
      '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings',
      { roleRef: { apiGroup: 'x', kind: 'Foo', name: '' } },
      '[roleRef.apiGroup: Unsupported value: "x": supported values: "rbac.authorization.k8s.io", roleRef.kind: Unsupported value: "Foo": supported values: "Role", "ClusterRole", roleRef.name: Required value]',
    ],
  ])('%s %j', async (url, body, causes) => {
    const answer = await testServer().call('POST', url, { body: { metadata: { name: 'x' }, ...body } })
    expect([answer.status, text(answer.body.message)]).toEqual([422, causes])
  })

  it('names of roles are path segments', async () => {
    const url = '/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles'
    const answer = await testServer().call('POST', url, { body: { metadata: { name: 'a/b' } } })
    expect(answer.body.message).toBe(
      'Role.rbac.authorization.k8s.io "a/b" is invalid: metadata.name: Invalid value: "a/b": may not contain \'/\'',
    )
  })
})

type Spec = Record<string, unknown> & { ports: { port: number; nodePort?: number }[] }

describe('what a service is allocated', () => {
  const change = async ({ call }: TestServer, spec: object): Promise<Spec> =>
    (await call('PATCH', `${here}/services/x`, { body: { spec }, headers })).body['spec'] as Spec

  it('comes and goes with its type', async () => {
    const server = testServer()
    const ports = [
      { port: 80, name: 'a' },
      { port: 81, name: 'b' },
    ]
    const made = await server.call('POST', `${here}/services`, { body: { metadata: { name: 'x' }, spec: { ports } } })
    const { clusterIP } = made.body['spec'] as Spec
    const opened = await change(server, { type: 'NodePort' })
    expect(opened['externalTrafficPolicy']).toBe('Cluster')
    const nodePorts = opened.ports.map(({ nodePort = 0 }) => nodePort)
    expect(new Set(nodePorts).size).toBe(2)
    for (const port of nodePorts) expect(port >= 30_000 && port <= 32_767).toBe(true)
    expect(
      (
        await change(server, {
          ports: [
            { port: 90, name: 'a' },
            { port: 81, name: 'b' },
          ],
        })
      ).ports.map(({ nodePort }) => nodePort),
    ).toEqual(nodePorts)
    const closed = await change(server, { type: 'ClusterIP' })
    expect(closed).toMatchObject({ clusterIP })
    expect(closed.ports[0]).not.toHaveProperty('nodePort')
    expect(closed).not.toHaveProperty('externalTrafficPolicy')
    const name = await change(server, { type: 'ExternalName', externalName: 'x.y' })
    for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'internalTrafficPolicy'])
      expect(name).not.toHaveProperty(field)
    expect(await change(server, { type: 'ClusterIP' })).toMatchObject({ clusterIP, internalTrafficPolicy: 'Cluster' })
  })

  it('is its alone: a port of the nodes is given out once', async () => {
    const { call } = testServer()
    const service = (name: string): object => ({
      metadata: { name },
      spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 31_000 }] },
    })
    expect((await call('POST', `${here}/services`, { body: service('x') })).status).toBe(201)
    const second = await call('POST', `${here}/services`, { body: service('y') })
    expect(second.body.message).toBe(
      'Service "y" is invalid: spec.ports[0].nodePort: Invalid value: 31000: provided port is already allocated',
    )
  })
})

it('tables show external addresses, endpoints and the people of a binding', async () => {
  const { call } = testServer()
  const row = async (url: string, body: object): Promise<unknown[]> => {
    expect((await call('POST', url, { body: { metadata: { name: 'x' }, ...body } })).status).toBe(201)
    const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io'
    const table = await call('GET', `${url}/x`, { headers: { accept } })
    return (table.body['rows'] as { cells: unknown[] }[])[0]?.cells ?? []
  }
  const named = { spec: { type: 'ExternalName', externalName: 'a.b' } }
  expect((await row(`${here}/services`, named)).slice(1, 5)).toEqual(['ExternalName', '<none>', 'a.b', '<none>'])
  const addresses = ['1.0.0.1', '1.0.0.2', '1.0.0.3', '1.0.0.4'].map((ip) => ({ ip }))
  expect((await row(`${here}/endpoints`, { subsets: [{ addresses, ports: [{ port: 80 }] }] }))[1]).toBe(
    '1.0.0.1:80,1.0.0.2:80,1.0.0.3:80 + 1 more...',
  )
  const rbac = '/apis/rbac.authorization.k8s.io/v1/namespaces/default'
  const subjects = [
    { kind: 'User', name: 'u' },
    { kind: 'ServiceAccount', name: 's', namespace: 'n' },
  ]
  const binding = { roleRef: { kind: 'Role', name: 'r' }, subjects }
  expect((await row(`${rbac}/rolebindings`, binding)).slice(3)).toEqual(['u', '', 'n/s'])
  expect((await row(`${rbac}/roles`, {}))[1]).toMatch(/^\d{4}-.*Z$/)
})

it('warnings tell what of a service is not used', async () => {
  const spec = { ports: [{ port: 80 }], externalIPs: ['1.2.3.4'], externalName: 'x' }
  const { headers: told } = await testServer().call('POST', `${here}/services`, {
    body: { metadata: { name: 'x' }, spec },
  })
  expect(told['warning']).toEqual([
    '299 - "spec.externalIPs is deprecated and may no longer be implemented in some clusters"',
    '299 - "spec.externalName is ignored when spec.type is not \\"ExternalName\\""',
  ])
})

it('a refusal names the role that a binding refers to and that is not there', async () => {
  const { call } = testServer()
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const body = {
    metadata: { name: 'x' },
    roleRef: { kind: 'ClusterRole', name: 'gone' },
    subjects: [{ kind: 'User', name: 'bob' }],
  }
  await call('POST', `${rbac}/clusterrolebindings`, { body })
  const answer = await call('GET', `${here}/pods`, { peer: { certificate: { user: 'bob', groups: [] } } })
  expect(answer.body.message).toContain(': RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found')
})

it('a job keeps what it is to do', async () => {
  const { call } = testServer()
  const url = '/apis/batch/v1/namespaces/default/jobs'
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
  await call('POST', url, { body: { metadata: { name: 'x' }, spec: { template } } })
  const patch = async (spec: object): Promise<string | undefined> =>
    text((await call('PATCH', `${url}/x`, { body: { spec }, headers })).body.message)
  expect(await patch({ parallelism: 3 })).toBeUndefined()
  expect(await patch({ completions: 4 })).toBe('spec.completions: Invalid value: 4: field is immutable')
  expect(await patch({ template: { spec: { nodeName: 'n' } } })).toMatch(
    /^spec.template: Invalid value: \{.*"Spec":\{"Volumes":null.*\}: field is immutable$/,
  )
})

it('a service that is only tried is shown the first address and ports, which stay free', async () => {
  const { call } = testServer()
  const ports = ['a', 'b'].map((name, index) => ({ name, port: 80 + index }))
  const body = { metadata: { name: 'x' }, spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', ports } }
  for (let times = 0; times < 2; times++)
    expect((await call('POST', `${here}/services?dryRun=All`, { body })).body['spec']).toMatchObject({
      clusterIP: '10.96.0.0',
      ports: [{ nodePort: 32769 }, { nodePort: 32770 }],
      healthCheckNodePort: 32771,
    })
  expect((await call('POST', `${here}/services`, { body })).status).toBe(201)
})
