import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testServer, type Answer } from '../testing.ts'
import { testWebhooks, type TestWebhooks } from '../webhooks-testing.ts'

type Operation = Readonly<Record<string, unknown>>

let server: TestWebhooks
const patches = new Map<string, readonly Operation[]>()
const asked: string[] = []

beforeAll(async () => {
  server = await testWebhooks((path) => {
    asked.push(path)
    const operations = patches.get(path) ?? []
    const patch = Buffer.from(JSON.stringify(operations)).toString('base64')
    return { allowed: true, ...(operations.length === 0 ? {} : { patchType: 'JSONPatch', patch }) }
  })
})
afterAll(() => server.close())

const configMaps = '/api/v1/namespaces/default/configmaps'

async function webhooks(
  ...names: readonly (readonly [path: string, more?: object])[]
): Promise<ReturnType<typeof testServer>['call']> {
  const { call } = testServer()
  const rule = { apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['*'] }
  const body = {
    metadata: { name: 'c' },
    webhooks: names.map(([path, more], index) => ({
      name: `w${index}.example.dev`,
      clientConfig: server.clientConfig(path),
      rules: [rule],
      admissionReviewVersions: ['v1'],
      sideEffects: 'None',
      ...more,
    })),
  }
  await call('POST', '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations', { body })
  asked.length = 0
  return call
}

async function changed(
  ...operations: readonly Operation[]
): Promise<{ created: Answer; call: Awaited<ReturnType<typeof webhooks>> }> {
  patches.set('/change', operations)
  const call = await webhooks(['/change'])
  return { created: await call('POST', configMaps, { body: { metadata: { name: 'm' } } }), call }
}

const add = (path: string, value: unknown): Operation => ({ op: 'add', path, value })
const invalidManagers =
  '.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: operation must be `Apply` or `Update`'

describe('what a mutating webhook makes of an object', () => {
  it.each([
    [
      add('/metadata/namespace', 'other'),
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [add('/metadata/resourceVersion', '3'), 500, 'resourceVersion should not be set on objects to be created'],
    [
      add('/kind', 'Nothing'),
      500,
      'Internal error occurred: no kind "Nothing" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    ],
    [
      add('/data', { 'a b': 'c' }),
      422,
      'ConfigMap "m" is invalid: data[a b]: Invalid value: "a b": a valid config key must consist of',
    ],
  ])('is refused where it is another: %j', async (operation, status, message) => {
    const { created } = await changed(operation)
    expect([created.status, created.body.message?.slice(0, message.length)]).toEqual([status, message])
  })

  it('has the identity that it had', async () => {
    const { created, call } = await changed(add('/metadata/uid', 'mine'))
    expect(created.status).toBe(201)
    expect((created.body['metadata'] as { uid: string }).uid).not.toBe('mine')
    const headers = { 'content-type': 'application/merge-patch+json' }
    const patched = await call('PATCH', `${configMaps}/m`, { body: { data: { a: 'b' } }, headers })
    expect(patched.body.message).toBe(
      'ConfigMap "m" is invalid: metadata.uid: Invalid value: "mine": field is immutable',
    )
  })

  it('has the managers that it had where it leaves none that can be read', async () => {
    const managers = [{ manager: 'x', operation: 'Bad' }]
    const { created } = await changed(add('/metadata/managedFields', managers), add('/data', { a: 'b' }))
    expect([created.status, created.headers['warning']]).toEqual([201, [`299 - "${invalidManagers}"`]])
    expect(created.body).toMatchObject({ data: { a: 'b' } })
    expect(created.body['metadata']).not.toHaveProperty('managedFields', managers)
  })

  it('is nothing where the object goes', async () => {
    const { call } = await changed()
    patches.set('/change', [add('/data', {})])
    const refused = await call('DELETE', `${configMaps}/m`)
    expect([refused.status, refused.body.message]).toEqual([
      500,
      'Internal error occurred: admission webhook "w0.example.dev" attempted to modify the object, which is not supported for this operation',
    ])
  })
})

describe('mutating webhooks', () => {
  const again = { reinvocationPolicy: 'IfNeeded' }
  const create = async (call: Awaited<ReturnType<typeof webhooks>>): Promise<readonly string[]> => {
    const { status } = await call('POST', configMaps, { body: { metadata: { name: 'm' } } })
    return [String(status), ...asked]
  }

  it('are asked again where one behind them has changed something', async () => {
    patches.set('/labels', [add('/metadata/labels', { a: 'b' })])
    patches.set('/data', [add('/data', { a: 'b' })])
    expect(await create(await webhooks(['/labels', again], ['/none', again], ['/data']))).toEqual([
      '201',
      '/labels',
      '/none',
      '/data',
      '/labels',
      '/none',
    ])
    expect(await create(await webhooks(['/data'], ['/labels', again]))).toEqual(['201', '/data', '/labels'])
    expect(await create(await webhooks(['/labels'], ['/none', again], ['/labels']))).toEqual([
      '201',
      '/labels',
      '/none',
      '/labels',
    ])
  })

  it('are found where they send who asks', async () => {
    expect(await create(await webhooks(['/307/308/there']))).toEqual(['201', '/there'])
    const call = await webhooks(['/302/there'])
    const refused = await call('POST', configMaps, { body: { metadata: { name: 'm' } } })
    expect(refused.body.message).toBe(
      'Internal error occurred: failed calling webhook "w0.example.dev": failed to call webhook: the server could not find the requested resource',
    )
  })
})
