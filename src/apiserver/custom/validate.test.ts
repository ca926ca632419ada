import { beforeEach, describe, expect, it } from 'vitest'
import { testServer, type TestServer } from '../testing.ts'

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const things = '/apis/cr.dev/v1/namespaces/default/things'
const preserved = { 'x-kubernetes-preserve-unknown-fields': true }
const embedded = { type: 'object', 'x-kubernetes-embedded-resource': true, ...preserved }
const set = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } }

const definition = (properties: object, subresources: object = {}): object => ({
  metadata: { name: 'things.cr.dev' },
  spec: {
    group: 'cr.dev',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources,
        schema: { openAPIV3Schema: { type: 'object', properties } },
      },
    ],
  },
})

const spec = {
  type: 'object',
  properties: {
    keyed: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k', 'n'],
      maxItems: 4,
      items: {
        type: 'object',
        required: ['k'],
        properties: {
          k: { type: 'string' },
          n: { type: 'integer', default: 1 },
          v: { type: 'string', maxLength: 1 },
        },
      },
    },
    sets: { type: 'object', additionalProperties: set },
    embedded,
    few: { type: 'array', maxItems: 1, items: { type: 'string' } },
    text: { type: 'string' },
    number: { type: 'number', multipleOf: 2, minimum: 5 },
    choice: { type: 'number', enum: [1, 2] },
    picky: { type: 'object', properties: { x: { type: 'string' } }, required: ['x'], allOf: [{ required: ['x'] }] },
    whole: { type: 'object', ...preserved, enum: [{ a: 1 }] },
    either: { type: 'object', not: { required: ['x'] } },
  },
}
const status = {
  type: 'object',
  properties: { a: { type: 'integer' }, set, embedded, odd: { type: 'integer', multipleOf: 2, enum: [2, 4] } },
  anyOf: [{ required: ['a'] }, { required: ['set'] }],
}

let server: TestServer
const causesOf = (body: Record<string, unknown>): unknown =>
  (body['details'] as { causes?: { field: string; message: string }[] } | undefined)?.causes?.map(
    ({ field, message }) => `${field}: ${message}`,
  ) ?? body
const create = async (spec: unknown): Promise<unknown> => {
  const body = { apiVersion: 'cr.dev/v1', kind: 'Thing', metadata: { name: 'a' }, spec }
  return causesOf((await server.call('POST', things, { body })).body)
}
const patch = async (body: object, at = ''): Promise<Record<string, unknown>> =>
  (
    await server.call('PATCH', `${things}/a${at}`, {
      body,
      headers: { 'content-type': 'application/merge-patch+json' },
    })
  ).body

