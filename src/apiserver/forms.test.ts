import { describe, expect, it } from 'vitest'
import { protobufType } from '../kube/types/protobuf.ts'
import { testServer, type Answer, type TestServer } from './testing.ts'

const deployments = '/apis/apps/v1/namespaces/default/deployments'
const tables = 'application/json;as=Table;v=v1;g=meta.k8s.io'
const metadataAlone = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'

async function withDeployment(): Promise<TestServer> {
  const test = testServer()
  const spec = { containers: [{ name: 'c', image: 'i' }] }
  const matchExpressions = [
    { key: 'tier', operator: 'Exists' },
    { key: 'app', operator: 'In', values: ['b', 'a'] },
  ]
  await test.call('POST', deployments, {
    body: {
      metadata: { name: 'd' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'a' }, matchExpressions },
        template: { metadata: { labels: { app: 'a', tier: 'x' } }, spec },
      },
    },
  })
  return test
}

const bytesOf = ({ reply: { body } }: Answer): string =>
  body.kind === 'value' ? body.value.bytes().toString('base64') : ''

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('the form that a client asks for', () => {
  it('holds for the scale of an object, too', async () => {
    const { call } = await withDeployment()
    const scale = async (accept: string): Promise<Answer['body']> =>
      (await call('GET', `${deployments}/d/scale`, { headers: { accept } })).body
    expect((await scale('application/json'))['status']).toEqual({
      replicas: 0,
      selector: 'app=a,app in (a,b),tier',
    })
    const shown = (await scale(tables)) as unknown as {
      columnDefinitions: { name: string; type: string; format: string }[]
      rows: { cells: unknown[] }[]
    }
    expect(shown.columnDefinitions.map(({ name, type, format }) => [name, type, format])).toEqual([
      ['Name', 'string', ''],
      ['Desired', 'integer', ''],
      ['Available', 'integer', ''],
      ['Age', 'string', ''],
    ])
    expect(shown.rows[0]?.cells.slice(0, 3)).toEqual(['d', 2, 0])
    expect(await scale(metadataAlone)).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'd' } })
  })

  it('is looked at before the object is', async () => {
    const { call } = testServer()
    const accept = 'application/json;as=Book;v=v1;g=meta.k8s.io'
    expect((await call('GET', `${deployments}/nobody`, { headers: { accept } })).status).toBe(406)
  })

  it('is looked at before anything is written', async () => {
    const { call } = await withDeployment()
    const headers = { accept: 'application/json;as=Book;v=v1;g=meta.k8s.io' }
    const statuses = [
      await call('POST', deployments, { body: { metadata: { name: 'd' } }, headers }),
      await call('DELETE', `${deployments}/d`, { headers }),
      await call('GET', `${deployments}/d`),
    ].map(({ status }) => status)
    expect(statuses).toEqual([406, 406, 200])
  })

  it('is that of what a deletion leaves, too', async () => {
    const { call } = testServer()
    const services = '/api/v1/namespaces/default/services'
    await call('POST', services, { body: { metadata: { name: 's' }, spec: { ports: [{ port: 80 }] } } })
    const { body } = await call('DELETE', `${services}/s`, { headers: { accept: metadataAlone } })
    expect(body).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 's' } })
  })

  it('has no annotation that stands for a field, but where the whole is shown', async () => {
    const { call } = testServer()
    const path = '/apis/apps/v1/namespaces/default/daemonsets'
    const labels = { a: 'b' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await call('POST', path, {
      body: { metadata: { name: 'd' }, spec: { selector: { matchLabels: labels }, template } },
    })
    const metadata = async (accept: string): Promise<unknown> =>
      (await call('GET', `${path}/d`, { headers: { accept } })).body['metadata']
    expect(await metadata('application/json')).toHaveProperty('annotations')
    expect(await metadata(metadataAlone)).not.toHaveProperty('annotations')
  })

  it('is no table for the status of a definition or an API service', async () => {
    const { call } = testServer()
    const path = '/apis/apiregistration.k8s.io/v1/apiservices/v1.apps'
    const asTable = { headers: { accept: tables } }
    expect((await call('GET', path, asTable)).status).toBe(200)
    const { status, body } = await call('GET', `${path}/status`, asTable)
    expect([status, body.message]).toEqual([
      406,
      'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ])
  })

  it('has what is empty in protobuf, as Go writes it', async () => {
    const { call } = testServer()
    const refused = await call('GET', '/api/v1/namespaces/default/configmaps/c/status', {
      headers: { accept: protobufType },
    })
    expect(bytesOf(refused)).toBe(
      'azhzAAoMCgJ2MRIGU3RhdHVzElwKBgoAEgAaABIHRmFpbHVyZRowdGhlIHNlcnZlciBjb3VsZCBub3QgZmluZCB0aGUgcmVxdWVzdGVkIHJlc291cmNlIghOb3RGb3VuZCoKCgASABoAKAAyADCUAxoAIgA=',
    )
  })

  it('is not warned of where there is nothing of the kind', async () => {
    const { call } = testServer()
    const endpoints = '/api/v1/namespaces/default/endpoints'
    const warning = async (path: string): Promise<unknown> => (await call('GET', path)).headers['warning']?.[0]
    expect([await warning(endpoints), await warning(`${endpoints}/e/status`)]).toEqual([
      '299 - "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"',
      undefined,
    ])
  })
})

it('options of a deletion are those of its body, where it has one', async () => {
  const { call } = await withDeployment()
  const query = '?dryRun=All'
  expect((await call('DELETE', `${deployments}/d${query}`)).status).toBe(200)
  expect((await call('GET', `${deployments}/d`)).status).toBe(200)
  await call('DELETE', `${deployments}/d${query}`, { body: { kind: 'DeleteOptions', apiVersion: 'v1' } })
  expect((await call('GET', `${deployments}/d`)).status).toBe(404)
})

it('a body that is no protobuf is quoted', async () => {
  const { call } = testServer()
  const sent = async (text: string): Promise<unknown> =>
    (await call('POST', '/api/v1/namespaces/default/configmaps', { text, headers: { 'content-type': protobufType } }))
      .body.message
  const unrecognized = 'the object provided is unrecognized (must be of type ConfigMap):'
  const expected = 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]'
  expect([await sent('{"kind":"ConfigMap","apiVersion":"v1"}'), await sent('abc'), await sent('')]).toEqual([
    `${unrecognized} ${expected} ({"kind":"ConfigMap","apiVersio ...)`,
    `${unrecognized} ${expected} (616263)`,
    `${unrecognized} empty data (<empty>)`,
  ])
})

