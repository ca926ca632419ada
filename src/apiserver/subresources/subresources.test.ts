/** Whose words these are: kube-apiserver v1.36, asked the same. */
import { describe, expect, it } from 'vitest'
import { testServer, type Answer } from '../testing.ts'

const here = '/api/v1/namespaces/default'
const mergePatch = { 'content-type': 'application/merge-patch+json' }
const name = 'x'
const qualified =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

describe('a binding', () => {
  async function scheduled(spec: object = {}): Promise<(path: string, body: object) => Promise<Answer>> {
    const { call } = testServer()
    const labels = { 'topology.kubernetes.io/zone': 'z', 'topology.kubernetes.io/region': 'r', 'kubernetes.io/os': 'o' }
    await call('POST', '/api/v1/nodes', { body: { metadata: { name: 'n', labels } } })
    const body = { metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }], ...spec } }
    await call('POST', `${here}/pods`, { body })
    return (path, body) => call(path.endsWith('s/x') ? 'GET' : 'POST', here + path, { body })
  }
  const target = { kind: 'Node', name: 'n' }

  it('brings labels and annotations, and where the node is', async () => {
    const ask = await scheduled()
    const metadata = { name, labels: { a: 'b' }, annotations: { c: 'd' } }
    expect((await ask('/pods/x/binding', { metadata, target })).status).toBe(201)
    expect((await ask('/pods/x', {})).body).toMatchObject({
      metadata: {
        labels: { a: 'b', 'topology.kubernetes.io/region': 'r', 'topology.kubernetes.io/zone': 'z' },
        annotations: { c: 'd' },
      },
      spec: { nodeName: 'n' },
    })
  })

  it('waits for the gates of its pod', async () => {
    const ask = await scheduled({ schedulingGates: [{ name: 'x/y' }] })
    const { status, body } = await ask('/pods/x/binding', { metadata: { name }, target })
    expect([status, body.message]).toEqual([
      409,
      'Operation cannot be fulfilled on pods/binding "x": pod x has non-empty .spec.schedulingGates',
    ])
  })

  it.each([
    [{ metadata: {}, target }, 400, 'Name parameter required.'],
    [
      { metadata: { name }, target: { kind: 'Pod' } },
      500,
      '[target.kind: Unsupported value: "Pod": supported values: "Node", "<empty>", target.name: Required value]',
    ],
  ])('%j is %i', async (sent, status, message) => {
    const { body } = await (await scheduled())('/bindings', sent)
    expect([body['code'], body.message]).toEqual([status, message])
  })
})

const scaled = '/apis/apps/v1/namespaces/default/deployments/x/scale'

async function deployed(): Promise<ReturnType<typeof testServer>['call']> {
  const { call } = testServer()
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const body = { metadata: { name }, spec: { selector: { matchLabels: { a: 'b' } }, template } }
  await call('POST', '/apis/apps/v1/namespaces/default/deployments', { body })
  return call
}

it('a scale is looked at with its metadata', async () => {
  const call = await deployed()
  const metadata = { name, namespace: 'default', labels: { 'a b': 'c' } }
  const { body } = await call('PUT', scaled, {
    body: { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: { replicas: -1 } },
  })
  expect(body.message).toBe(
    `Scale.autoscaling "x" is invalid: [metadata.labels: Invalid value: "a b": ${qualified}, spec.replicas: Invalid value: -1: must be greater than or equal to 0]`,
  )
})

describe('a patch of a scale', () => {
  const patched = async (type: string, text: string): Promise<Answer> => {
    const call = await deployed()
    return call('PATCH', `${scaled}?fieldManager=m`, { text, headers: { 'content-type': `application/${type}` } })
  }
  const [merge, apply] = ['merge-patch+json', 'apply-patch+yaml']

  it.each([
    [merge, '{"kind":"Foo"}', 422, 'no kind "Foo" is registered for version "autoscaling/v1"'],
    [merge, '{"apiVersion":"v1"}', 422, 'no kind "Scale" is registered for version "v1"'],
    [merge, '{"kind":3}', 422, "couldn't get version/kind"],
    [
      merge,
      '{"metadata":null}',
      400,
      'the name of the object (x based on URL) was undeterminable: name must be provided',
    ],
    [merge, '{"metadata":{"name":"z"}}', 400, 'the name of the object (z) does not match the name on the URL (x)'],
    [merge, '{"metadata":{"namespace":"z"}}', 400, 'the namespace of the provided object does not match'],
    [
      'json-patch+json',
      '[{"op":"replace","path":"","value":3}]',
      422,
      'the server rejected our request due to an error',
    ],
    [apply, '{"kind":"Foo","apiVersion":"autoscaling/v1"}', 400, 'invalid object type: autoscaling/v1, Kind=Foo'],
    [apply, '{}', 400, 'invalid object type: /, Kind='],
    [
      apply,
      '{"kind":"Scale","apiVersion":"autoscaling/v1","metadata":{"name":"z"}}',
      400,
      'the name of the object (z) does',
    ],
  ])('by %s of %s is %i', async (type, text, status, message) => {
    const { body, ...answer } = await patched(type, text)
    expect([answer.status, body.message]).toEqual([status, expect.stringContaining(message)])
  })

  it('merges as its type says', async () => {
    const { body, headers } = await patched('strategic-merge-patch+json', '{"spec":{"$patch":"delete"}}')
    expect([body['spec'], headers['warning']]).toEqual([{}, undefined])
  })
})

describe('finalizers of a namespace', () => {
  const path = '/api/v1/namespaces/default/finalize'
  const asked = (metadata: object, finalizers: string[]): object => ({
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'default', ...metadata }, spec: { finalizers } },
  })

  it.each<[number, string, object]>([
    [400, 'was undeterminable: name must be provided', asked({ name: undefined }, [])],
    [409, 'the object has been modified; please apply your changes', asked({ resourceVersion: '99' }, [])],
    [409, 'Precondition failed: UID in precondition: other', asked({ uid: 'other' }, [])],
    [500, 'strconv.ParseUint: parsing "abc": invalid syntax', asked({ resourceVersion: 'abc' }, [])],
    [
      422,
      'spec.finalizers[0]: Invalid value: "plain": name is neither a standard finalizer name nor is it fully qualified',
      asked({}, ['plain']),
    ],
    [200, '', asked({}, ['example.dev/mine'])],
  ])('%i %s', async (status, message, options) => {
    const { call } = testServer()
    const { body, status: answered } = await call('PUT', path, options)
    expect([answered, body.message ?? '']).toEqual([status, expect.stringContaining(message)])
  })

  it('are not patched', async () => {
    expect((await testServer().call('PATCH', path, { body: {}, headers: mergePatch })).status).toBe(405)
  })
})

it.each([`${here}/pods/x/binding`, `${here}/bindings`, `${here}/pods/x/eviction`, `${here}/serviceaccounts/x/token`])(
  'POST %s has no form of a table, which comes before its options',
  async (path) => {
    const headers = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' }
    const { status, body } = await testServer().call('POST', `${path}?dryRun=x`, { body: {}, headers })
    expect([status, body.reason]).toEqual([406, 'NotAcceptable'])
  },
)
