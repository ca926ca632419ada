import { describe, expect, it } from 'vitest'
import type { JsonSchema } from './structural.ts'
import { call, gadgetDefinition, testServer, type Answer } from '../testing.ts'

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const path = '/apis/example.dev/v1/namespaces/default/gadgets'

const crd = (spec: JsonSchema, more: object = {}, versions: object[] = []): object =>
  gadgetDefinition({
    names: { plural: 'gadgets', kind: 'Gadget', shortNames: ['gd'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: { spec, status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        },
        subresources: { status: {} },
        ...more,
      },
      ...versions,
    ],
  })

async function serverWith(spec: JsonSchema, more: object = {}, versions: object[] = []): ReturnType<typeof prepared> {
  return prepared(crd(spec, more, versions))
}

async function prepared(definition: object): Promise<{
  create: (spec: unknown, query?: string) => Promise<Answer>
  call: (method: string, url: string, options?: Parameters<typeof call>[3]) => Promise<Answer>
}> {
  const { server } = testServer()
  const answer = await call(server.handler, 'POST', crds, { body: definition })
  expect(answer.status, answer.body.message).toBe(201)
  await Promise.resolve()
  let count = 0
  return {
    call: (method, url, options) => call(server.handler, method, url, options),
    create: (spec, query = '') =>
      call(server.handler, 'POST', path + query, {
        body: { apiVersion: 'example.dev/v1', kind: 'Gadget', metadata: { name: `g${count++}` }, spec },
      }),
  }
}

const causes = (answer: Answer): [string, string][] =>
  ((answer.body['details'] as { causes?: { field: string; message: string }[] } | undefined)?.causes ?? []).map(
    ({ field, message }) => [field, message],
  )

