import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isRecord } from '../../kube/object.ts'
import { gadgetDefinition, testServer, type Answer, type CallOptions } from '../testing.ts'
import { testWebhooks, type TestWebhooks } from '../webhooks-testing.ts'

type Respond = (request: Record<string, unknown>) => Record<string, unknown>

let server: TestWebhooks
const hooks = new Map<string, Respond>()
const seen: Record<string, unknown>[] = []

beforeAll(async () => {
  server = await testWebhooks((path, request) => {
    seen.push(request)
    return { allowed: true, ...hooks.get(path)?.(request) }
  })
})
afterAll(() => server.close())

const patchOf = (operations: object[]): Record<string, unknown> => ({
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
})

const webhook = (name: string, more: object = {}): object => ({
  name: `${name}.example.dev`,
  clientConfig: server.clientConfig(`/${name}`),
  rules: [
    {
      apiGroups: ['example.dev'],
      apiVersions: ['v1'],
      resources: ['widgets'],
      operations: ['CREATE', 'UPDATE', 'DELETE'],
    },
  ],
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  ...more,
})

async function withWebhooks(mutating: object[], validating: object[] = []): Promise<ReturnType<typeof testServer>> {
  const test = testServer()
  const root = '/apis/admissionregistration.k8s.io/v1'
  for (const [kind, webhooks] of [
    ['mutating', mutating],
    ['validating', validating],
  ] as const)
    await test.call('POST', `${root}/${kind}webhookconfigurations`, { body: { metadata: { name: 'c' }, webhooks } })
  seen.length = 0
  return test
}

