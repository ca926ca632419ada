/** Requests in forms that few clients use, answered as kube-apiserver v1.36 answers them. */
import { beforeEach, describe, expect, it } from 'vitest'
import { testServer, type Answer, type CallOptions, type TestServer } from './testing.ts'

const core = '/api/v1/namespaces/default'
const maps = `${core}/configmaps`
const accept = (form: string): CallOptions => ({ headers: { accept: `application/json;${form};g=meta.k8s.io` } })
const typed = (type: string, body: unknown): CallOptions => ({
  body,
  headers: { 'content-type': `application/${type}-patch+json` },
})
const token = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

let test: TestServer
const causes = ({ body }: Answer): unknown => (body['details'] as { causes?: unknown }).causes
beforeEach(async () => {
  test = testServer()
  await test.call('POST', maps, { body: { metadata: { name: 'a', finalizers: ['x.dev/y'] }, data: { k: 'v' } } })
})

describe('odd forms', () => {
  it.each<[string, string, CallOptions, number, string]>([
    [
      'GET',
      `${maps}?watch=1&resourceVersionMatch=NotOlderThan`,
      {},
      422,
      'is forbidden for watch unless sendInitialEvents',
    ],
    ['GET', `${maps}?watch=1&continue=x`, {}, 422, 'resourceVersionMatch is forbidden when continue is provided'],
    ['GET', `${maps}?continue=abcde`, {}, 400, 'illegal base64 data at input byte 4'],
    ['POST', `${maps}/a`, { ...accept('as=Table;v=v9'), body: {} }, 405, 'the server does not allow this method'],
    ['GET', maps, { headers: { accept: 'application/*' } }, 406, 'Available representations:'],
    ['GET', maps, accept('as=PartialObjectMetadata;v=v1'), 406, 'the requested object is a list (*core.ConfigMapList)'],
    ['GET', `${maps}/a`, accept('as=PartialObjectMetadataList;v=v1'), 406, 'not a list (*core.ConfigMap)'],
    ['GET', `${maps}/a`, accept('as=Table;v=v2'), 406, 'only the following media types'],
    [
      'GET',
      `${maps}?continue=${token({ v: 'meta.k8s.io/v1', rv: 0, start: 'a' })}`,
      {},
      400,
      'incorrect encoded start',
    ],
    ['GET', `${maps}?continue=${token({ v: 'meta.k8s.io/v1', rv: 5, start: '../b' })}`, {}, 400, 'not valid: ../b'],
    ['GET', `${maps}/%2e%2e`, {}, 400, `Name parameter invalid: "..": may not be '..'`],
    ['DELETE', `${maps}/a%2fb%25`, {}, 404, 'the server could not find the requested resource'],
    ['PATCH', `${maps}/%25`, typed('merge', {}), 400, `Name parameter invalid: "%"`],
    ['GET', '/api/v1/namespaces/../configmaps', {}, 500, 'invalid key: "/configmaps/.."'],
    ['GET', '/apis/apps/v1/namespaces/../deployments/a', {}, 500, 'invalid key: "/deployments/../a"'],
    [
      'POST',
      '/api/v1/namespaces/../configmaps',
      { body: { metadata: { name: 'a' } } },
      500,
      `invalid resource name "..": [may not be '..']`,
    ],
    ['GET', `${maps}/a%0ab`, {}, 404, 'configmaps "a\\nb" not found'],
    ['POST', '/api/v1/watch/pods', { body: {} }, 405, 'does not allow this method'],
    ['FOO', `${maps}/a`, {}, 405, 'does not allow this method'],
    [
      'PATCH',
      `${maps}/a?fieldManager=a%01b`,
      typed('merge', {}),
      422,
      '"a\\x01b": invalid character U+0001 (at position 1)',
    ],
    ['PATCH', `${maps}/a`, typed('merge', { metadata: null }), 400, 'name must be provided'],
    ['PATCH', `${maps}/a`, typed('json', [{ op: 'add', path: 'data', value: 1 }]), 422, 'rejected our request'],
    [
      'PATCH',
      `${maps}/a`,
      typed('json', Array(10_001).fill({ op: 'test', path: '/kind' })),
      413,
      'is 10000, got 10001',
    ],
    ['PATCH', `${maps}/a`, typed('strategic-merge', []), 400, 'json: cannot unmarshal array'],
    ['DELETE', `${maps}/a`, { text: '{bad' }, 400, "invalid character 'b' looking for beginning of object key string"],
  ])('%s %s is answered as by the real server (%#)', async (method, url, options, status, message) => {
    const answer = await test.call(method, url, options)
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringContaining(message)])
  })

  it('streams nothing in YAML, and says so in it', async () => {
    const answer = await test.call('GET', `${maps}?watch=1`, { headers: { accept: 'application/yaml' } })
    expect([answer.status, answer.body['text']]).toEqual([
      406,
      expect.stringContaining('application/json;stream=watch,\n  application/vnd.kubernetes.protobuf;stream=watch'),
    ])
  })

  it('shows tables and metadata in the version that is asked for', async () => {
    const form = 'as=PartialObjectMetadata;v=v1beta1'
    expect((await test.call('GET', `${maps}/a`, accept(form))).body['apiVersion']).toBe('meta.k8s.io/v1beta1')
  })

  it('reads a named object where a watch of it is asked for', async () => {
    expect((await test.call('GET', `${maps}/none?watch=1`)).status).toBe(404)
  })

  it('takes what a JSON patch does not find for null', async () => {
    const operations = [
      { op: 'copy', from: '/data/none', path: '/data/copied' },
      { op: 'test', path: '/metadata/labels', value: null },
    ]
    const { status, body } = await test.call('PATCH', `${maps}/a`, typed('json', operations))
    expect([status, body['data']]).toEqual([200, { copied: '', k: 'v' }])
  })

  it('tells what is wrong with metadata as often as it is looked at, and what cannot change', async () => {
    const patch = (metadata: object): Promise<Answer> => test.call('PATCH', `${maps}/a`, typed('merge', { metadata }))
    expect(causes(await patch({ labels: { 'a/b/c': 'x' } }))).toHaveLength(4)
    expect(causes(await patch({ deletionGracePeriodSeconds: 7 }))).toEqual(
      Array(2).fill({
        reason: 'FieldValueInvalid',
        field: 'metadata.deletionGracePeriodSeconds',
        message: 'Invalid value: 7: field is immutable',
      }),
    )
    expect((await patch({ generateName: 'g-' })).body['metadata']).toMatchObject({ generateName: 'g-' })
  })

  it.each<[string, string, object, object, string]>([
    [
      'rbac.authorization.k8s.io/v1',
      'clusterrolebindings',
      { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' } },
      { roleRef: { name: 's' } },
      'label grace label label roleRef.kind grace label roleRef',
    ],
    [
      'networking.k8s.io/v1',
      'ingressclasses',
      { spec: { controller: 'a/b' } },
      { spec: { controller: '' } },
      'label grace label grace label spec.controller label spec.controller',
    ],
    [
      'apps/v1',
      'namespaces/default/controllerrevisions',
      { revision: 1, data: {} },
      { revision: -1, data: {} },
      'label grace label grace label label revision',
    ],
    [
      'storage.k8s.io/v1',
      'storageclasses',
      { provisioner: 'a' },
      { provisioner: '' },
      'label grace label label provisioner grace label provisioner',
    ],
  ])('tells where each kind looks at metadata: %s %s', async (groupVersion, resource, spec, changed, order) => {
    const url = `/apis/${groupVersion}/${resource}`
    await test.call('POST', url, { body: { metadata: { name: 'x' }, ...spec } })
    const metadata = { name: 'x', deletionGracePeriodSeconds: 1, labels: { '-': '' } }
    const told = causes(await test.call('PUT', `${url}/x`, { body: { metadata, ...changed } })) as { field: string }[]
    const short: Record<string, string> = {
      'metadata.labels': 'label',
      'metadata.deletionGracePeriodSeconds': 'grace',
    }
    expect(told.map(({ field }) => short[field] ?? field).join(' ')).toBe(order)
  })

  it('reads all of the name that an apply says', async () => {
    const apply = (name: string): Promise<Answer> => {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }
      const headers = { 'content-type': 'application/apply-patch+yaml' }
      return test.call('PATCH', `${maps}/a?fieldManager=m`, { body, headers })
    }
    for (const name of ['/x', 'x.dev/y'])
      expect((await apply(name)).body.message).toBe(
        `the name of the object (${name}) does not match the name on the URL (a)`,
      )
  })

  it('lets wait for a later version only who asks a cache', async () => {
    const wait = async (resource: string): Promise<unknown> => {
      const { body } = await test.call('GET', `${core}/${resource}?resourceVersion=9999`)
      return (body['details'] as { retryAfterSeconds?: number }).retryAfterSeconds
    }
    expect([await wait('configmaps'), await wait('events'), await wait('events/x')]).toEqual([1, undefined, undefined])
  })

  it('reads amounts that are far from each other, or next to nothing', async () => {
    const limits = (min: string, max: string): Promise<Answer> =>
      test.call('POST', `${core}/limitranges`, {
        body: { spec: { limits: [{ type: 'Container', min: { cpu: min }, max: { cpu: max } }] } },
      })
    expect((await limits('-0.1m', '1')).body['spec']).toMatchObject({ limits: [{ min: { cpu: '-1m' } }] })
    expect((await limits('1e-2147483648', '1e2147483647')).body['spec']).toMatchObject({
      limits: [{ min: { cpu: '1e-3' }, max: { cpu: '10e2147483646' } }],
    })
  })

  it('quotes what a patch makes of metadata, and not what the type would add', async () => {
    const patch = typed('merge', { metadata: { ownerReferences: [{ name: 'x' }] }, data: 'x' })
    expect((await test.call('PATCH', `${maps}/a`, patch)).body.message).toContain(
      '"ownerReferences\\":[{\\"name\\":\\"x\\"}]',
    )
  })

  it('takes anything for an object of somebody else', async () => {
    const url = '/apis/apps/v1/namespaces/default/controllerrevisions/x?fieldManager=m'
    const apply = (data: unknown): Promise<Answer> =>
      test.call('PATCH', url, {
        body: { apiVersion: 'apps/v1', kind: 'ControllerRevision', metadata: { name: 'x' }, revision: 1, data },
        headers: { 'content-type': 'application/apply-patch+yaml' },
      })
    expect((await apply({ a: 1 })).status).toBe(201)
    expect((await apply('x')).body.message).toContain('data: Invalid value: "x": field is immutable')
  })

  it('bounds the names of cron jobs by those of their jobs', async () => {
    const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
    const post = (name: string): Promise<Answer> =>
      test.call('POST', '/apis/batch/v1/namespaces/default/cronjobs', {
        body: { metadata: { name }, spec: { schedule: '* * * * *', jobTemplate: { spec: { template } } } },
      })
    expect((await post('x'.repeat(52))).status).toBe(201)
    expect((await post('x'.repeat(53))).body.message).toContain('must be no more than 52 characters')
  })

  it('names a limit range that has none', async () => {
    const { status, body } = await test.call('POST', `${core}/limitranges`, { body: { spec: { limits: [] } } })
    expect([status, body['metadata']]).toEqual([
      201,
      expect.objectContaining({ name: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string }),
    ])
  })

  it('lets a later deletion say otherwise', async () => {
    const finalizers = async (query: string): Promise<unknown> =>
      ((await test.call('DELETE', `${maps}/a${query}`)).body['metadata'] as { finalizers: string[] }).finalizers
    expect(await finalizers('?propagationPolicy=Foreground')).toEqual(['x.dev/y', 'foregroundDeletion'])
    expect(await finalizers('?propagationPolicy=Orphan')).toEqual(['x.dev/y', 'orphan'])
  })

  it('deletes a collection as a table, and reads an empty list that is always shown as none', async () => {
    const { body } = await test.call('DELETE', `${maps}?labelSelector=no`, accept('as=Table;v=v1'))
    expect(body['kind']).toBe('Table')
    const role = { metadata: { name: 'r' }, rules: [] }
    const made = await test.call('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', { body: role })
    expect(made.body['rules']).toBeNull()
  })

  it('makes a lease that is put and not there, and wants a version of one that is', async () => {
    const url = '/apis/coordination.k8s.io/v1/namespaces/default/leases/l'
    const put = (): Promise<Answer> => test.call('PUT', url, { body: { metadata: { name: 'l' }, spec: {} } })
    expect((await put()).status).toBe(201)
    expect((await put()).body.message).toContain('metadata.resourceVersion: Invalid value: 0: must be specified')
  })
})