describe('a custom resource definition', () => {
  it('is established and served at once, and takes its objects with it when it goes', async () => {
    const { create, call } = await serverWith({ type: 'object' })
    const read = await call('GET', `${crds}/gadgets.example.dev`)
    expect(read.body['status']).toMatchObject({
      acceptedNames: { plural: 'gadgets', singular: 'gadget', kind: 'Gadget', listKind: 'GadgetList' },
      conditions: [
        { type: 'NamesAccepted', status: 'True' },
        { type: 'Established', status: 'True' },
      ],
      storedVersions: ['v1'],
    })
    expect((await create({})).status).toBe(201)
    const discovered = await call('GET', '/apis/example.dev/v1')
    expect(discovered.body).toMatchObject({
      resources: expect.arrayContaining([
        expect.objectContaining({ name: 'gadgets', shortNames: ['gd'] }),
        expect.objectContaining({ name: 'gadgets/status' }),
      ]) as unknown,
    })
    await call('DELETE', `${crds}/gadgets.example.dev`)
    await new Promise(setImmediate)
    expect((await call('GET', `${crds}/gadgets.example.dev`)).status).toBe(404)
    expect((await call('GET', path)).status).toBe(404)
  })

  it('lets nothing new in while it goes, and says how far it has come', async () => {
    const { create, call } = await serverWith({ type: 'object' })
    await create({})
    const headers = { 'content-type': 'application/merge-patch+json' }
    const held = (finalizers: string[]): Promise<Answer> =>
      call('PATCH', `${path}/g0`, { headers, body: { metadata: { finalizers } } })
    await held(['a.b/c'])
    const stage = ({ body }: Answer): unknown =>
      (body['status'] as { conditions: object[] } | undefined)?.conditions.find(
        (condition) => (condition as { type: string }).type === 'Terminating',
      )
    const deleted = await call('DELETE', `${crds}/gadgets.example.dev`)
    expect(deleted.body['metadata']).toMatchObject({ generation: 1 })
    expect(stage(deleted)).toMatchObject({ status: 'True', reason: 'InstanceDeletionPending' })
    await new Promise(setImmediate)
    expect(stage(await call('GET', `${crds}/gadgets.example.dev`))).toMatchObject({
      reason: 'InstanceDeletionInProgress',
    })
    const refused = await create({})
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'gadgets.example.dev "g1" is forbidden: create not allowed while custom resource definition is terminating',
    ])
    await held([])
    await new Promise(setImmediate)
    expect((await call('GET', `${crds}/gadgets.example.dev`)).status).toBe(404)
  })

  it.each([
    ['a name that is not plural.group', { metadata: { name: 'wrong' } }, 'must be spec.names.plural+"."+spec.group'],
    ['no spec', { spec: undefined }, 'Required value'],
  ])('is refused with %s', async (_what, change, message) => {
    const { call } = testServer()
    const answer = await call('POST', crds, { body: { ...crd({ type: 'object' }), ...change } })
    expect(answer.status).toBe(422)
    expect(answer.body.message).toContain(message)
  })

  it('is refused with a rule that does not compile, and with a field without a type before that', async () => {
    const { call } = testServer()
    const refusal = async (properties: NonNullable<JsonSchema['properties']>): Promise<string | undefined> =>
      (
        await call('POST', crds, {
          body: crd({ type: 'object', properties, 'x-kubernetes-validations': [{ rule: 'self.(' }] }),
        })
      ).body.message
    expect(await refusal({ a: { type: 'string' } })).toContain('compilation failed')
    expect(await refusal({ a: {} })).toContain('must not be empty for specified object fields')
    expect(await refusal({ a: {} })).not.toContain('compilation failed')
  })

  it('shows one object in every served version without a webhook', async () => {
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
    const older = { name: 'v1beta1', served: true, storage: false, schema, deprecated: true }
    const { create, call } = await serverWith({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }, {}, [
      older,
    ])
    await create({ a: 1 })
    const old = await call('GET', '/apis/example.dev/v1beta1/namespaces/default/gadgets/g0')
    expect(old.body).toMatchObject({ apiVersion: 'example.dev/v1beta1', spec: { a: 1 } })
    const patched = await call('PATCH', '/apis/example.dev/v1beta1/namespaces/default/gadgets/g0', {
      body: { spec: { a: 2 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(patched.headers['warning']).toEqual([
      '299 - "example.dev/v1beta1 Gadget is deprecated; use example.dev/v1 Gadget"',
    ])
    expect((await call('GET', `${path}/g0`)).body).toMatchObject({ apiVersion: 'example.dev/v1', spec: { a: 2 } })
    expect((await call('GET', '/apis/example.dev')).body).toMatchObject({ preferredVersion: { version: 'v1' } })
  })
})

describe('custom resources', () => {
  it('lose unknown fields, with a warning or an error as the client asks', async () => {
    const { create } = await serverWith({
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'object', properties: { b: { type: 'string' } } } } },
    })
    const spec = { a: [{ b: 'x', c: 1 }], d: 1 }
    const warned = await create(spec)
    expect(warned.body['spec']).toEqual({ a: [{ b: 'x' }] })
    expect(warned.headers['warning']).toEqual([
      '299 - "unknown field \\"spec.a[0].c\\""',
      '299 - "unknown field \\"spec.d\\""',
    ])
    expect((await create(spec, '?fieldValidation=Ignore')).headers['warning']).toBeUndefined()
    const strict = await create(spec, '?fieldValidation=Strict')
    expect(strict.status).toBe(400)
    expect(strict.body.message).toBe(
      'Gadget in version "v1" cannot be handled as a Gadget: strict decoding error: unknown field "spec.a[0].c", unknown field "spec.d"',
    )
  })

  it('get defaults, inside of what is there', async () => {
    const { create } = await serverWith({
      type: 'object',
      properties: {
        a: { type: 'integer', default: 3 },
        b: { type: 'object', properties: { c: { type: 'string', default: 'x' } } },
        n: { type: 'string', default: 'y' },
      },
    })
    expect((await create({})).body['spec']).toEqual({ a: 3, n: 'y' })
    expect((await create({ b: {}, a: 1, n: null })).body['spec']).toEqual({ a: 1, b: { c: 'x' }, n: 'y' })
  })

  const schema: JsonSchema = {
    type: 'object',
    required: ['name'],
    properties: {
      name: { type: 'string', minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
      size: { type: 'integer', minimum: 1, maximum: 9, format: 'int32' },
      mode: { type: 'string', enum: ['A', 'B'] },
      when: { type: 'string', format: 'date-time' },
      list: { type: 'array', maxItems: 2, items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
      map: { type: 'object', additionalProperties: { type: 'boolean' } },
      ios: { 'x-kubernetes-int-or-string': true },
    },
  }

  it.each<[string, object, [string, string][]]>([
    ['required', {}, [['spec.name', 'Required value']]],
    [
      'type',
      { name: 5 },
      [['spec.name', 'Invalid value: "integer": spec.name in body must be of type string: "integer"']],
    ],
    [
      'minLength',
      { name: 'a' },
      [['spec.name', 'Invalid value: "a": spec.name in body should be at least 2 chars long']],
    ],
    ['maxLength', { name: 'abcdef' }, [['spec.name', 'Too long: may not be more than 5 bytes']]],
    ['pattern', { name: 'A1' }, [['spec.name', 'Invalid value: "A1": spec.name in body should match \'^[a-z]+$\'']]],
    [
      'minimum',
      { name: 'ab', size: 0 },
      [['spec.size', 'Invalid value: 0: spec.size in body should be greater than or equal to 1']],
    ],
    ['enum', { name: 'ab', mode: 'C' }, [['spec.mode', 'Unsupported value: "C": supported values: "A", "B"']]],
    [
      'format',
      { name: 'ab', when: 'now' },
      [['spec.when', 'Invalid value: "now": spec.when in body must be of type date-time: "now"']],
    ],
    ['maxItems', { name: 'ab', list: ['a', 'b', 'c'] }, [['spec.list', 'Too many: 3: must have at most 2 items']]],
    ['set', { name: 'ab', list: ['a', 'a'] }, [['spec.list[1]', 'Duplicate value: "a"']]],
    [
      'additionalProperties',
      { name: 'ab', map: { k: 'no' } },
      [['spec.map.k', 'Invalid value: "string": spec.map.k in body must be of type boolean: "string"']],
    ],
    [
      'int-or-string',
      { name: 'ab', ios: true },
      [['spec.ios', 'Invalid value: "boolean": spec.ios in body must be of type integer,string: "boolean"']],
    ],
  ])('are validated in the words of the real server: %s', async (_rule, spec, expected) => {
    const answer = await (await serverWith(schema)).create(spec)
    expect(answer.status).toBe(422)
    expect(causes(answer)).toEqual(expected)
  })

  it('obey CEL rules, transition rules on updates only', async () => {
    const { create, call } = await serverWith({
      type: 'object',
      properties: {
        a: { type: 'integer' },
        names: {
          type: 'array',
          maxItems: 50,
          items: { type: 'object', properties: { name: { type: 'string', maxLength: 63 } } },
          'x-kubernetes-validations': [
            { rule: 'self.all(x, self.exists_one(y, x.name == y.name))', message: 'names must be unique' },
          ],
        },
      },
      'x-kubernetes-validations': [
        { rule: 'self.a >= oldSelf.a', message: 'may only grow' },
        { rule: '!has(self.a) || self.a % 2 == 0', messageExpression: "self.a == 3 ? 'odd: 3' : 'odd'" },
      ],
    })
    expect((await create({ a: 2 })).status).toBe(201)
    expect(causes(await create({ a: 3 }))).toEqual([['spec', 'Invalid value: odd: 3']])
    expect(causes(await create({ names: [{ name: 'x' }, { name: 'x' }] }))).toEqual([
      ['spec.names', 'Invalid value: names must be unique'],
    ])
    const patch = (a: number): Promise<Answer> =>
      call('PATCH', `${path}/g0`, {
        body: { spec: { a } },
        headers: { 'content-type': 'application/merge-patch+json' },
      })
    expect((await patch(4)).status).toBe(200)
    expect(causes(await patch(2))).toEqual([['spec', 'Invalid value: may only grow']])
  })

  it('are not held to a new rule for what an update leaves alone', async () => {
    const { create, call } = await serverWith({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
    })
    await create({ a: 'long', b: 'x' })
    const stricter = crd({
      type: 'object',
      properties: { a: { type: 'string', maxLength: 2 }, b: { type: 'string' } },
    }) as { spec: object }
    await call('PATCH', `${crds}/gadgets.example.dev`, {
      body: { spec: stricter.spec },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    const patch = (spec: object): Promise<Answer> =>
      call('PATCH', `${path}/g0`, { body: { spec }, headers: { 'content-type': 'application/merge-patch+json' } })
    expect((await patch({ b: 'y' })).status).toBe(200)
    expect((await patch({ a: 'longer' })).status).toBe(422)
  })

  it('scale where their definition says so', async () => {
    const spec: JsonSchema = { type: 'object', properties: { replicas: { type: 'integer' } } }
    const { create, call } = await serverWith(spec, {
      subresources: {
        status: {},
        scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
      },
    })
    await create({ replicas: 1 })
    const scaled = await call('PATCH', `${path}/g0/scale`, {
      body: { spec: { replicas: 4 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } })
    expect((await call('GET', `${path}/g0`)).body).toMatchObject({ spec: { replicas: 4 }, metadata: { generation: 2 } })
  })
})