const path = '/apis/example.dev/v1/namespaces/default/widgets'
const widget = { apiVersion: 'example.dev/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { a: 1 } }

describe('admission webhooks', () => {
  it('change an object, and are asked again when others have', async () => {
    hooks.set('/first', ({ object }) => {
      const count = Number((object as { spec: { first?: number } }).spec.first ?? 0) + 1
      return patchOf([{ op: 'add', path: '/spec/first', value: count }])
    })
    hooks.set('/second', () => patchOf([{ op: 'add', path: '/spec/second', value: true }]))
    const { call } = await withWebhooks([webhook('first', { reinvocationPolicy: 'IfNeeded' }), webhook('second')])
    const created = await call('POST', path, { body: widget })
    expect(created.body['spec']).toEqual({ a: 1, first: 2, second: true })
    expect(seen[0]).toMatchObject({
      operation: 'CREATE',
      kind: { group: 'example.dev', version: 'v1', kind: 'Widget' },
      resource: { resource: 'widgets' },
      namespace: 'default',
      userInfo: { username: 'admin' },
      object: { spec: { a: 1 } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions' },
    })
    const patched = await call('PATCH', `${path}/w`, {
      body: { spec: { a: 2 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(patched.body).toMatchObject({ metadata: { generation: 2 }, spec: { a: 2 } })
  })

  it('refuse in their own words, with their own code, and warn', async () => {
    hooks.set('/no', () => ({ allowed: false, status: { code: 403, reason: 'Forbidden', message: 'not today' } }))
    hooks.set('/silent', () => ({ allowed: false }))
    hooks.set('/warn', () => ({ warnings: ['careful'] }))
    const refused = await (await withWebhooks([], [webhook('no')])).call('POST', path, { body: widget })
    expect([refused.status, refused.body.message]).toEqual([
      403,
      'admission webhook "no.example.dev" denied the request: not today',
    ])
    const silent = await (await withWebhooks([], [webhook('silent')])).call('POST', path, { body: widget })
    expect([silent.status, silent.body.message]).toEqual([
      400,
      'admission webhook "silent.example.dev" denied the request without explanation',
    ])
    const warned = await (await withWebhooks([], [webhook('warn')])).call('POST', path, { body: widget })
    expect(warned.headers['warning']).toEqual(['299 - "careful"'])
  })

  it('see what an object is known by once nothing changes it, and how one is to be deleted', async () => {
    const { call } = await withWebhooks([webhook('early')], [webhook('late')])
    const created = await call('POST', `${path}?fieldValidation=Warn`, { body: widget })
    const [early, late] = seen as [{ object: { metadata: object } }, { object: { metadata: object } }]
    expect(early.object.metadata).not.toHaveProperty('uid')
    const { uid } = created.body['metadata'] as { uid: string }
    expect(late).toMatchObject({ object: { metadata: { uid } }, options: { fieldValidation: 'Warn' } })
    await call('PATCH', `${path}/w`, {
      body: { spec: { a: 2 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(seen.at(-1)).toMatchObject({ name: 'w', options: { kind: 'UpdateOptions' } })
    seen.length = 0
    await call('DELETE', path, { body: { propagationPolicy: 'Background', gracePeriodSeconds: 3 } })
    expect(seen).toHaveLength(2)
    expect(seen[1]).toMatchObject({ options: { propagationPolicy: 'Background', gracePeriodSeconds: 3 } })
    expect(seen[1]).not.toHaveProperty('name')
  })

  it('see what is asked for when they may change it, and what is made of it when not', async () => {
    const { call } = await withWebhooks([webhook('early')], [webhook('late')])
    const { name: _, ...unnamed } = { ...widget.metadata, generateName: 'w-' }
    const named = await call('POST', path, { body: { ...widget, metadata: unnamed, status: { b: 1 } } })
    const { name } = named.body['metadata'] as { name: string }
    const [asked, made] = seen as [{ object: object }, { object: object }]
    expect(asked.object).toMatchObject({ status: { b: 1 } })
    expect(asked).not.toHaveProperty('name')
    expect(asked.object).not.toHaveProperty('metadata.name')
    expect(made).toMatchObject({ name, object: { metadata: { name, generation: 1 } } })
    expect(made.object).not.toHaveProperty('status')
    seen.length = 0
    await call('PUT', `${path}/${name}`, { body: { ...named.body, metadata: { ...unnamed, name }, status: { b: 2 } } })
    // It said no resourceVersion, which is looked at afterwards.
    expect(seen).toMatchObject([{ operation: 'UPDATE', object: { status: { b: 2 } } }])
  })

  it('change nothing where they change nothing', async () => {
    const rules = [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*'] }]
    const seeing = await withWebhooks([webhook('seeing', { rules })], [webhook('late', { rules })])
    const labels = { a: 'b' }
    const containers = [{ name: 'c', image: 'i', resources: { limits: { cpu: '1' } } }]
    const workload = { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } }
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    const template = { spec: { restartPolicy: 'Never', containers } }
    const objects: [string, object][] = [
      ['/api/v1/namespaces', {}],
      ['/api/v1/namespaces/default/pods', { spec: { containers } }],
      ['/api/v1/namespaces/default/persistentvolumeclaims', { spec: claim }],
      ['/api/v1/persistentvolumes', { spec: { ...claim, capacity: { storage: '1Gi' }, hostPath: { path: '/x' } } }],
      ['/api/v1/namespaces/default/services', { spec: { ports: [{ port: 80 }] } }],
      ['/api/v1/nodes', { status: { phase: 'Running' } }],
      ['/apis/apps/v1/namespaces/default/deployments', { spec: workload }],
      ['/apis/batch/v1/namespaces/default/jobs', { spec: { template } }],
      ['/apis/policy/v1/namespaces/default/poddisruptionbudgets', { spec: { minAvailable: 1 } }],
    ]
    const untold = (answer: Answer): unknown =>
      JSON.parse(
        JSON.stringify(answer.body)
          .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}/g, 'UID')
          .replaceAll(/"resourceVersion":"\d+"/g, '"resourceVersion":""')
          .replaceAll(/kube-api-access-\w+|10\.\d+\.\d+\.\d+/g, 'drawn'),
      )
    const plain = testServer()
    const both = async (method: string, url: string, options: CallOptions): Promise<unknown[]> => {
      const answers = [await seeing.call(method, url, options), await plain.call(method, url, options)]
      return answers.map((answer) => untold(answer))
    }
    const merge = { 'content-type': 'application/merge-patch+json' }
    for (const [url, object] of objects) {
      const made = await both('POST', url, { body: { ...object, metadata: { name: 'x' } } })
      expect(made[0], url).toEqual(made[1])
      for (const at of ['x', 'x/status']) {
        const body = { metadata: { labels: { at: at.slice(2) } }, status: { conditions: [] } }
        const patched = await both('PATCH', `${url}/${at}`, { body, headers: merge })
        expect(patched[0], `${url}/${at}`).toEqual(patched[1])
      }
    }
  })

  it('are heard when they warn of what is refused then, and once', async () => {
    hooks.set('/twice', () => ({ warnings: ['careful', 'careful'] }))
    hooks.set('/refuse', () => ({ allowed: false, warnings: ['careful', 'and no'] }))
    const { call } = await withWebhooks([webhook('twice')], [webhook('refuse')])
    const refused = await call('POST', path, { body: widget })
    expect([refused.status, refused.headers['warning']]).toEqual([400, ['299 - "careful"', '299 - "and no"']])
    const deleted = await withWebhooks([], [webhook('twice')])
    await deleted.call('POST', path, { body: widget })
    expect((await deleted.call('DELETE', `${path}/w`)).headers['warning']).toEqual(['299 - "careful"'])
  })

  it('see scales, evictions, token requests and questions', async () => {
    const rules = [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*'] }]
    const { call } = await withWebhooks([webhook('all', { rules })], [])
    const kinds = async (method: string, url: string, body: object): Promise<unknown> => {
      seen.length = 0
      const { status, body: said } = await call(method, url, { body })
      expect(status, said.message).toBeLessThan(300)
      return seen.map(({ kind, subResource }) => [(kind as { kind: string }).kind, subResource])
    }
    const core = '/api/v1/namespaces/default'
    const labels = { a: 'b' }
    const container = { name: 'c', image: 'i' }
    const spec = { selector: labels, template: { metadata: { labels }, spec: { containers: [container] } } }
    await call('POST', `${core}/replicationcontrollers`, { body: { metadata: { name: 'r' }, spec } })
    await call('POST', `${core}/serviceaccounts`, { body: { metadata: { name: 's' } } })
    await call('POST', `${core}/pods`, { body: { metadata: { name: 'p' }, spec: { containers: [container] } } })
    const scale = { metadata: { name: 'r' }, spec: { replicas: 2 } }
    expect(await kinds('PUT', `${core}/replicationcontrollers/r/scale`, scale)).toEqual([['Scale', 'scale']])
    expect(await kinds('POST', `${core}/serviceaccounts/s/token`, { spec: {} })).toEqual([['TokenRequest', 'token']])
    expect(await kinds('POST', `${core}/pods/p/eviction`, { metadata: { name: 'p' } })).toEqual([
      ['Eviction', 'eviction'],
    ])
    const review = { spec: { token: 'x' } }
    expect(await kinds('POST', '/apis/authentication.k8s.io/v1/tokenreviews', review)).toEqual([
      ['TokenReview', undefined],
    ])
    const finalized = { metadata: { name: 'default' }, spec: { finalizers: ['kubernetes'] } }
    expect(await kinds('PUT', '/api/v1/namespaces/default/finalize', finalized)).toEqual([['Namespace', 'finalize']])
  })

  it('see a token request whole, once it is known for whom, and warn of a scale', async () => {
    const rules = [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*'] }]
    hooks.set('/warn', () => ({ warnings: ['careful'] }))
    const { call } = await withWebhooks(
      [webhook('all', { rules })],
      [webhook('all', { rules }), webhook('warn', { rules })],
    )
    const core = '/api/v1/namespaces/default'
    await call('POST', `${core}/serviceaccounts`, { body: { metadata: { name: 's' } } })
    seen.length = 0
    await call('POST', `${core}/serviceaccounts/s/token`, { body: { spec: {} } })
    const type = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1' }
    expect(seen.slice(0, 2).map(({ object }) => object)).toMatchObject([
      { ...type, spec: { audiences: null } },
      { ...type, metadata: { name: 's' }, spec: { audiences: ['https://kubernetes.default.svc.cluster.local'] } },
    ])
    const labels = { a: 'b' }
    const template = { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }] } }
    await call('POST', `${core}/replicationcontrollers`, {
      body: { metadata: { name: 'r' }, spec: { selector: labels, template } },
    })
    const scaled = await call('PUT', `${core}/replicationcontrollers/r/scale`, {
      body: { metadata: { name: 'r' }, spec: { replicas: 2 } },
    })
    expect(scaled.headers['warning']).toEqual(['299 - "careful"'])
  })

  it.each<[string, Record<string, unknown>, string]>([
    [
      '/no-type',
      { patch: 'W10=' },
      'received invalid webhook response: webhook returned response.patch but not response.patchType',
    ],
    ['/other-uid', { uid: 'x' }, 'received invalid webhook response: expected response.uid='],
    [
      '/misfit',
      patchOf([{ op: 'remove', path: '/no/no' }]),
      'remove operation does not apply: doc is missing path: "/no/no": missing value',
    ],
    [
      '/missing',
      patchOf([{ op: 'remove', path: '/metadata/no' }]),
      "error in remove for path: '/metadata/no': Unable to remove nonexistent key: no: missing value",
    ],
    [
      '/mistyped',
      patchOf([{ op: 'add', path: '/data', value: 'x' }]),
      'json: cannot unmarshal string into Go struct field ConfigMap.data of type map[string]string',
    ],
  ])('are told what is wrong with an answer (%s)', async (name, answer, message) => {
    hooks.set(name, () => answer)
    const rules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }]
    const { call } = await withWebhooks([webhook(name.slice(1), { rules })])
    const refused = await call('POST', '/api/v1/namespaces/default/configmaps', { body: { metadata: { name: 'c' } } })
    expect([refused.status, refused.body.message]).toEqual([500, expect.stringContaining(message)])
  })

  it('have conditions that compile, and that count as errors where they fail', async () => {
    const conditions = (expression: string): object => ({ matchConditions: [{ name: 'c', expression }] })
    const { call } = await withWebhooks([], [webhook('no', conditions('object.nope.x == 1'))])
    expect((await call('POST', path, { body: widget })).body.message).toBe(
      `widgets.example.dev "w" is forbidden: expression 'object.nope.x == 1' resulted in error: no such key: nope`,
    )
    const url = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations'
    const body = { metadata: { name: 'bad' }, webhooks: [webhook('x', conditions('objec.x'))] }
    expect((await call('POST', url, { body })).body.message).toContain(
      `matchConditions[0].expression: Invalid value: "objec.x": compilation failed: ERROR: <input>:1:1: undeclared reference to 'objec' (in container '')`,
    )
  })

  it('that cannot be reached fail the request, or are passed over', async () => {
    const unreachable = { url: 'https://127.0.0.1:1/x' }
    const failing = await (
      await withWebhooks([webhook('x', { clientConfig: unreachable })])
    ).call('POST', path, { body: widget })
    expect(failing.status).toBe(500)
    expect(failing.body.message).toMatch(
      /^Internal error occurred: failed calling webhook "x.example.dev": failed to call webhook: Post "https:\/\/127.0.0.1:1\/x\?timeout=10s": /,
    )
    const { call } = await withWebhooks([webhook('x', { clientConfig: unreachable, failurePolicy: 'Ignore' })])
    expect((await call('POST', path, { body: widget })).status).toBe(201)
  })

  it('see only what their selectors and conditions choose', async () => {
    hooks.set('/all', () => patchOf([{ op: 'add', path: '/spec/seen', value: true }]))
    const create = async (more: object): Promise<Answer> =>
      (await withWebhooks([webhook('all', more)])).call('POST', path, { body: widget })
    const isSeen = async (more: object): Promise<boolean> => {
      const { spec } = (await create(more)).body
      return isRecord(spec) && spec['seen'] === true
    }
    expect(await isSeen({ objectSelector: { matchLabels: { a: 'b' } } })).toBe(false)
    expect(await isSeen({ namespaceSelector: { matchLabels: { a: 'b' } } })).toBe(false)
    expect(await isSeen({ matchConditions: [{ name: 'c', expression: 'object.spec.a > 1' }] })).toBe(false)
    const chosen = async (expression: string): Promise<boolean> =>
      isSeen({ matchConditions: [{ name: 'c', expression }] })
    for (const expression of [
      'request.userInfo.username == "admin" && request.options.kind == "CreateOptions"',
      'authorizer.requestResource.check("create").allowed()',
      'authorizer.path("/healthz").check("get").reason() == ""',
      'object.metadata.name.matches("^[[:alpha:]]")',
      'quantity("1Gi").isGreaterThan(quantity("1Mi"))',
    ])
      expect(await chosen(expression), expression).toBe(true)
    for (const expression of [
      'authorizer.serviceAccount("default", "x").group("").resource("pods").check("get").allowed()',
      'has(request.subResource)',
    ])
      expect(await chosen(expression), expression).toBe(false)
  })

  it('choose by the version that they are shown', async () => {
    const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
    const versions = ['v1', 'v2'].map((name) => ({ name, served: true, storage: name === 'v1', schema }))
    const gadgets = (more: object): object[] => {
      const rules = [{ apiGroups: ['example.dev'], apiVersions: ['v1'], resources: ['gadgets'], operations: ['*'] }]
      return [webhook('all', { rules, ...more })]
    }
    const isAsked = async (expression: string): Promise<boolean> => {
      const { call } = await withWebhooks(gadgets({ matchConditions: [{ name: 'c', expression }] }))
      const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
      await call('POST', definitions, { body: gadgetDefinition({ versions }) })
      const body = { apiVersion: 'example.dev/v2', kind: 'Gadget', metadata: { name: 'g' } }
      await call('POST', '/apis/example.dev/v2/namespaces/default/gadgets', { body })
      return seen.length > 0
    }
    expect(await isAsked('object.apiVersion == "example.dev/v1" && request.kind.version == "v1"')).toBe(true)
    expect(await isAsked('request.requestKind.version == "v2"')).toBe(true)
    expect(await isAsked('object.apiVersion == "example.dev/v2" || request.kind.version == "v2"')).toBe(false)
  })

  it('are not asked where a condition can not be told', async () => {
    const told = async (expression: string): Promise<string | undefined> => {
      const { call } = await withWebhooks([webhook('x', { matchConditions: [{ name: 'c', expression }] })])
      return (await call('POST', path, { body: widget })).body.message?.replace(/^.*?: expression/, '')
    }
    expect(await told('object.spec.nope == 1')).toBe(" 'object.spec.nope == 1' resulted in error: no such key: nope")
    expect(await told('authorizer.path("").check("get").allowed()')).toMatch(/in error: path must not be empty$/)
  })

  it.each([
    ['side effects', { sideEffects: 'Some' }, 'webhooks[0].sideEffects: Unsupported value: "Some"'],
    ['a plain URL', { clientConfig: { url: 'http://x' } }, "'https' is the only allowed URL scheme"],
    ['a long time', { timeoutSeconds: 31 }, 'the timeout value must be between 1 and 30 seconds'],
    ['unknown reviews', { admissionReviewVersions: ['v2'] }, 'must include at least one of v1, v1beta1'],
    ['a short name', { name: 'x' }, 'should be a domain with at least three segments separated by dots'],
    ['a name in capitals', { name: 'X.y.z' }, 'a lowercase RFC 1123 subdomain must consist of'],
  ])('are refused with %s', async (_what, more, message) => {
    const url = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'
    const body = { metadata: { name: 'c' }, webhooks: [webhook('side', more)] }
    const answer = await testServer().call('POST', url, { body })
    expect(answer.status).toBe(422)
    expect(answer.body.message).toContain(message)
  })

  it('see deletions, and can stop them', async () => {
    hooks.set('/keep', ({ operation }) => ({ allowed: operation !== 'DELETE' }))
    const { call } = await withWebhooks([], [webhook('keep')])
    await call('POST', path, { body: widget })
    expect((await call('DELETE', `${path}/w`)).status).toBe(400)
    expect(seen.at(-1)).toMatchObject({ operation: 'DELETE', object: null, oldObject: { spec: { a: 1 } } })
    expect((await call('GET', `${path}/w`)).status).toBe(200)
  })
})