describe('an object that is none of the kind', () => {
  const unrecognized = 'the object provided is unrecognized (must be of type ConfigMap): '
  const notText = "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field ."
  const quotedYaml = '61706956657273696f6e3a20310a6d657461646174613a207b6e616d653a'

  it.each<[string, string, number, string]>([
    ['{"kind":1}', 'application/json', 400, `${unrecognized}${notText}kind of type string ({"kind":1})`],
    [
      'apiVersion: 1\nmetadata: {name: b}\n',
      'application/yaml',
      400,
      `${unrecognized}${notText}apiVersion of type string (${quotedYaml} ...)`,
    ],
    [
      '{"apiVersion":"a/b/c"}',
      'application/json',
      400,
      `${unrecognized}unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c"})`,
    ],
    [
      '{"apiVersion":"v1/"}',
      'application/json',
      400,
      'ConfigMap in version "" cannot be handled as a ConfigMap: Object \'apiVersion\' is missing in \'{"apiVersion":"v1/"}\'',
    ],
    [
      '{"kind":"ConfigMapList","apiVersion":"v1"}',
      'application/json',
      400,
      'ConfigMapList in version "v1" cannot be handled as a ConfigMap: converting (v1.ConfigMapList) to (core.ConfigMap): unknown conversion',
    ],
  ])('%s', async (text, type, status, message) => {
    const answer = await test.call('POST', maps, { text, headers: { 'content-type': type } })
    expect([answer.status, answer.body.message]).toEqual([status, message])
  })

  it('says nothing where it leaves its kind out, or its version', async () => {
    for (const text of [
      '{"kind":null,"apiVersion":null,"metadata":{"name":"b"}}',
      '{"apiVersion":"/v1","metadata":{"name":"c"}}',
    ]) {
      const { status, body } = await test.call('POST', maps, { text })
      expect([status, body]).toMatchObject([201, { kind: 'ConfigMap', apiVersion: 'v1' }])
    }
  })

  it.each<[string, object, number, RegExp]>([
    ['merge', { kind: 1 }, 422, /^ "" is invalid: patch: Invalid value: ".*"kind\\":1.*": couldn't get version\/kind/],
    ['merge', { apiVersion: 'v2' }, 422, /: no kind "ConfigMap" is registered for version "v2" in scheme/],
    [
      'json',
      [{ op: 'remove', path: '/apiVersion' }],
      400,
      /^the name of the object \(a based on URL\) was undeterminable/,
    ],
    [
      'strategic-merge',
      { kind: 1 },
      422,
      /^ "" is invalid: patch: Invalid value: "map\[kind:1\]": cannot convert int64 to string$/,
    ],
  ])('is not made of another by a patch: %s %o', async (type, body, status, message) => {
    const answer = await test.call('PATCH', `${maps}/a`, typed(type, body))
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringMatching(message)])
  })

  it('a strategic merge leaves the kind alone', async () => {
    const { body } = await test.call(
      'PATCH',
      `${maps}/a`,
      typed('strategic-merge', { kind: 'Secret', apiVersion: 'v7' }),
    )
    expect(body).toMatchObject({ kind: 'ConfigMap', apiVersion: 'v1' })
  })
})

