import { describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'

const group = '/apis/networking.k8s.io/v1'
const policies = `${group}/namespaces/default/networkpolicies`
const ingresses = `${group}/namespaces/default/ingresses`
const classes = `${group}/ingressclasses`
const service = { name: 's', port: { number: 80 } }

const problems = async (path: string, body: object): Promise<string[]> => {
  const answer = await testServer().call('POST', path, { body: { metadata: { name: 'x' }, ...body } })
  const { causes } = (answer.body['details'] ?? {}) as { causes?: { field: string; message: string }[] }
  return (causes ?? []).map(({ field, message }) => `${field}: ${message}`)
}

/** In the words of kube-apiserver v1.36.1. */
describe('network policies', () => {
  const ruled = (rule: object): object => ({ spec: { podSelector: {}, ingress: [rule] } })

  it.each([
    [{ from: [{}] }, 'spec.ingress[0].from[0]: Required value: must specify a peer'],
    [
      { from: [{ podSelector: {}, ipBlock: { cidr: '10.0.0.0/8' } }] },
      'spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer',
    ],
    [
      { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8'] } }] },
      'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
    ],
    [
      { ports: [{ port: 'http', endPort: 3 }] },
      'spec.ingress[0].ports[0].endPort: Invalid value: 3: may not be specified when `port` is non-numeric',
    ],
    [
      { ports: [{ port: 80, protocol: 'x' }] },
      'spec.ingress[0].ports[0].protocol: Unsupported value: "x": supported values: "TCP", "UDP", "SCTP"',
    ],
  ])('%j', async (rule, problem) => expect(await problems(policies, ruled(rule))).toEqual([problem]))

  it('are about what they say something of', async () => {
    const { call } = testServer()
    const spec = { podSelector: { matchLabels: { a: 'b' } }, egress: [{ ports: [{ port: 53 }] }] }
    const { body } = await call('POST', policies, { body: { metadata: { name: 'x' }, spec } })
    expect(body['spec']).toEqual({
      podSelector: { matchLabels: { a: 'b' } },
      egress: [{ ports: [{ protocol: 'TCP', port: 53 }] }],
      policyTypes: ['Ingress', 'Egress'],
    })
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
    const table = await call('GET', policies, { headers })
    expect((table.body['rows'] as { cells: unknown[] }[])[0]?.cells.slice(0, 2)).toEqual(['x', 'a=b'])
  })
})

describe('ingresses', () => {
  const at = (path: object): object => ({ spec: { rules: [{ host: 'a.b', http: { paths: [path] } }] } })

  it.each<[object, string]>([
    [{ spec: {} }, 'spec: Invalid value: null: either `defaultBackend` or `rules` must be specified'],
    [
      at({ path: '/', backend: { service } }),
      'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
    ],
    [
      at({ path: 'a', pathType: 'Prefix', backend: { service } }),
      'spec.rules[0].http.paths[0].path: Invalid value: "a": must be an absolute path',
    ],
    [
      at({ path: '/a//b', pathType: 'Exact', backend: { service } }),
      `spec.rules[0].http.paths[0].path: Invalid value: "/a//b": must not contain '//'`,
    ],
    [
      at({ path: '/', pathType: 'Exact', backend: {} }),
      'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required',
    ],
    [
      { spec: { defaultBackend: { service: { name: 's' } } } },
      'spec.defaultBackend: Required value: port name or number is required',
    ],
    [
      { spec: { defaultBackend: { service }, rules: [{ host: '10.0.0.1' }] } },
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
    ],
  ])('%j', async (body, problem) => expect(await problems(ingresses, body)).toEqual([problem]))

  it('are of the newest class that says that it is the one', async () => {
    const { call, clock } = testServer()
    const annotations = { 'ingressclass.kubernetes.io/is-default-class': 'true' }
    for (const name of ['old', 'new']) {
      await call('POST', classes, { body: { metadata: { name, annotations }, spec: { controller: 'x.dev/y' } } })
      await clock.advance(2000)
    }
    const body = { metadata: { name: 'x' }, spec: { defaultBackend: { service } } }
    const ingress = await call('POST', ingresses, { body })
    expect(ingress.body['spec']).toMatchObject({ ingressClassName: 'new' })
  })
})

it.each<[object, string]>([
  [
    { spec: { controller: 'x' } },
    'spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")',
  ],
  [
    { spec: { controller: 'x.dev/y', parameters: { kind: 'K', name: 'n', scope: 'Namespace' } } },
    "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
  ],
  [
    { spec: { controller: 'x.dev/y', parameters: { kind: 'K', name: 'n', namespace: 'n' } } },
    "spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'",
  ],
])('a class of ingresses %j', async (body, problem) => expect(await problems(classes, body)).toEqual([problem]))

it('a class of attributes stays as long as a claim names it', async () => {
  const { call, clock } = testServer()
  const path = '/apis/storage.k8s.io/v1/volumeattributesclasses'
  const claims = '/api/v1/namespaces/default/persistentvolumeclaims'
  await call('POST', path, { body: { metadata: { name: 'fast' }, driverName: 'x.dev', parameters: { a: 'b' } } })
  const spec = {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
    volumeAttributesClassName: 'fast',
  }
  await call('POST', claims, { body: { metadata: { name: 'c' }, spec } })
  await call('DELETE', `${path}/fast`)
  await clock.advance(1)
  expect((await call('GET', `${path}/fast`)).body.metadata).toMatchObject({
    finalizers: ['kubernetes.io/vac-protection'],
  })
  await call('DELETE', `${claims}/c`)
  await clock.advance(1)
  expect((await call('GET', `${path}/fast`)).status).toBe(404)
})
