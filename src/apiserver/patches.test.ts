/** Patches that can't be meant, and what stands in the way of others first, as kube-apiserver v1.36 answers them. */
import { beforeEach, describe, expect, it } from 'vitest'
import { gadgetDefinition, testServer, type Answer, type TestServer } from './testing.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const gadgets = '/apis/example.dev/v1/namespaces/default/gadgets'
const deployments = '/apis/apps/v1/namespaces/default/deployments'

let test: TestServer
beforeEach(async () => {
  test = testServer()
  const spec = {
    type: 'object',
    properties: {
      size: { type: 'integer' },
      color: { type: 'string', enum: ['red'], nullable: true },
      any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      ports: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['port'],
        items: { type: 'object', required: ['port'], properties: { port: { type: 'integer' } } },
      },
    },
    'x-kubernetes-validations': [{ rule: '!has(self.size) || self.size < 9', message: 'is too large' }],
  }
  const status = { type: 'object', properties: { ready: { type: 'boolean' } } }
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec, status } } }
  const versions = [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} } }]
  await post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', gadgetDefinition({ versions }))
  await post(maps, { metadata: { name: 'm' }, data: { a: 'b' } })
})

const post = (url: string, body: object): Promise<Answer> => test.call('POST', url, { body })
const patch = (type: string, url: string, text: string, headers = {}): Promise<Answer> =>
  test.call('PATCH', url, { text, headers: { 'content-type': `application/${type}`, ...headers } })
const said = ({ status, body }: Answer): [number, string] => [status, body.message ?? '']
const warnings = (answer: Answer): unknown[] => [answer.headers['warning'] ?? []].flat()
const gadget = (name: string, spec: object = {}, metadata: object = {}): object => ({
  apiVersion: 'example.dev/v1',
  kind: 'Gadget',
  metadata: { name, ...metadata },
  spec,
})

describe('what is looked at first', () => {
  it.each<[string, string, string, number, string]>([
    ['the type', 'json', 'm?dryRun=x', 415, '415: Unsupported Media Type'],
    ['the type, as it is', 'Merge-Patch+json', 'm', 415, '415: Unsupported Media Type'],
    ['options, all of them', 'merge-patch+json', 'none?dryRun=x&force=1&fieldValidation=y', 422, 'force: Forbidden'],
    ['what an apply lacks', 'apply-patch+yaml', 'none?dryRun=x', 422, 'fieldManager: Required value'],
    ['the object', 'merge-patch+json', 'none', 404, 'configmaps "none" not found'],
    ['the object of a JSON patch', 'json-patch+json', 'none', 404, 'configmaps "none" not found'],
    ['the patch', 'merge-patch+json', 'm', 400, 'error decoding patch: unexpected end of JSON input'],
    ['an apply', 'apply-patch+yaml', 'none?fieldManager=m', 400, 'yaml: line 1: did not find expected node content'],
  ])('%s: %s of %s', async (_, type, target, status, message) => {
    expect(said(await patch(type, `${maps}/${target}`, '{'))).toEqual([status, expect.stringContaining(message)])
  })

  it('tells of every option that can not be meant', async () => {
    const { body } = await patch(
      'merge-patch+json',
      `${maps}/m?dryRun=x&force=1&fieldValidation=y&fieldManager=%0A`,
      '',
    )
    expect((body['details'] as { causes: { field: string }[] }).causes.map(({ field }) => field)).toEqual([
      'force',
      'fieldManager',
      'dryRun',
      'fieldValidation',
    ])
  })

  it('an apply through a part of an object needs the object', async () => {
    expect(said(await patch('apply-patch+yaml', `${gadgets}/none/status?fieldManager=m`, '['))).toEqual([
      404,
      'gadgets.example.dev "none" not found',
    ])
  })
})