it('numbers beyond 64 bits are no integers, shorter ones are', async () => {
  const jobs = '/apis/batch/v1/namespaces/default/jobs'
  const job = (seconds: string): string =>
    `{"metadata":{"name":"j"},"spec":{"activeDeadlineSeconds":${seconds},"template":{"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"i"}]}}}}`
  const long = await test.call('POST', jobs, { text: job('10000000000000000000') })
  expect([long.status, long.body.message]).toEqual([
    400,
    'Job in version "v1" cannot be handled as a Job: json: cannot unmarshal number 10000000000000000000 into Go struct field JobSpec.spec.activeDeadlineSeconds of type int64',
  ])
  expect((await test.call('POST', jobs, { text: job('9007199254740993') })).status).toBe(201)
})

it('a name that was to be found and is taken is no conflict for ever', async () => {
  const { status, headers, body } = await test.call('POST', maps, {
    body: { metadata: { name: 'a', generateName: 'a' } },
  })
  expect([status, headers['retry-after'], body.message]).toEqual([
    409,
    '1',
    'configmaps "a" already exists, the server was not able to generate a unique name for the object',
  ])
})

it('a patch that breaks a type is quoted with the object as Go prints it, what it touches in order', async () => {
  const url = '/apis/apps/v1/namespaces/default/deployments'
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  await test.call('POST', url, {
    body: { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } },
  })
  const { body } = await test.call('PATCH', `${url}/d`, typed('merge', { spec: { replicas: 'x' } }))
  expect(JSON.parse(`"${/"(\{.*\})"/.exec(body.message ?? '')?.[1] ?? ''}"`)).toMatch(
    /"spec":\{"progressDeadlineSeconds":600,"replicas":"x","revisionHistoryLimit":10,.*"containers":\[\{"name":"c","image":"i","resources":\{\},"terminationMessagePath":/,
  )
  expect(body.message).toMatch(
    /cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32$/,
  )
})
