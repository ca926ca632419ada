import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { WatchStream } from '../../kube/handler.ts'
import { gadgetDefinition, testServer, type Answer, type TestServer } from '../testing.ts'
import { testWebhooks, type TestWebhooks } from '../webhooks-testing.ts'

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const root = (version: string): string => `/apis/example.dev/${version}/namespaces/default/gadgets`
const mergePatch = { 'content-type': 'application/merge-patch+json' }
const applyPatch = { 'content-type': 'application/apply-patch+yaml' }

interface Gadget {
  readonly apiVersion: string
  readonly metadata?: { readonly name?: string; readonly annotations?: Record<string, string> }
  readonly spec?: Record<string, unknown>
}

/** v1 calls `size` what v1beta1 called `replicas`; a webhook may also rename objects, which nobody lets it. */
let webhooks: TestWebhooks
let failing: string | undefined
let renaming = false
let asked = 0
/** The objects that were last to be converted, and what replaces their metadata. */
let sent: readonly Gadget[] = []
let metadataOf: ((metadata: object) => unknown) | undefined
const admitted: { object: Gadget; kind: { version: string }; requestKind: { version: string } }[] = []

beforeAll(async () => {
  webhooks = await testWebhooks((path, request) => {
    if (path === '/admit') {
      admitted.push(request as never)
      const patch = [{ op: 'add', path: '/spec/color', value: 'red' }]
      return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
    }
    asked++
    if (failing !== undefined) return { result: { status: 'Failed', message: failing } }
    const { desiredAPIVersion, objects } = request as { desiredAPIVersion: string; objects: Gadget[] }
    sent = objects
    const older = desiredAPIVersion.endsWith('v1beta1')
    const convertedObjects = objects.map(({ spec: { size, replicas, ...spec } = {}, metadata = {}, ...object }) => ({
      ...object,
      apiVersion: desiredAPIVersion,
      metadata: {
        ...metadata,
        ...(renaming ? { name: 'other' } : {}),
        annotations: { ...metadata.annotations, converted: 'yes' },
      },
      spec: older ? { ...spec, replicas: size ?? replicas } : { ...spec, size: replicas ?? size },
    }))
    const replaced = metadataOf && convertedObjects.map((each) => ({ ...each, metadata: metadataOf?.(each.metadata) }))
    return { result: { status: 'Success' }, convertedObjects: replaced ?? convertedObjects }
  })
})
afterAll(() => webhooks.close())
beforeEach(() => {
  failing = undefined
  renaming = false
  asked = 0
  metadataOf = undefined
  admitted.length = 0
})

const version = (name: string, storage: boolean, field: string): object => ({
  name,
  served: true,
  storage,
  subresources: {
    status: {},
    scale: { specReplicasPath: `.spec.${field}`, statusReplicasPath: '.status.replicas' },
  },
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { [field]: { type: 'integer' }, color: { type: 'string' } } },
        status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
      },
    },
  },
})

const definition = (conversion: object): object =>
  gadgetDefinition({
    versions: [version('v1', true, 'size'), version('v1beta1', false, 'replicas')],
    conversion: { strategy: 'Webhook', ...conversion },
  })

async function converting(): Promise<TestServer> {
  const test = testServer()
  const conversion = { webhook: { clientConfig: webhooks.clientConfig('/convert'), conversionReviewVersions: ['v1'] } }
  const { status, body } = await test.call('POST', crds, { body: definition(conversion) })
  expect(status, body.message).toBe(201)
  return test
}

const gadget = (apiVersion: string, spec: object, name = 'g'): object => ({
  apiVersion: `example.dev/${apiVersion}`,
  kind: 'Gadget',
  metadata: { name },
  spec,
})

const specOf = async (answer: Promise<Answer>): Promise<unknown> => (await answer).body['spec']