describe('a JSON patch is decoded as Go decodes it', () => {
  it.each<[string, number, string]>([
    ['null', 200, ''],
    ['{}', 400, 'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp'],
    ['[1]', 400, 'error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp'],
    [
      '[{"op":"add","path":1}]',
      400,
      'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string',
    ],
    ['[null]', 422, 'the server rejected our request due to an error in our request'],
    ['[{"op":"add"}]', 422, 'the server rejected our request due to an error in our request'],
    ['[{"op":"replace","path":"","value":[]}]', 422, `couldn't get version/kind; json parse error`],
    ['[{"op":"remove","path":"/apiVersion"}]', 400, 'name must be provided'],
    ['[{"op":"replace","path":"/kind","value":"X"}]', 422, 'no kind "X" is registered for version "v1"'],
  ])('%s', async (text, status, message) => {
    expect(said(await patch('json-patch+json', `${maps}/m`, text))).toEqual([status, expect.stringContaining(message)])
  })

  it('names what its operations have besides, or refuses it', async () => {
    const text = '[{"op":"test","path":"/data/a","value":"b","op":"test","x":1}]'
    const told = ['json patch duplicate field "[0].op"', 'json patch unknown field "[0].x"']
    expect(warnings(await patch('json-patch+json', `${maps}/m`, text))).toEqual(
      told.map((each) => `299 - "${each.replaceAll('"', '\\"')}"`),
    )
    expect(said(await patch('json-patch+json', `${maps}/m?fieldValidation=Strict`, text))).toEqual([
      422,
      expect.stringContaining(`strict decoding error: ${told.join(', ')}`),
    ])
  })

  it.each([
    ['json-patch+json', '{}', 'json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
    ['json-patch+json', '[1]', 'json: cannot unmarshal number into Go value of type jsonpatch.Operation'],
    ['merge-patch+json', '{', 'Invalid JSON Patch'],
    ['merge-patch+json', '1', 'Invalid JSON Patch'],
    ['strategic-merge-patch+json', '[]', 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ])('where nothing is validated %s %s is told in other words', async (type, text, message) => {
    expect(said(await patch(type, `${maps}/m?fieldValidation=Ignore`, text))).toEqual([400, message])
  })
})

describe('an apply', () => {
  it('is read as YAML: flows, the first document, words of 1.1', async () => {
    const flow = '{apiVersion: v1, kind: ConfigMap, metadata: {name: nn}, data: {a: "yes", b: b,}}\n---\nx: y'
    expect((await patch('apply-patch+yaml', `${maps}/nn?fieldManager=m`, flow)).body['data']).toEqual({
      a: 'yes',
      b: 'b',
    })
    expect(said(await patch('apply-patch+yaml', `${maps}/nn?fieldManager=m`, flow.replace('"yes"', 'yes')))).toEqual([
      500,
      expect.stringContaining('.data.a: expected string, got &value.valueUnstructured{Value:true}'),
    ])
  })

  it('names keys that come twice with their lines, also where it is refused', async () => {
    const url = `${maps}/nn?fieldManager=m`
    const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: nn\ndata:\n  a: b\n  a: c\n'
    const told = ['299 - "line 7: key \\"a\\" already set in map"']
    expect(warnings(await patch('apply-patch+yaml', url, text))).toEqual(told)
    expect(warnings(await patch('apply-patch+yaml', url, text.replace('name: nn', 'name: other')))).toEqual(told)
    expect(warnings(await patch('apply-patch+yaml', `${url}&fieldValidation=Ignore`, text))).toEqual([])
    expect(said(await patch('apply-patch+yaml', `${url}&fieldValidation=Strict`, text))).toEqual([
      400,
      'error strict decoding YAML: error converting YAML to JSON: yaml: unmarshal errors:\n  line 7: key "a" already set in map',
    ])
  })

  it.each<[string, object, number, string]>([
    ['its kind first', { kind: 'X', metadata: { managedFields: [{}] } }, 400, 'invalid object type: example.dev/v1'],
    ['managers then', { metadata: { name: 'x', managedFields: [{}] } }, 400, 'metadata.managedFields must be nil'],
    ['its schema then', { metadata: { name: 'x', uid: 'u' }, top: 1 }, 500, '.top: field not declared in schema'],
    ['any map is a map', { metadata: {}, spec: { any: 'x' } }, 500, '.spec.any: expected map, got &{x}'],
    ['whom it is for then', { metadata: { name: 'x', uid: 'u' } }, 409, 'uid mismatch'],
    ['its name then', { metadata: { name: 'x' } }, 400, 'the name of the object (x) does not match'],
    ['its version', { metadata: { resourceVersion: 'x' } }, 500, 'strconv.ParseUint: parsing "x": invalid syntax'],
    ['a time that is none', { metadata: { deletionTimestamp: 'x' } }, 500, 'parsing time "x"'],
    ['when it was made is no matter', { metadata: { creationTimestamp: 'x', resourceVersion: '1' } }, 201, ''],
  ])('%s', async (_, fields, status, message) => {
    const config = { ...gadget('g'), ...fields, metadata: { name: 'g', ...(fields as { metadata: object }).metadata } }
    expect(said(await patch('apply-patch+yaml', `${gadgets}/g?fieldManager=m`, JSON.stringify(config)))).toEqual([
      status,
      expect.stringContaining(message),
    ])
  })

  it.each(['1', 'yes', '', 'T'])('force=%s forces', async (force) => {
    await post(gadgets, gadget('g', { size: 1 }))
    const url = `${gadgets}/g?fieldManager=m&force=`
    const config = JSON.stringify(gadget('g', { size: 2 }))
    expect((await patch('apply-patch+yaml', `${url}false`, config)).status).toBe(409)
    expect((await patch('apply-patch+yaml', url + force, config)).status).toBe(200)
  })
})

describe('a custom resource', () => {
  const causes = ({ body }: Answer): unknown[] =>
    ((body['details'] as { causes?: { field: string; message: string }[] } | undefined)?.causes ?? []).map(
      ({ field, message }) => `${field}: ${message}`,
    )
  const unchecked =
    '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

  it('may be null and has to be one of some all the same', async () => {
    expect(causes(await post(gadgets, gadget('g', { color: null })))).toEqual([
      'spec.color: Unsupported value: null: supported values: "red"',
      unchecked,
    ])
  })

  it('without a name has no rules looked at', async () => {
    expect(causes(await post(gadgets, { ...gadget(''), metadata: {} }))).toEqual([
      'metadata.name: Required value: name or generateName is required',
      unchecked,
    ])
  })

  it('whose items are null is refused', async () => {
    expect(causes(await post(gadgets, gadget('g', { ports: [null] })))).toContain(
      'spec.ports[0]: Invalid value: "null": spec.ports[0] in body must be of type object: "null"',
    )
  })

  it('is read before it is asked what it is', async () => {
    const other = { ...gadget('g', {}, { namespace: 1, labels: { a: 1 } }), apiVersion: 'example.dev/v9' }
    expect(said(await post(gadgets, other))).toEqual([
      400,
      'Gadget in version "v9" cannot be handled as a Gadget: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string',
    ])
    const unknown = await post(gadgets, { ...gadget('g'), apiVersion: 'example.dev/v9' })
    expect([...said(unknown), ...warnings(unknown)]).toEqual([
      400,
      'the API version in the data (example.dev/v9) does not match the expected API version (example.dev/v1)',
      '299 - "unknown field \\"spec\\""',
    ])
  })

  it('that a patch makes another kind of has its name looked at first', async () => {
    await post(gadgets, gadget('g'))
    const text = (name: string): string => JSON.stringify({ apiVersion: 'v1', kind: 'X', metadata: { name } })
    expect(said(await patch('merge-patch+json', `${gadgets}/g`, text('x')))[0]).toBe(400)
    expect(causes(await patch('merge-patch+json', `${gadgets}/g`, text('g')))).toEqual([
      'apiVersion: Invalid value: "v1": must be example.dev/v1',
      'kind: Invalid value: "X": must be Gadget',
    ])
  })

  it('that does not fit where it is ignored is managed by nobody', async () => {
    const managed = ({ body }: Answer): boolean => 'managedFields' in (body['metadata'] as object)
    expect(managed(await post(gadgets, { ...gadget('g'), status: { ready: 'x' } }))).toBe(false)
    expect(managed(await post(gadgets, { ...gadget('h'), status: { ready: true } }))).toBe(true)
    const status = (spec: object): Promise<Answer> =>
      patch('merge-patch+json', `${gadgets}/h/status`, JSON.stringify({ spec, status: { ready: true } }))
    expect(managed(await status({ ports: [{ port: 1 }, { port: 1 }] }))).toBe(true)
    expect(managed(await status({ any: 'x' }))).toBe(false)
  })
})

describe('a resourceVersion', () => {
  const map = { metadata: { name: 'n', resourceVersion: '1' } }

  it('that a new object has is refused, unless nothing is stored', async () => {
    expect(said(await post(maps, map))).toEqual([500, 'resourceVersion should not be set on objects to be created'])
    expect((await post(`${maps}?dryRun=All`, map)).body['metadata']).toMatchObject({ resourceVersion: '1' })
  })

  it('is no matter to an apply that makes an object', async () => {
    const config = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', ...map })
    expect((await patch('apply-patch+yaml', `${maps}/n?fieldManager=m`, config)).status).toBe(201)
  })
})

describe('an object that is named by another uid', () => {
  it('is not made by an update, and not scaled', async () => {
    const lease = { metadata: { name: 'l', uid: 'x' } }
    expect(
      said(await test.call('PUT', '/apis/coordination.k8s.io/v1/namespaces/default/leases/l', { body: lease })),
    ).toEqual([409, expect.stringContaining('Precondition failed: UID in precondition: x, UID in object meta: ')])
    const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await post(deployments, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } })
    const text = '{"metadata":{"uid":"x"},"spec":{"replicas":2}}'
    expect(said(await patch('merge-patch+json', `${deployments}/d/scale`, text))).toEqual([
      409,
      expect.stringContaining('Operation cannot be fulfilled on deployments/scale.apps "d": Precondition failed'),
    ])
  })

  it('is told with the rest of what is wrong', async () => {
    const text = '{"metadata":{"uid":"x","labels":{"a b":"c"}}}'
    const [status, message] = said(await patch('merge-patch+json', `${maps}/m`, text))
    expect(status).toBe(422)
    expect(message).toContain('metadata.uid: Invalid value: "x": field is immutable')
    expect(message).toContain('metadata.labels: Invalid value: "a b"')
  })
})