it('addresses of a service are looked at before all else of it', async () => {
  const { call } = testServer()
  const { body } = await call('POST', '/api/v1/namespaces/default/services', {
    body: { metadata: { name: 's' }, spec: { clusterIPs: ['1.2.3.4'], ports: [{ port: 99_999 }] } },
  })
  expect(body.message).toBe(
    'Service "s" is invalid: spec.clusterIPs: Invalid value: ["1.2.3.4"]: must be empty when `clusterIP` is not specified',
  )
})

/** As in the documents of kube-apiserver v1.36.1, without descriptions. */
describe('schemas of built-in types', () => {
  const schemas = async (): Promise<Record<string, object>> => {
    const { body } = await testServer().call('GET', '/openapi/v3/api/v1')
    // Without its prose.
    const bare = JSON.stringify(body['components'], (key, value: unknown) =>
      key === 'description' ? undefined : value,
    )
    return (JSON.parse(bare) as { schemas: Record<string, object> }).schemas
  }
  const at = '#/components/schemas/'

  it('say what has to be there, what is there by default, and which values there are', async () => {
    const { 'io.k8s.api.core.v1.ContainerPort': port, 'io.k8s.api.core.v1.Taint': taint } = await schemas()
    expect(port).toEqual({
      type: 'object',
      required: ['containerPort'],
      properties: {
        containerPort: { type: 'integer', format: 'int32', default: 0 },
        hostIP: { type: 'string' },
        hostPort: { type: 'integer', format: 'int32' },
        name: { type: 'string' },
        protocol: { type: 'string', default: 'TCP', enum: ['SCTP', 'TCP', 'UDP'] },
      },
    })
    expect(taint).toMatchObject({
      required: ['key', 'effect'],
      properties: { timeAdded: { allOf: [{ $ref: `${at}io.k8s.apimachinery.pkg.apis.meta.v1.Time` }] } },
    })
  })

  it('refer to amounts and the like by name, and say what is one whole', async () => {
    const all = await schemas()
    const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity'
    expect(all[quantity]).toEqual({ oneOf: [{ type: 'string' }, { type: 'number' }] })
    expect(all['io.k8s.api.core.v1.ResourceQuotaStatus']).toMatchObject({
      properties: { hard: { type: 'object', additionalProperties: { $ref: at + quantity } } },
    })
    expect(all['io.k8s.api.core.v1.NodeSelectorTerm']).toMatchObject({
      'x-kubernetes-map-type': 'atomic',
      properties: { matchFields: { 'x-kubernetes-list-type': 'atomic' } },
    })
  })

  it('have lists', async () => {
    const { 'io.k8s.api.core.v1.PodList': list } = await schemas()
    expect(list).toEqual({
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { type: 'string' },
        kind: { type: 'string' },
        items: { type: 'array', items: { default: {}, allOf: [{ $ref: `${at}io.k8s.api.core.v1.Pod` }] } },
        metadata: { default: {}, allOf: [{ $ref: `${at}io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta` }] },
      },
      'x-kubernetes-group-version-kind': [{ group: '', kind: 'PodList', version: 'v1' }],
    })
  })
})
