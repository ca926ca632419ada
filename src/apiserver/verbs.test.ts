import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../kube/object.ts'
import { testServer } from './testing.ts'

const root = '/apis/example.dev/v1/namespaces/default/widgets'
const maps = '/api/v1/namespaces/default/configmaps'
const widget = (name: string, spec: object = {}, extra: object = {}): object => ({
  apiVersion: 'example.dev/v1',
  kind: 'Widget',
  metadata: { name, ...extra },
  spec,
})
const meta = (body: Record<string, unknown>): KubeObject['metadata'] => body['metadata'] as KubeObject['metadata']

describe('create and update', () => {
  it('gives identity, times and generation, and refuses a second of the same name', async () => {
    const { call } = testServer()
    const { status, body } = await call('POST', root, { body: widget('w', { size: 1 }) })
    expect(status).toBe(201)
    expect(meta(body)).toMatchObject({
      name: 'w',
      namespace: 'default',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    })
    expect(meta(body).uid).toMatch(/^[0-9a-f-]{36}$/)
    const again = await call('POST', root, { body: widget('w') })
    expect(again.status).toBe(409)
    expect(again.body).toMatchObject({ reason: 'AlreadyExists', message: 'widgets.example.dev "w" already exists' })
  })

  it('makes names from generateName', async () => {
    const { call } = testServer()
    const { body } = await call('POST', root, {
      body: { kind: 'Widget', apiVersion: 'example.dev/v1', metadata: { generateName: 'w-' } },
    })
    expect(meta(body).name).toMatch(/^w-[a-z0-9]{5}$/)
  })

  it('bumps the generation for spec changes only', async () => {
    const { call } = testServer()
    await call('POST', root, { body: widget('w', { size: 1 }) })
    const labelled = await call('PATCH', `${root}/w`, {
      body: { metadata: { labels: { a: 'b' } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(meta(labelled.body).generation).toBe(1)
    const resized = await call('PATCH', `${root}/w`, {
      body: { spec: { size: 2 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(meta(resized.body).generation).toBe(2)
  })

  it('keeps status and spec apart', async () => {
    const { call } = testServer()
    const patch = { headers: { 'content-type': 'application/merge-patch+json' } }
    await call('POST', root, { body: { ...widget('w', { size: 1 }), status: { phase: 'sneaked' } } })
    const main = await call('PATCH', `${root}/w`, {
      ...patch,
      body: { spec: { size: 2 }, status: { phase: 'sneaked' } },
    })
    expect(main.body['status']).toBeUndefined()
    const status = await call('PATCH', `${root}/w/status`, {
      ...patch,
      body: { spec: { size: 9 }, status: { phase: 'Ready' } },
    })
    expect(status.body).toMatchObject({ spec: { size: 2 }, status: { phase: 'Ready' } })
    expect(meta(status.body).generation).toBe(2)
  })

  it('locks optimistically, and demands the lock from custom resources only', async () => {
    const { call } = testServer()
    const created = await call('POST', root, { body: widget('w') })
    await call('PATCH', `${root}/w`, {
      body: { metadata: { labels: { a: 'b' } } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    const stale = await call('PUT', `${root}/w`, { body: created.body })
    expect(stale.status).toBe(409)
    expect(stale.body.message).toContain('the object has been modified')
    const unlocked = await call('PUT', `${root}/w`, { body: widget('w') })
    expect(unlocked.status).toBe(422)
    await call('POST', maps, { body: { metadata: { name: 'm' }, data: { a: '1' } } })
    expect((await call('PUT', `${maps}/m`, { body: { metadata: { name: 'm' }, data: { a: '2' } } })).status).toBe(200)
  })

  it('names the key in etcd when the UID is of another object', async () => {
    const { call } = testServer()
    const created = await call('POST', root, { body: widget('w') })
    const { resourceVersion } = meta(created.body)
    const refused = await call('PUT', `${root}/w`, { body: widget('w', {}, { uid: 'wrong', resourceVersion }) })
    expect([refused.status, refused.body.message]).toEqual([
      409,
      `Operation cannot be fulfilled on widgets.example.dev "w": StorageError: invalid object, Code: 4, Key: /registry/example.dev/widgets/default/w, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: wrong, UID in object meta: ${meta(created.body).uid}`,
    ])
  })

  it('changes nothing, not even the resourceVersion, when nothing changes', async () => {
    const { call } = testServer()
    const created = await call('POST', maps, { body: { metadata: { name: 'm' }, data: { a: '1' } } })
    const same = await call('PATCH', `${maps}/m`, {
      body: { data: { a: '1' } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(meta(same.body).resourceVersion).toBe(meta(created.body).resourceVersion)
  })

  it.each([
    ['POST', root, { body: widget('Not_Valid') }, 422, 'lowercase RFC 1123 subdomain'],
    ['POST', root, { body: widget('') }, 422, 'name or generateName is required'],
    ['POST', root, { body: { metadata: { name: 'w' } } }, 400, "Object 'Kind' is missing in"],
    ['POST', root, { body: widget('w', {}, { labels: { 'a b': 'c' } }) }, 422, 'name part must consist of'],
    ['POST', `${root}?dryRun=Some`, { body: widget('w') }, 422, 'dryRun: Unsupported value'],
    ['GET', `${root}?limit=x`, {}, 400, 'strconv.ParseInt: parsing'],
    ['GET', `${root}?sendInitialEvents=true`, {}, 422, 'sendInitialEvents is forbidden for list'],
    ['DELETE', `${root}/w?propagationPolicy=Later`, {}, 422, 'propagationPolicy: Unsupported value'],
    [
      'POST',
      root,
      { body: widget('w', {}, { resourceVersion: '5' }) },
      500,
      'resourceVersion should not be set on objects to be created',
    ],
    [
      'POST',
      root,
      { body: widget('w', {}, { namespace: 'other' }) },
      400,
      'does not match the namespace sent on the request',
    ],
    [
      'POST',
      '/apis/example.dev/v1/namespaces/nowhere/widgets',
      { body: widget('w') },
      404,
      'namespaces "nowhere" not found',
    ],
    ['POST', root, { body: { ...widget('w'), kind: 'Gadget' } }, 422, 'kind: Invalid value: "Gadget": must be Widget'],
    ['POST', root, { text: '{' }, 400, 'json parse error'],
    [
      'POST',
      maps,
      { text: '"a"' },
      400,
      'json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string',
    ],
    ['PUT', `${maps}/m`, { body: { data: {} } }, 400, '(m based on URL) was undeterminable: name must be provided'],
    ['GET', `${root}?continue=abc&resourceVersion=1`, {}, 400, 'invalid continue token: continue key is not valid'],
    ['GET', `${root}?resourceVersion=9999`, {}, 504, 'Timeout: Too large resource version: 9999, current: '],
    [
      'POST',
      root,
      { text: '{}', headers: { 'content-type': 'application/vnd.kubernetes.protobuf' } },
      415,
      'accepted media types include: application/json',
    ],
    [
      'PATCH',
      `${root}/w`,
      { text: '{}', headers: { 'content-type': 'application/octet-stream' } },
      415,
      'application/merge-patch+json',
    ],
    [
      'PATCH',
      `${root}/w`,
      { text: '{}', headers: { 'content-type': 'application/strategic-merge-patch+json' } },
      415,
      'accepted media types',
    ],
    ['GET', `${root}/missing`, {}, 404, 'widgets.example.dev "missing" not found'],
    ['GET', `${root}?fieldSelector=spec.size=1`, {}, 400, 'field label not supported: spec.size'],
    ['GET', `${root}?labelSelector=a in b`, {}, 400, 'unable to parse requirement'],
    ['GET', `${root}?continue=abc`, {}, 400, 'continue'],
    ['GET', `${root}/w/scale`, {}, 404, 'widgets.example.dev "w" not found'],
    ['GET', root, { headers: { accept: 'application/xml' } }, 406, 'only the following media types are accepted'],
  ])('%s %s answers as the real server (%#)', async (method, url, options, status, message) => {
    const { call } = testServer()
    const answer = await call(method, url, options)
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ kind: 'Status', status: 'Failure', code: status })
    expect(answer.body.message).toContain(message)
  })

  it('warns of duplicate fields', async () => {
    const { call } = testServer()
    const { headers } = await call('POST', maps, { text: '{"metadata":{"name":"m"},"data":{"a":"1","a":"2"}}' })
    expect(headers['warning']).toEqual(['299 - "duplicate field \\"data.a\\""'])
  })

  it('writes nothing on a dry run', async () => {
    const { call } = testServer()
    expect((await call('POST', `${root}?dryRun=All`, { body: widget('w') })).status).toBe(201)
    expect((await call('GET', `${root}/w`)).status).toBe(404)
  })
})

describe('requests that nobody answers', () => {
  const url = '/api/v1/namespaces/default/pods'
  it.each<[string, string, number, string]>([
    ['HEAD', `${url}/p`, 405, 'the server does not allow this method on the requested resource'],
    ['PUT', url, 405, 'the server does not allow this method on the requested resource'],
    ['GET', '/apis/apps/v2/deployments', 404, 'the server could not find the requested resource'],
    [
      'GET',
      `${url}?watch=true&resourceVersion=x`,
      500,
      'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax',
    ],
  ])('%s %s', async (method, path, status, message) => {
    const answer = await testServer().call(method, path, { text: '{}' })
    expect([answer.status, answer.body.message]).toEqual([status, message])
  })

  it('are deletions in two manners, and of another kind of options', async () => {
    const { call } = testServer()
    const both = { orphanDependents: true, propagationPolicy: 'Foreground' }
    expect((await call('DELETE', `${url}/p`, { body: both })).body.message).toContain('cannot be both set')
    const other = await call('DELETE', `${url}/p`, { body: { kind: 'Foo', apiVersion: 'v1' } })
    expect([other.status, other.body.message]).toEqual([
      400,
      'no kind "Foo" is registered for version "v1" in scheme "pkg/runtime/scheme.go:111"',
    ])
  })
})

describe('strategic merge patch', () => {
  it.each<[string, object, number, string]>([
    ['an unknown directive', { spec: { $patch: 'bogus' } }, 500, 'unknown patch type: bogus in map: map[$patch:bogus]'],
    [
      'an item without its key',
      { spec: { containers: [{ image: 'x' }] } },
      500,
      'map: map[image:x] does not contain declared merge key: name',
    ],
    [
      'an item that is none among items',
      { spec: { containers: ['x'] } },
      500,
      'list element types are not identical: [[map[image:1 imagePullPolicy:Always name:x',
    ],
    [
      'keys that are not retained',
      { spec: { $retainKeys: ['nodeName'], hostname: 'x' } },
      400,
      'invalid patch format of retainKeys',
    ],
  ])('is refused with %s in the words of the real server', async (_what, body, status, message) => {
    const { call } = testServer()
    const headers = { 'content-type': 'application/strategic-merge-patch+json' }
    await call('POST', '/api/v1/namespaces/default/pods', {
      body: { metadata: { name: 'p' }, spec: { containers: [{ name: 'x', image: '1' }] } },
    })
    const answer = await call('PATCH', '/api/v1/namespaces/default/pods/p', { headers, body })
    expect([answer.status, answer.body.message]).toEqual([status, expect.stringContaining(message)])
  })

  it('merges lists by key, deletes by directive and removes from sets', async () => {
    const { call } = testServer()
    const headers = { 'content-type': 'application/strategic-merge-patch+json' }
    const ports = [
      { name: 'x', port: 80, targetPort: 8080 },
      { name: 'y', port: 81 },
    ]
    await call('POST', '/api/v1/namespaces/default/services', {
      body: { metadata: { name: 'a', finalizers: ['x.dev/a', 'x.dev/b'] }, spec: { ports } },
    })
    const { body } = await call('PATCH', '/api/v1/namespaces/default/services/a', {
      headers,
      body: {
        metadata: { '$deleteFromPrimitiveList/finalizers': ['x.dev/a'] },
        spec: {
          ports: [
            { port: 80, name: 'k' },
            { port: 81, $patch: 'delete' },
            { port: 82, name: 'z' },
          ],
        },
      },
    })
    expect((body['spec'] as { ports: object[] }).ports).toEqual([
      { name: 'k', port: 80, protocol: 'TCP', targetPort: 8080 },
      { name: 'z', port: 82, protocol: 'TCP', targetPort: 82 },
    ])
    expect(meta(body).finalizers).toEqual(['x.dev/b'])
  })
})

describe('strategic merge patch of a budget', () => {
  it('takes the selector whole, as its tag says', async () => {
    const { call } = testServer()
    const url = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
    const selector = { matchLabels: { a: 'b' }, matchExpressions: [{ key: 'c', operator: 'Exists' }] }
    await call('POST', url, { body: { metadata: { name: 'b' }, spec: { minAvailable: 1, selector } } })
    const { body } = await call('PATCH', `${url}/b`, {
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
      body: { spec: { selector: { matchLabels: { d: 'e' } } } },
    })
    expect((body['spec'] as { selector: object }).selector).toEqual({ matchLabels: { d: 'e' } })
  })
})

describe('delete', () => {
  it('waits for finalizers: first marked, then gone', async () => {
    const { call } = testServer()
    await call('POST', root, { body: widget('w', {}, { finalizers: ['x.dev/f'] }) })
    const marked = await call('DELETE', `${root}/w`)
    expect(meta(marked.body).deletionTimestamp).toBeDefined()
    const blocked = await call('PATCH', `${root}/w`, {
      body: { metadata: { finalizers: ['x.dev/f', 'x.dev/late'] } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(blocked.status).toBe(422)
    expect(blocked.body['message']).toContain('no new finalizers can be added if the object is being deleted')
    await call('PATCH', `${root}/w`, {
      body: { metadata: { finalizers: null } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect((await call('GET', `${root}/w`)).status).toBe(404)
  })

  it('honours preconditions and deletes collections by selector', async () => {
    const { call } = testServer()
    for (const name of ['a', 'b', 'c'])
      await call('POST', root, { body: widget(name, {}, { labels: { odd: String(name !== 'b') } }) })
    expect((await call('DELETE', `${root}/a`, { body: { preconditions: { uid: 'wrong' } } })).status).toBe(409)
    await call('DELETE', `${root}?labelSelector=odd=true`)
    expect(((await call('GET', root)).body['items'] as unknown[]).length).toBe(1)
  })
})

describe('ownerReferences', () => {
  const owned = async (
    call: ReturnType<typeof testServer>['call'],
    owner: Record<string, unknown>,
    extra: object = {},
  ): Promise<void> => {
    await call('POST', maps, {
      body: {
        metadata: {
          name: 'child',
          ownerReferences: [
            { apiVersion: 'example.dev/v1', kind: 'Widget', name: 'w', uid: meta(owner).uid, ...extra },
          ],
        },
      },
    })
  }

  it('take dependents along, by UID', async () => {
    const { call, clock } = testServer()
    const { body } = await call('POST', root, { body: widget('w') })
    await owned(call, body)
    await call('DELETE', `${root}/w`)
    await clock.advance(1)
    expect((await call('GET', `${maps}/child`)).status).toBe(404)
  })

  it('collect an object whose owner is already gone, and keep one of an unknown kind', async () => {
    const { call, clock } = testServer()
    await call('POST', maps, {
      body: {
        metadata: {
          name: 'a',
          ownerReferences: [{ apiVersion: 'example.dev/v1', kind: 'Widget', name: 'w', uid: 'gone' }],
        },
      },
    })
    await call('POST', maps, {
      body: {
        metadata: { name: 'b', ownerReferences: [{ apiVersion: 'else.dev/v1', kind: 'Gadget', name: 'g', uid: 'x' }] },
      },
    })
    await clock.advance(1)
    expect((await call('GET', `${maps}/a`)).status).toBe(404)
    expect((await call('GET', `${maps}/b`)).status).toBe(200)
  })

  it.each(['propagationPolicy=Orphan', 'orphanDependents=true'])('stay with ?%s', async (query) => {
    const { call, clock } = testServer()
    const owner = await call('POST', root, { body: widget('w') })
    await owned(call, owner.body)
    await call('DELETE', `${root}/w?${query}`)
    await clock.advance(1)
    expect((await call('GET', `${root}/w`)).status).toBe(404)
    expect(meta((await call('GET', `${maps}/child`)).body).ownerReferences).toBeUndefined()
  })

  it('keep their owner while they are deleted in the foreground', async () => {
    const { call, clock } = testServer()
    const owner = await call('POST', root, { body: widget('w') })
    await owned(call, owner.body, { blockOwnerDeletion: true })
    await call('PATCH', `${maps}/child`, {
      body: { metadata: { finalizers: ['x.dev/f'] } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    await call('DELETE', `${root}/w?propagationPolicy=Foreground`)
    await clock.advance(1)
    expect((await call('GET', `${root}/w`)).status).toBe(200)
    await call('PATCH', `${maps}/child`, {
      body: { metadata: { finalizers: null } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    await clock.advance(1)
    expect((await call('GET', `${root}/w`)).status).toBe(404)
  })
})

describe('namespaces', () => {
  it('are emptied before they go, and take nothing new meanwhile', async () => {
    const { call, clock } = testServer()
    await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } })
    const held = { metadata: { name: 'held', finalizers: ['x.dev/f'] } }
    await call('POST', '/api/v1/namespaces/n/configmaps', { body: held })
    await call('DELETE', '/api/v1/namespaces/n')
    await clock.advance(1)
    expect((await call('GET', '/api/v1/namespaces/n')).body).toMatchObject({ status: { phase: 'Terminating' } })
    const refused = await call('POST', '/api/v1/namespaces/n/configmaps', { body: { metadata: { name: 'late' } } })
    expect(refused.status).toBe(403)
    expect(refused.body.message).toContain('because it is being terminated')
    await call('PATCH', '/api/v1/namespaces/n/configmaps/held', {
      body: { metadata: { finalizers: null } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    await clock.advance(1)
    expect((await call('GET', '/api/v1/namespaces/n')).status).toBe(404)
  })

  it('of the system can not be deleted', async () => {
    const { call } = testServer()
    expect((await call('DELETE', '/api/v1/namespaces/default')).body.message).toBe(
      'namespaces "default" is forbidden: this namespace may not be deleted',
    )
  })
})

describe('access', () => {
  it('refuses as the real server does', async () => {
    const { call } = testServer()
    const anonymous = await call('GET', '/api/v1/nodes', { peer: {} })
    expect(anonymous.status).toBe(403)
    expect(anonymous.body.message).toBe(
      'nodes is forbidden: User "system:anonymous" cannot list resource "nodes" in API group "" at the cluster scope',
    )
    expect(
      (await call('GET', '/api/v1/nodes', { peer: {}, headers: { authorization: 'Bearer nonsense' } })).status,
    ).toBe(401)
    expect((await call('GET', '/api/v1/nodes', { peer: { certificate: 'invalid' } })).body).toMatchObject({
      code: 401,
      message: 'Unauthorized',
    })
    expect((await call('GET', '/readyz', { peer: {} })).status).toBe(200)
  })
})

describe('discovery and tables', () => {
  it('lists groups, versions, resources and subresources', async () => {
    const { call } = testServer()
    expect((await call('GET', '/api')).body).toMatchObject({ kind: 'APIVersions', versions: ['v1'] })
    const { body } = await call('GET', '/apis/example.dev/v1')
    expect((body['resources'] as { name: string }[]).map(({ name }) => name)).toEqual(['widgets', 'widgets/status'])
    expect((await call('GET', '/apis/none.dev/v1')).status).toBe(404)
    expect((await call('GET', '/version')).body).toMatchObject({
      gitVersion: expect.stringContaining('capstorm') as string,
    })
  })

  it('prints tables with the kind’s columns', async () => {
    const { call } = testServer()
    await call('POST', '/api/v1/nodes', {
      body: {
        metadata: { name: 'n1', labels: { 'node-role.kubernetes.io/control-plane': '' } },
        spec: { unschedulable: true },
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      },
    })
    await call('PATCH', '/api/v1/nodes/n1/status', {
      body: { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    const { body } = await call('GET', '/api/v1/nodes', {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' },
    })
    const rows = body['rows'] as { cells: unknown[]; object: { kind: string } }[]
    expect(rows[0]?.cells.slice(0, 4)).toEqual(['n1', 'Ready,SchedulingDisabled', 'control-plane', '0s'])
    expect(rows[0]?.object.kind).toBe('PartialObjectMetadata')
  })

  it('lists built-in kinds without, and custom resources with, each item’s kind', async () => {
    const { call } = testServer()
    await call('POST', maps, { body: { metadata: { name: 'm' } } })
    await call('POST', root, { body: widget('w') })
    expect(((await call('GET', maps)).body['items'] as object[])[0]).not.toHaveProperty('kind')
    expect(((await call('GET', root)).body['items'] as object[])[0]).toHaveProperty('kind', 'Widget')
  })
})