it('another kind is refused behind the lock', async () => {
  await post(gadgets, gadget('g'))
  const put = (fields: object): Promise<Answer> =>
    test.call('PUT', `${gadgets}/g`, { body: { ...gadget('g', {}, fields), kind: 'X' } })
  expect((await put({ resourceVersion: '1' })).status).toBe(409)
  expect(said(await put({ namespace: 'other' }))[0]).toBe(400)
})

it('null takes the place of an empty list of many owners, and needs force', async () => {
  await post(gadgets, gadget('g', { ports: [] }))
  const config = JSON.stringify(gadget('g', { ports: null }))
  expect(said(await patch('apply-patch+yaml', `${gadgets}/g?fieldManager=m`, config))).toEqual([
    409,
    expect.stringContaining('.spec.ports'),
  ])
})

it('a custom resource without columns says what its age is', async () => {
  await post(gadgets, gadget('g'))
  const headers = { accept: 'application/json;as=Table;g=meta.k8s.io;v=v1' }
  const { body } = await test.call('GET', gadgets, { headers })
  expect((body['columnDefinitions'] as { description: string }[])[1]?.description).toMatch(/^CreationTimestamp is/)
})

it('a scale says which fields it does not have', async () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  await post(deployments, { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } })
  expect(warnings(await patch('merge-patch+json', `${deployments}/d/scale`, '{"spec":{"size":1}}'))).toEqual([
    '299 - "unknown field \\"spec.size\\""',
  ])
})