describe('a conversion webhook', () => {
  it('is asked for every write of another version than the stored one, and for every read once', async () => {
    const { call } = await converting()
    const created = await call('POST', root('v1beta1'), { body: gadget('v1beta1', { replicas: 3 }) })
    expect(created.status, created.body.message).toBe(201)
    expect(created.body).toMatchObject({
      apiVersion: 'example.dev/v1beta1',
      spec: { replicas: 3 },
      metadata: { generation: 1 },
    })
    expect(await specOf(call('GET', `${root('v1')}/g`))).toEqual({ size: 3 })
    asked = 0
    for (let i = 0; i < 3; i++) expect(await specOf(call('GET', `${root('v1beta1')}/g`))).toEqual({ replicas: 3 })
    expect(asked).toBe(0)
    const patched = call('PATCH', `${root('v1beta1')}/g`, { body: { spec: { replicas: 4 } }, headers: mergePatch })
    expect(await specOf(patched)).toEqual({ replicas: 4 })
    const { body } = await call('GET', `${root('v1')}/g`)
    expect(body).toMatchObject({ spec: { size: 4 }, metadata: { generation: 2, annotations: { converted: 'yes' } } })
    const list = await call('GET', root('v1beta1'))
    expect(list.body).toMatchObject({ items: [{ apiVersion: 'example.dev/v1beta1', spec: { replicas: 4 } }] })
    expect(
      await specOf(
        call('PUT', `${root('v1beta1')}/g/status`, { body: { ...body, apiVersion: 'example.dev/v1beta1' } }),
      ),
    ).toEqual({
      replicas: 4,
    })
  })

  it('stands between server-side apply, the scale subresource and the store', async () => {
    const { call } = await converting()
    const url = `${root('v1beta1')}/g?fieldManager=m`
    await call('PATCH', url, { body: gadget('v1beta1', { replicas: 1 }), headers: applyPatch })
    await call('PATCH', url, { body: gadget('v1beta1', { replicas: 2 }), headers: applyPatch })
    expect(await specOf(call('GET', `${root('v1')}/g`))).toEqual({ size: 2 })
    const scaled = await call('PATCH', `${root('v1beta1')}/g/scale`, {
      body: { spec: { replicas: 5 } },
      headers: mergePatch,
    })
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } })
    expect(await specOf(call('GET', `${root('v1')}/g`))).toEqual({ size: 5 })
  })

  it('has every manager of an object seen in its own version', async () => {
    const { call } = await converting()
    const apply = (version: string, manager: string, spec: object, force = ''): Promise<Answer> =>
      call('PATCH', `${root(version)}/g?fieldManager=${manager}${force}`, {
        body: gadget(version, spec),
        headers: applyPatch,
      })
    const ownersOf = ({ body }: Answer): object =>
      Object.fromEntries(
        (
          (body['metadata'] as { managedFields: { manager: string; fieldsV1: Record<string, object> }[] })
            .managedFields ?? []
        ).map(({ manager, fieldsV1 }) => [manager, fieldsV1['f:spec']]),
      )
    await apply('v1beta1', 'old', { replicas: 1, color: 'red' })
    // The same field under another name: its owner is asked.
    const refused = await apply('v1', 'new', { size: 2 })
    expect([refused.status, refused.body.message]).toEqual([
      409,
      'Apply failed with 1 conflict: conflict with "old": .spec.replicas',
    ])
    const forced = await apply('v1', 'new', { size: 2 }, '&force=true')
    expect(ownersOf(forced)).toEqual({ old: { 'f:color': {} }, new: { 'f:size': {} } })
    // A plain update in the new version takes what the old one calls otherwise, too.
    await apply('v1beta1', 'old', { replicas: 2, color: 'red' })
    const updated = await call('PATCH', `${root('v1')}/g?fieldManager=third`, {
      body: { spec: { size: 3 } },
      headers: mergePatch,
    })
    expect(ownersOf(updated)).toEqual({ old: { 'f:color': {} }, third: { 'f:size': {} } })
    // Who moves to the new version drops what it said in the old one and says no more.
    const moved = await apply('v1', 'old', {})
    expect([moved.body['spec'], ownersOf(moved)]).toEqual([{ size: 3 }, { old: {}, third: { 'f:size': {} } }])
    // Also where it said something of the metadata: a part without any is converted then.
    const labelled = (version: string): Promise<Answer> =>
      call('PATCH', `${root(version)}/l?fieldManager=m`, {
        body: { ...gadget(version, {}), metadata: { name: 'l', labels: { a: 'b' } } },
        headers: applyPatch,
      })
    await labelled('v1beta1')
    expect((await labelled('v1')).body).toMatchObject({ metadata: { labels: { a: 'b' } } })
    failing = 'out of order'
    const failed = await apply('v1', 'third', { size: 4 }, '&force=true')
    expect([failed.status, failed.body.message]).toEqual([200, undefined])
  })

  it('keeps what it converts apart from what it deletes', async () => {
    const { call } = await converting()
    await call('POST', root('v1beta1'), { body: gadget('v1beta1', { replicas: 5 }) })
    const removed = await call('DELETE', `${root('v1beta1')}/g`)
    expect([removed.status, removed.body['status']]).toEqual([200, 'Success'])
  })

  it('is asked for objects of the version that was stored before, and not for those of the present one', async () => {
    const { call } = await converting()
    for (const name of ['a', 'b']) await call('POST', root('v1'), { body: gadget('v1', { size: 1 }, name) })
    const versions = [version('v1', false, 'size'), version('v1beta1', true, 'replicas')]
    await call('PATCH', `${crds}/gadgets.example.dev`, { headers: mergePatch, body: { spec: { versions } } })
    await call('PATCH', `${root('v1beta1')}/b`, { headers: mergePatch, body: { spec: { replicas: 2 } } })
    const listed = async (name: string): Promise<unknown> =>
      ((await call('GET', root(name))).body['items'] as Gadget[]).map(({ apiVersion, spec }) => [apiVersion, spec])
    expect(await listed('v1beta1')).toEqual([
      ['example.dev/v1beta1', { replicas: 1 }],
      ['example.dev/v1beta1', { replicas: 2 }],
    ])
    asked = 0
    expect(await listed('v1')).toEqual([
      ['example.dev/v1', { size: 1 }],
      ['example.dev/v1', { size: 2 }],
    ])
    expect(asked).toBe(1)
    expect(await specOf(call('GET', `${root('v1')}/a`))).toEqual({ size: 1 })
    expect(asked).toBe(1)
  })

  it('converts what a watch of the other version shows, and ends the watch when it fails', async () => {
    const { call, server } = await converting()
    await call('POST', root('v1'), { body: gadget('v1', { size: 1 }) })
    const watch = await call('GET', `${root('v1beta1')}?watch=true&allowWatchBookmarks=true`)
    const { stream } = watch.reply.body as { stream: WatchStream }
    const next = async (): Promise<unknown[] | undefined> =>
      (await stream.next())?.events.map(({ type, object }) => ({ type, spec: (object as Gadget).spec }))
    expect(await next()).toEqual([{ type: 'ADDED', spec: { replicas: 1 } }, { type: 'BOOKMARK' }])
    await call('PATCH', `${root('v1')}/g`, { body: { spec: { size: 2 } }, headers: mergePatch })
    expect(await next()).toEqual([{ type: 'MODIFIED', spec: { replicas: 2 } }])
    failing = 'out of order'
    await call('PATCH', `${root('v1')}/g`, { body: { spec: { size: 3 } }, headers: mergePatch })
    expect((await stream.next())?.events[0]).toMatchObject({
      type: 'ERROR',
      object: { code: 500, message: 'conversion webhook for example.dev/v1, Kind=Gadget failed: out of order' },
    })
    expect(await stream.next()).toBeUndefined()
    expect(server.watchCount).toBe(0)
  })

  it('shows admission webhooks the version that they ask for', async () => {
    const { call } = await converting()
    await call('POST', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', {
      body: {
        metadata: { name: 'c' },
        webhooks: [
          {
            name: 'w.example.dev',
            clientConfig: webhooks.clientConfig('/admit'),
            rules: [
              { apiGroups: ['example.dev'], apiVersions: ['v1'], resources: ['gadgets'], operations: ['CREATE'] },
            ],
            admissionReviewVersions: ['v1'],
            sideEffects: 'None',
          },
        ],
      },
    })
    const created = call('POST', root('v1beta1'), { body: gadget('v1beta1', { replicas: 3 }) })
    expect(await specOf(created)).toEqual({ replicas: 3, color: 'red' })
    expect(admitted).toHaveLength(1)
    expect(admitted[0]).toMatchObject({
      object: { apiVersion: 'example.dev/v1', spec: { size: 3 } },
      kind: { version: 'v1' },
      requestKind: { version: 'v1beta1' },
    })
  })

  it('sees who a new object is, and no version of what is stored', async () => {
    const { call } = await converting()
    const created = await call('POST', root('v1'), { body: gadget('v1', { size: 1 }) })
    const { uid } = created.body['metadata'] as { uid: string }
    await call('GET', `${root('v1beta1')}/g`)
    expect(sent).toMatchObject([{ apiVersion: 'example.dev/v1', metadata: { uid } }])
    expect(sent[0]?.metadata).not.toHaveProperty('resourceVersion')
    const other = await call('POST', root('v1beta1'), { body: gadget('v1beta1', { replicas: 1 }, 'new') })
    const known = other.body['metadata'] as Record<string, unknown>
    expect((await call('GET', `${root('v1')}/new`)).body).toMatchObject({ metadata: { uid: known['uid'] } })
  })

  it('is asked before an object goes', async () => {
    const { call } = await converting()
    await call('POST', root('v1'), { body: gadget('v1', { size: 1 }) })
    failing = 'out of order'
    const why = 'conversion webhook for example.dev/v1, Kind=Gadget failed: out of order'
    expect((await call('DELETE', `${root('v1beta1')}/g`)).body.message).toBe(why)
    expect((await call('DELETE', root('v1beta1'))).body.message).toBe(why)
    expect((await call('DELETE', `${root('v1')}/g`)).status).toBe(200)
  })

  it.each([
    ['x', 'must have the same name: g != '],
    [{ labels: { a: 1 } }, 'metadata.labels[a] must be a string, but is int64 in converted object'],
    [{ labels: 'x' }, 'invalid metadata.labels of type string in converted object'],
    [{ annotations: [] }, 'invalid metadata.annotations of type []interface {} in converted object'],
    [{ labels: { 'a b': '' } }, 'metadata.labels: Invalid value: "a b": name part must consist of'],
    [{ annotations: { 'a b': '' } }, 'metadata.annotation: Invalid value: "a b": name part must consist of'],
  ])('is told where it makes metadata %j', async (metadata, problem) => {
    const { call } = await converting()
    await call('POST', root('v1'), { body: gadget('v1', { size: 1 }) })
    metadataOf = (before) => (typeof metadata === 'object' ? { ...before, ...metadata } : metadata)
    expect((await call('GET', `${root('v1beta1')}/g`)).body.message).toContain(problem)
  })

  it('leaves nothing behind and says why when it fails or breaks its word', async () => {
    const { call, server } = await converting()
    failing = 'out of order'
    const refused = await call('POST', root('v1beta1'), { body: gadget('v1beta1', { replicas: 3 }) })
    expect([refused.status, refused.body.message]).toEqual([
      500,
      'conversion webhook for example.dev/v1beta1, Kind=Gadget failed: out of order',
    ])
    failing = undefined
    renaming = true
    const renamed = await call('POST', root('v1beta1'), { body: gadget('v1beta1', { replicas: 3 }) })
    expect(renamed.body.message).toContain('returned invalid object: must have the same name: g != other')
    expect((await call('GET', root('v1'))).body).toMatchObject({ items: [] })
    expect(server.store.registry.byPath('example.dev', 'v1', 'gadgets')).toBeDefined()
  })

  it.each([
    ['no webhook', {}, 'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook'],
    [
      'two addresses',
      { webhook: { clientConfig: { url: 'https://x', service: { name: 'a', namespace: 'b' } } } },
      'spec.conversion.webhookClientConfig: Required value: exactly one of url or service is required',
    ],
    [
      'reviews of another version',
      { webhook: { clientConfig: { url: 'https://x' }, conversionReviewVersions: ['v2'] } },
      'must include at least one of v1, v1beta1',
    ],
    [
      'a webhook without the strategy',
      { strategy: 'None', webhook: { clientConfig: { url: 'https://x' } } },
      'spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook',
    ],
  ])('is refused with %s', async (_what, conversion, message) => {
    const answer = await testServer().call('POST', crds, { body: definition(conversion) })
    expect(answer.status, answer.body.message).toBe(422)
    expect(answer.body.message).toContain(message)
  })
})