beforeEach(async () => {
  server = testServer()
  expect((await server.call('POST', definitions, { body: definition({ spec, status }, { status: {} }) })).status).toBe(
    201,
  )
})

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('custom resources', () => {
  it.each<[string, unknown, string[]]>([
    [
      'name what is twice once, behind all that the schema says',
      {
        keyed: [{ k: 'a' }, { k: 'a', v: 'xx' }, { k: 'a', n: 1 }, { k: 'b' }],
        sets: { 'a/b': ['x', 'x', 'x'] },
        text: 3,
      },
      [
        'spec.keyed[1].v: Too long: may not be more than 1 byte',
        'spec.text: Invalid value: "integer": spec.text in body must be of type string: "integer"',
        'spec.keyed[1]: Duplicate value: {"k":"a","n":1}',
        'spec.sets[a/b][1]: Duplicate value: "x"',
      ],
    ],
    [
      'have objects in keyed lists',
      { keyed: ['x', { k: 'a' }] },
      [
        'spec.keyed[0]: Invalid value: "string": spec.keyed[0] in body must be of type object: "string"',
        'spec.keyed[0]: Invalid value: "x": must be an object for an array of list-type map',
      ],
    ],
    [
      'look at embedded objects behind the schema',
      { embedded: {}, text: 3 },
      [
        'spec.text: Invalid value: "integer": spec.text in body must be of type string: "integer"',
        'spec.embedded.apiVersion: Required value',
        'spec.embedded.kind: Required value',
      ],
    ],
    [
      'look at items before there are too many',
      { few: ['a', 1] },
      [
        'spec.few[1]: Invalid value: "integer": spec.few[1] in body must be of type string: "integer"',
        'spec.few: Too many: 2: must have at most 1 item',
      ],
    ],
    [
      'look at what numbers are multiples of first',
      { number: 3 },
      [
        'spec.number: Invalid value: 3: spec.number in body should be a multiple of 2',
        'spec.number: Invalid value: 3: spec.number in body should be greater than or equal to 5',
      ],
    ],
    ['show choices as texts', { choice: 3.5 }, ['spec.choice: Unsupported value: 3.5: supported values: "1", "2"']],
    [
      'show maps with their keys in order',
      { whole: { z: 1, a: { y: 2, b: 3 } } },
      ['spec.whole: Unsupported value: {"a":{"b":3,"y":2},"z":1}: supported values: "{\\"a\\":1}"'],
    ],
    [
      'say a thing once',
      { picky: {} },
      [
        'spec.picky.x: Required value',
        '<nil>: Invalid value: "": "spec.picky" must validate all the schemas (allOf). None validated',
      ],
    ],
    [
      'look at all of a value of the wrong type',
      { either: 3 },
      [
        'spec.either: Invalid value: "integer": spec.either in body must be of type object: "integer"',
        '<nil>: Invalid value: "": "spec.either" must not validate the schema (not)',
      ],
    ],
  ])('%s', async (_, value, causes) => {
    expect(await create(value)).toEqual(causes)
  })

  it('have the names of custom resources, whatever their kind is called', async () => {
    for (const [kind, name, status] of [
      ['Service', 'a.b', 201],
      ['Role', 'a:b', 422],
      ['CertificateSigningRequest', 'A', 422],
      ['PodDisruptionBudget', 'A', 422],
    ] as const) {
      const crd = definition({}) as { spec: { names: object } }
      server = testServer()
      crd.spec.names = { plural: 'things', kind }
      await server.call('POST', definitions, { body: crd })
      const body = { apiVersion: 'cr.dev/v1', kind, metadata: { name } }
      expect([kind, (await server.call('POST', things, { body })).status]).toEqual([kind, status])
    }
  })

  it('may choose a number that is one but for its fraction', async () => {
    expect(await create({ choice: 1.5 })).toMatchObject({ spec: { choice: 1.5 } })
  })

  it('say of a status what is wrong with it as a whole', async () => {
    await create({})
    expect(causesOf(await patch({ status: { odd: 3 } }, '/status'))).toEqual([
      'status: Invalid value: "": "" must validate at least one schema (anyOf)',
      'status.a: Required value',
      'status.odd: Invalid value: 3: odd in body should be a multiple of 2',
      'status.odd: Unsupported value: 3: supported values: "2", "4"',
    ])
    // Nobody looks at objects within a status that comes by itself.
    expect(await patch({ status: { set: ['q'], embedded: { x: 1 } } }, '/status')).toMatchObject({ kind: 'Thing' })
  })

  it('are of a new generation when a status changes that is no resource of its own', async () => {
    const crd = definition({ status: { type: 'string' } })
    server = testServer()
    await server.call('POST', definitions, { body: crd })
    await create({})
    expect((await patch({ status: 'x' }))['metadata']).toMatchObject({ generation: 2 })
  })

  it('take anything in an apply for a text that has a format, and say then what is wrong with it', async () => {
    server = testServer()
    await server.call('POST', definitions, {
      body: definition({ spec: { type: 'array', items: { type: 'string', format: 'ipv4' } } }),
    })
    const { status, body } = await server.call('PATCH', `${things}/a?fieldManager=m`, {
      body: { apiVersion: 'cr.dev/v1', kind: 'Thing', metadata: { name: 'a' }, spec: [7] },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })
    expect([status, causesOf(body)]).toEqual([
      422,
      ['spec[0]: Invalid value: "int64": spec[0] in body must be of type ipv4: "int64"'],
    ])
  })
})

describe('defaults', () => {
  it.each<[string, object, string[]]>([
    [
      'name fields of rules as they are',
      {
        properties: { x: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > 3' }] } },
        default: { x: 3 },
      },
      ['default.x: Invalid value: 3: failed rule: self > 3'],
    ],
    [
      'are looked at as if they had been there before',
      {
        properties: { x: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self > oldSelf' }] } },
        default: { x: 3 },
      },
      ['default.x: Invalid value: 3: failed rule: self > oldSelf'],
    ],
    [
      'are wrong as a whole',
      { anyOf: [{ required: ['x'] }], properties: { x: { type: 'string' } }, default: {} },
      ['default: Invalid value: "": "" must validate at least one schema (anyOf)', 'default.x: Required value'],
    ],
    [
      'hold whole objects',
      { properties: { x: embedded }, default: { x: { kind: 'A' } } },
      ['default.x.apiVersion: Required value'],
    ],
    ['may be twice in a set', { properties: { x: set }, default: { x: ['a', 'a'] } }, []],
  ])('%s', async (_, schema, causes) => {
    const body = definition({ spec: { type: 'object', ...schema } })
    const { body: told } = await testServer().call('POST', `${definitions}?dryRun=All`, { body })
    const at = 'spec.validation.openAPIV3Schema.properties[spec].'
    expect(causesOf(told)).toEqual(causes.length === 0 ? told : causes.map((cause) => `${at}${cause}`))
    expect(told['kind']).toBe(causes.length === 0 ? 'CustomResourceDefinition' : 'Status')
  })
})