it('a client whose name is not of ASCII manages fields by it', async () => {
  const header = Buffer.from('é/1').toString('latin1')
  const { body } = await patch('merge-patch+json', `${maps}/m`, '{"data":{"c":"d"}}', { 'user-agent': header })
  expect(JSON.stringify(body['metadata'])).toContain('"manager":"é"')
})

it('a body that is no object is refused before options are looked at', async () => {
  const text = { text: '{}', headers: { 'content-type': 'text/plain' } }
  expect((await test.call('POST', `${maps}?dryRun=x`, text)).status).toBe(415)
  const protobuf = { text: 'k8s', headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } }
  expect((await test.call('POST', gadgets, protobuf)).status).toBe(415)
  expect((await test.call('PUT', `${maps}/m?dryRun=x`, text)).status).toBe(422)
  expect(
    (await test.call('POST', maps, { text: '{}', headers: { 'content-type': 'application/json; x' } })).status,
  ).toBe(415)
})

it('what is sent as another kind is read as that', async () => {
  const other = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 1 } }
  expect(said(await post(maps, other))).toEqual([
    400,
    'Secret in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string',
  ])
})

it.each([
  ['an apply', 'configmaps/born', 'PATCH', 'apply-patch+yaml'],
  ['an update', 'leases/born', 'PUT', 'json'],
])('what %s creates may be born going, and goes with its next write', async (_how, path, method, type) => {
  const lease = path.startsWith('leases')
  const url = `${lease ? '/apis/coordination.k8s.io/v1' : '/api/v1'}/namespaces/default/${path}`
  const ends = '2020-01-01T00:00:00Z'
  const body = {
    ...(lease ? {} : { apiVersion: 'v1', kind: 'ConfigMap' }),
    metadata: { name: 'born', deletionTimestamp: ends, finalizers: ['a.b/c'] },
  }
  const born = await test.call(method, `${url}?fieldManager=m`, {
    body,
    headers: { 'content-type': `application/${type}` },
  })
  expect([born.status, born.body['metadata']]).toEqual([201, expect.objectContaining({ deletionTimestamp: ends })])
  const going = await test.call('DELETE', url)
  expect(going.body['metadata']).toMatchObject({ deletionTimestamp: ends, deletionGracePeriodSeconds: 0 })
  expect((await patch('merge-patch+json', url, '{"metadata":{"finalizers":null}}')).status).toBe(200)
  expect((await test.call('GET', url)).status).toBe(404)
})

