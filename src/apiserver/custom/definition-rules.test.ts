import { describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'
import type { JsonSchema } from './structural.ts'

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const object = { type: 'object' }
const withA = (a: object): object => ({ type: 'object', properties: { a } })

const definition = (version: object, spec: object = {}): object => ({
  metadata: { name: 'things.example.dev' },
  spec: {
    group: 'example.dev',
    scope: 'Namespaced',
    names: { plural: 'things', kind: 'Thing' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: object }, ...version }],
    ...spec,
  },
})
const schema = (openAPIV3Schema: object): object => definition({ schema: { openAPIV3Schema } })
const root = 'spec.validation.openAPIV3Schema'
const a = `${root}.properties[a]`

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('a definition is refused in the words of the real server', () => {
  it.each<[string, object, string]>([
    [
      'no type',
      schema({ properties: { a: {} } }),
      `[${a}.type: Required value: must not be empty for specified object fields, ${root}.type: Required value: must not be empty at the root]`,
    ],
    ['an array of nothing', schema(withA({ type: 'array' })), `${a}.items: Required value: must be specified`],
    [
      'an unknown type',
      schema(withA({ type: 'foo' })),
      `${a}.type: Unsupported value: "foo": supported values: "array", "boolean", "integer", "number", "object", "string"`,
    ],
    [
      'a list by key whose key may be missing',
      schema(
        withA({
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: { type: 'object', properties: { k: { type: 'string' } } },
        }),
      ),
      `${a}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ],
    [
      'a set of granular objects',
      schema(withA({ type: 'array', 'x-kubernetes-list-type': 'set', items: object })),
      `${a}.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set`,
    ],
    [
      'a default of another type',
      schema(withA({ type: 'string', default: 3 })),
      `${a}.default: Invalid value: "integer":  in body must be of type string: "integer"`,
    ],
    [
      'a default with unknown fields',
      schema(withA({ type: 'object', default: { q: 1 } })),
      `${a}.default: Invalid value: {"q":1}: must not have unknown fields`,
    ],
    [
      'a type in a quantifier',
      schema(withA({ type: 'string', anyOf: [{ type: 'string' }] })),
      `${a}.anyOf[0].type: Forbidden: must be empty to be structural`,
    ],
    ['a reference', schema(withA({ $ref: '#/x' })), `${a}.$ref: Forbidden: $ref is not supported`],
    [
      'definitions within a schema',
      schema(withA({ definitions: { d: { id: 'x' } } })),
      `[${a}.definitions: Forbidden: definitions is not supported, ${a}.definitions[d].id: Forbidden: id is not supported]`,
    ],
    [
      'a root that says more than its properties',
      definition({ schema: { openAPIV3Schema: { type: 'object', minProperties: 1 } }, subresources: { status: {} } }),
      `${root}: Invalid value: {"ID":"","Schema":"","Ref":null,"Description":"","Type":"object","Nullable":false,"Format":"","Title":"","Default":null,"Maximum":null,"ExclusiveMaximum":false,"Minimum":null,"ExclusiveMinimum":false,"MaxLength":null,"MinLength":null,"Pattern":"","MaxItems":null,"MinItems":null,"UniqueItems":false,"MultipleOf":null,"Enum":null,"MaxProperties":null,"MinProperties":1,"Required":null,"Items":null,"AllOf":null,"OneOf":null,"AnyOf":null,"Not":null,"Properties":null,"AdditionalProperties":null,"PatternProperties":null,"Dependencies":null,"AdditionalItems":null,"Definitions":null,"ExternalDocs":null,"Example":null,"XPreserveUnknownFields":null,"XEmbeddedResource":false,"XIntOrString":false,"XListMapKeys":null,"XListType":null,"XMapType":null,"XValidations":null}: only [Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations] fields are allowed at the root of the schema if the status subresource is enabled`,
    ],
    [
      'a rule of no known reason',
      schema(withA({ type: 'string', 'x-kubernetes-validations': [{ rule: 'self != ""', reason: 'X' }] })),
      `${a}.x-kubernetes-validations[0].reason: Unsupported value: "X": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"`,
    ],
    [
      'rules for metadata',
      schema({ type: 'object', properties: { metadata: { type: 'object', properties: { labels: object } } } }),
      `${root}.properties[metadata]: Forbidden: must not specify anything other than name and generateName, but metadata is implicitly specified`,
    ],
    [
      'no stored version',
      definition({ storage: false }),
      '[spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":false,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version, status.storedVersions: Invalid value: null: must have at least one stored version]',
    ],
    [
      'replicas elsewhere',
      definition({ subresources: { scale: { specReplicasPath: '.foo', statusReplicasPath: '.status.r' } } }),
      'spec.subresources.scale.specReplicasPath: Invalid value: ".foo": should be a json path under .spec',
    ],
    [
      'a column of nothing',
      definition({ additionalPrinterColumns: [{ name: '', type: 'foo', jsonPath: '' }] }),
      '[spec.additionalPrinterColumns[0].name: Required value, spec.additionalPrinterColumns[0].type: Invalid value: "foo": must be one of boolean,date,integer,number,string, spec.additionalPrinterColumns[0].JSONPath: Required value]',
    ],
    [
      'a selectable field that is not there',
      definition({ selectableFields: [{ jsonPath: '.spec.x' }] }),
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.x": is an invalid path: does not refer to a valid field',
    ],
    [
      'an unknown conversion',
      definition({}, { conversion: { strategy: 'X' } }),
      'spec.conversion.strategy: Unsupported value: "X": supported values: "None", "Webhook"',
    ],
    [
      'a webhook without TLS',
      definition(
        {},
        {
          conversion: {
            strategy: 'Webhook',
            webhook: { clientConfig: { url: 'http://x' }, conversionReviewVersions: ['v1'] },
          },
        },
      ),
      `spec.conversion.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
    ],
  ])('%s', async (_what, body, causes) => {
    const { status, body: answer } = await testServer().call('POST', crds, { body })
    const text = 'CustomResourceDefinition.apiextensions.k8s.io "things.example.dev" is invalid: '
    expect([status, answer.message?.replace(text, '')]).toEqual([422, causes])
  })

  it('also when two versions differ: then each is named by itself', async () => {
    const other = { name: 'v2', served: true, storage: false, schema: { openAPIV3Schema: withA({}) as JsonSchema } }
    const first = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: object } }
    const { body } = await testServer().call('POST', crds, { body: definition({}, { versions: [first, other] }) })
    expect(body.message).toContain('spec.versions[1].schema.openAPIV3Schema.properties[a].type: Required value')
  })

  it("as are groups of Kubernetes' own without approval", async () => {
    const group = 'things.k8s.io'
    const { body } = await testServer().call('POST', crds, {
      body: { ...definition({}, { group }), metadata: { name: `things.${group}` } },
    })
    expect(body.message).toContain(
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation',
    )
  })
})

describe('replicas of a custom resource', () => {
  const path = '/apis/example.dev/v1/namespaces/default/things'
  const scaled = definition({
    schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
    subresources: { status: {}, scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.r' } },
  })

  it('are no negative numbers and no texts', async () => {
    const { call } = testServer()
    await call('POST', crds, { body: scaled })
    const create = async (n: unknown): Promise<string | undefined> =>
      (
        await call('POST', path, {
          body: { apiVersion: 'example.dev/v1', kind: 'Thing', metadata: { name: 'x' }, spec: { n } },
        })
      ).body.message
    expect(await create(-1)).toBe(
      'Thing.example.dev "x" is invalid: .spec.n: Invalid value: -1: should be a non-negative integer',
    )
    expect(await create('x')).toBe(
      'Thing.example.dev "x" is invalid: .spec.n: Invalid value: 0: .spec.n accessor error: x is of the type string, expected int64',
    )
  })
})

describe('a pattern in a definition', () => {
  const path = '/apis/example.dev/v1/namespaces/default/things'

  it.each(['(?i)^a+$', '^a+\\z', '^[\\w\\-]+$'])('is taken as Go reads it: %s', async (pattern) => {
    const { call } = testServer()
    const properties = { a: { type: 'string', pattern } }
    expect((await call('POST', crds, { body: schema({ type: 'object', properties }) })).status).toBe(201)
    const created = async (name: string, text: string): Promise<number> =>
      (await call('POST', path, { body: { apiVersion: 'example.dev/v1', kind: 'Thing', metadata: { name }, a: text } }))
        .status
    expect(await created('fits', 'aa')).toBe(201)
    expect(await created('not', '!')).toBe(422)
  })
})
