import { beforeEach, describe, expect, it } from 'vitest'
import { gadgetDefinition, testServer, type Answer, type TestServer } from '../testing.ts'

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const path = '/apis/example.dev/v1/namespaces/default/gadgets'
const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const schema = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        small: { type: 'integer', format: 'int32' },
        name: { type: 'string', minLength: 2, pattern: '^[a-z]+$' },
        inner: { ...open, 'x-kubernetes-embedded-resource': true },
        list: { type: 'array', items: { type: 'object', properties: { k: { type: 'string' } } } },
        when: { type: 'string', format: 'date-time' },
      },
    },
    status: open,
  },
}
const columns = [
  { name: 'First', type: 'string', jsonPath: '.spec.list[*].k' },
  { name: 'When', type: 'date', jsonPath: '.spec.when' },
]

let test: TestServer
const create = (spec: unknown, metadata: object = {}): Promise<Answer> =>
  test.call('POST', path, {
    body: { apiVersion: 'example.dev/v1', kind: 'Gadget', metadata: { name: 'g', ...metadata }, spec },
  })
const patch = (body: object, url = `${path}/g`): Promise<Answer> =>
  test.call('PATCH', url, { body, headers: { 'content-type': 'application/merge-patch+json' } })
const messages = ({ body }: Answer): string[] =>
  (body['details'] as { causes: { field: string; message: string }[] }).causes.map(
    ({ field, message }) => `${field}: ${message}`,
  )

beforeEach(async () => {
  test = testServer()
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema },
    subresources: { status: {}, scale: { specReplicasPath: '.spec.small', statusReplicasPath: '.status.n' } },
    additionalPrinterColumns: columns,
  }
  expect((await test.call('POST', crds, { body: gadgetDefinition({ versions: [version] }) })).status).toBe(201)
})

describe('custom resources are looked at as by the real server', () => {
  it('an object inside says what it is, and its metadata is metadata', async () => {
    expect(messages(await create({ inner: {} }))).toEqual([
      'spec.inner.apiVersion: Required value',
      'spec.inner.kind: Required value',
    ])
    const inner = { apiVersion: 'v1', kind: 'X', metadata: { labels: { '!': 'x' } } }
    expect(messages(await create({ inner }))[0]).toMatch(/^spec\.inner\.metadata\.labels: Invalid value: "!"/)
    const answer = await create({ inner: { apiVersion: 'v1', kind: 'X', metadata: { name: 'n', foo: 1 } } })
    expect(answer.headers['warning']).toEqual(['299 - "unknown field \\"spec.inner.metadata.foo\\""'])
    expect(answer.body['spec']).toEqual({ inner: { apiVersion: 'v1', kind: 'X', metadata: { name: 'n' } } })
  })

  it('numbers have to fit their format, and the first fault of a text is told', async () => {
    expect(messages(await create({ small: 2.5 })).slice(0, 2)).toEqual([
      'spec.small: Invalid value: "float64": spec.small in body must be of type int32: "float64"',
      '<nil>: Invalid value: "": Checked value must be of type integer with format int32 in spec.small',
    ])
    expect(messages(await create({ small: 2 ** 40 }))[0]).toContain('integer with format int32 in spec.small')
    expect(messages(await create({ name: 'A' }))).toEqual([
      'spec.name: Invalid value: "A": spec.name in body should be at least 2 chars long',
    ])
    expect(messages(await create([]))).toContain(
      '.spec.small: Invalid value: 0: .spec.small accessor error: [] is of the type []interface {}, expected map[string]interface{}',
    )
  })

  it('metadata is read as metadata', async () => {
    expect((await create({}, { labels: { a: 1 } })).body.message).toBe(
      'Gadget in version "v1" cannot be handled as a Gadget: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
    )
    const answer = await create({}, { foo: 1 })
    expect(answer.headers['warning']).toEqual(['299 - "unknown field \\"metadata.foo\\""'])
    expect(answer.body['metadata']).not.toHaveProperty('foo')
  })

  it('a part of an object is neither made nor deleted, a column shows the first of many', async () => {
    await create({ list: [{ k: 'a' }, { k: 'b' }] })
    expect((await test.call('DELETE', `${path}/g/status`)).body).toMatchObject({
      code: 405,
      message: 'delete is not supported on resources of kind "gadgets.example.dev"',
    })
    expect((await test.call('POST', `${path}/g/status`, { body: {} })).status).toBe(405)
    expect((await test.call('GET', `${path}/g`)).status).toBe(200)
    const accept = 'application/json;as=Table;v=v1beta1;g=meta.k8s.io'
    const table = await test.call('GET', `${path}/g`, { headers: { accept } })
    expect(table.body).toMatchObject({ apiVersion: 'meta.k8s.io/v1beta1', rows: [{ cells: ['g', 'a', null] }] })
  })

  it('a patch changes neither version nor the type of replicas, an apply that makes says a name', async () => {
    await create({})
    expect(messages(await patch({ apiVersion: 'other/v2' }))).toEqual([
      'apiVersion: Invalid value: "other/v2": must be example.dev/v1',
    ])
    expect((await patch({ spec: { replicas: 'x' } }, `${path}/g/scale`)).body.message).toContain(
      'json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32',
    )
    const apply = await test.call('PATCH', `${path}/new?fieldManager=m`, {
      body: { apiVersion: 'example.dev/v1', kind: 'Gadget' },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })
    expect(apply.body.message).toBe(
      'the name of the object (new based on URL) was undeterminable: name must be provided',
    )
  })
})