describe('bytes as a list of numbers', () => {
  const secrets = '/api/v1/namespaces/default/secrets'

  it('are read as such', async () => {
    expect((await post(secrets, { metadata: { name: 's' }, data: { a: [1, 2, null] } })).body['data']).toEqual({
      a: 'AQIA',
    })
    const cut = await patch('strategic-merge-patch+json', `${secrets}/s`, '{"data":{"a":[257]}}')
    expect(cut.body['data']).toEqual({ a: 'AQ==' })
  })

  it.each([
    ['[1.5]', 'number 1.5 into Go struct field Secret.data of type uint8', 'cannot convert float64 to uint8'],
    ['["x"]', 'string into Go struct field Secret.data of type uint8', 'unrecognized type: uint8'],
    ['{}', 'object into Go struct field Secret.data of type []uint8', 'cannot restore slice from map'],
    ['3', 'number into Go struct field Secret.data of type []uint8', 'cannot restore slice from int64'],
  ])('are none in %s', async (data, decoded, merged) => {
    const value: unknown = JSON.parse(data)
    expect(said(await post(secrets, { metadata: { name: 's' }, data: { a: value } }))[1]).toContain(decoded)
    await post(secrets, { metadata: { name: 's' } })
    const patched = await patch('strategic-merge-patch+json', `${secrets}/s`, `{"data":{"a":${data}}}`)
    expect(said(patched)[1]).toContain(merged)
  })
})

describe('a strategic merge that is refused', () => {
  const container = { name: 'c', image: 'i' }
  const spec = {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } },
  }

  it.each([
    [
      'lists that have an order, which are done',
      { '$setElementOrder/containers': [{ name: 'c' }], containers: [{ name: 'c', imagee: 'x' }], bogus: 1 },
      'map[bogus:1]',
    ],
    [
      'orders of what is not there',
      { bogus: 1, '$setElementOrder/volumes': [{ name: 'v' }], '$setElementOrder/tolerations': [] },
      'map[bogus:1]',
    ],
    ['nulls in what is new', { bogus: { a: null, b: [null, { c: null }] } }, 'map[bogus:map[b:[<nil> map[]]]]'],
    ['no null of what is there', { bogus: 1, nodeName: null }, 'map[bogus:1 nodeName:<nil>]'],
    [
      'that a map is replaced',
      { bogus: 1, securityContext: { $patch: 'replace', runAsUser: 1 } },
      'map[bogus:1 securityContext:map[runAsUser:1]]',
    ],
    [
      'not that it is deleted',
      { bogus: 1, securityContext: { $patch: 'delete' } },
      'map[bogus:1 securityContext:map[$patch:delete]]',
    ],
  ])('is quoted without %s', async (_, podSpec, quoted) => {
    await post(deployments, { metadata: { name: 'd' }, spec })
    const text = JSON.stringify({ spec: { template: { spec: podSpec } } })
    const [status, message] = said(
      await patch('strategic-merge-patch+json', `${deployments}/d?fieldValidation=Strict`, text),
    )
    expect(status).toBe(422)
    expect(message).toContain(`"map[spec:map[template:map[spec:${quoted}]]]": strict decoding error`)
  })
})