describe('versions that nobody converts', () => {
  const unconverted = async (): Promise<TestServer> => {
    const test = testServer()
    const { status, body } = await test.call('POST', crds, { body: definition({ strategy: 'None' }) })
    expect(status, body.message).toBe(201)
    return test
  }

  it('keep of an object what the stored version has, and show of it what they have themselves', async () => {
    const { call } = await unconverted()
    const older = { color: 'red', replicas: 3 }
    expect(await specOf(call('POST', root('v1beta1'), { body: gadget('v1beta1', older) }))).toEqual({ color: 'red' })
    await call('PATCH', `${root('v1')}/g`, { body: { spec: { size: 2 } }, headers: mergePatch })
    expect(await specOf(call('GET', `${root('v1')}/g`))).toEqual({ color: 'red', size: 2 })
    expect(await specOf(call('GET', `${root('v1beta1')}/g`))).toEqual({ color: 'red' })
  })

  it('refuse an apply that a manager of another version could not see, and forget who managed what', async () => {
    const { call } = await unconverted()
    const apply = (version: string, spec: object): Promise<Answer> =>
      call('PATCH', `${root(version)}/g?fieldManager=${version}&force=true`, {
        body: gadget(version, spec),
        headers: applyPatch,
      })
    await apply('v1beta1', { color: 'red' })
    const refused = await apply('v1', { size: 2 })
    expect([refused.status, refused.body.message]).toEqual([
      500,
      'failed to convert new object: .spec.size: field not declared in schema',
    ])
    const patched = await call('PATCH', `${root('v1')}/g`, { body: { spec: { size: 2 } }, headers: mergePatch })
    expect(patched.body['spec']).toEqual({ color: 'red', size: 2 })
    expect(patched.body['metadata']).not.toHaveProperty('managedFields')
  })
})
