import { createPublicKey, verify, type JsonWebKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { testServer, type Answer } from '../testing.ts'
import type { Exchange } from '../../kube/handler.ts'

const asUser = (user: string, ...groups: string[]): Exchange['peer'] => ({ certificate: { user, groups } })
const pods = '/api/v1/namespaces/default/pods'
const rbac = '/apis/rbac.authorization.k8s.io/v1'

async function granted(rules: object[], subject: object): Promise<ReturnType<typeof testServer>> {
  const test = testServer()
  await test.call('POST', `${rbac}/clusterroles`, { body: { metadata: { name: 'r' }, rules } })
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' }
  await test.call('POST', `${rbac}/namespaces/default/rolebindings`, {
    body: { metadata: { name: 'b' }, roleRef, subjects: [subject] },
  })
  return test
}

describe('role-based access', () => {
  it('allows what a binding grants, in its namespace, and refuses the rest in the real words', async () => {
    const { call } = await granted([{ apiGroups: [''], resources: ['pods'], verbs: ['list'] }], {
      kind: 'User',
      name: 'jane',
    })
    const peer = asUser('jane')
    expect((await call('GET', pods, { peer })).status).toBe(200)
    const elsewhere = await call('GET', '/api/v1/pods', { peer })
    expect(elsewhere.status).toBe(403)
    expect(elsewhere.body.message).toBe(
      'pods is forbidden: User "jane" cannot list resource "pods" in API group "" at the cluster scope',
    )
    expect((await call('GET', `${pods}/x`, { peer })).body.message).toBe(
      'pods "x" is forbidden: User "jane" cannot get resource "pods" in API group "" in the namespace "default"',
    )
  })

  it('takes the name of a namespace for its namespace', async () => {
    const { call } = await granted([{ apiGroups: [''], resources: ['namespaces'], verbs: ['*'] }], {
      kind: 'User',
      name: 'jane',
    })
    const peer = asUser('jane')
    expect((await call('GET', '/api/v1/namespaces/default', { peer })).status).toBe(200)
    expect((await call('GET', '/api/v1/namespaces', { peer })).status).toBe(403)
    expect((await call('DELETE', '/api/v1/namespaces/other', { peer })).body.message).toBe(
      'namespaces "other" is forbidden: User "jane" cannot delete resource "namespaces" in API group "" in the namespace "other"',
    )
  })

  it('knows resource names, subresources and groups', async () => {
    const { call } = await granted(
      [
        { apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'], verbs: ['get'] },
        { apiGroups: ['apps'], resources: ['deployments/scale'], verbs: ['*'] },
      ],
      { kind: 'Group', name: 'ops' },
    )
    const peer = asUser('x', 'ops')
    expect((await call('GET', '/api/v1/namespaces/default/configmaps/mine', { peer })).status).toBe(404)
    expect((await call('GET', '/api/v1/namespaces/default/configmaps/other', { peer })).status).toBe(403)
    expect((await call('GET', '/apis/apps/v1/namespaces/default/deployments/d/scale', { peer })).status).toBe(404)
    expect((await call('GET', '/apis/apps/v1/namespaces/default/deployments/d', { peer })).status).toBe(403)
  })

  it('lets those list one object by its name who may read that one, and says which binding lets them', async () => {
    const rule = { apiGroups: [''], resources: ['configmaps'], resourceNames: ['mine'], verbs: ['list'] }
    const { call } = await granted([rule], { kind: 'User', name: 'jane' })
    const list = (query: string): ReturnType<typeof call> =>
      call('GET', `/api/v1/namespaces/default/configmaps${query}`, { peer: asUser('jane') })
    expect((await list('')).status).toBe(403)
    expect((await list('?fieldSelector=metadata.name%3Dmine')).status).toBe(200)
    expect((await list('?fieldSelector=metadata.name%3Dother')).status).toBe(403)
    const attributes = { namespace: 'default', verb: 'list', resource: 'configmaps', name: 'mine' }
    const { body } = await call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      body: { spec: { user: 'jane', resourceAttributes: attributes } },
    })
    expect(body['status']).toEqual({
      allowed: true,
      reason: 'RBAC: allowed by RoleBinding "b/default" of ClusterRole "r" to User "jane"',
    })
  })

  it.each<[string, string, object, string]>([
    [
      'a path in a role',
      'namespaces/default/roles',
      { rules: [{ nonResourceURLs: ['/x'], verbs: ['get'] }] },
      'rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs',
    ],
    [
      'an aggregate of nothing',
      'clusterroles',
      { aggregationRule: { clusterRoleSelectors: [] } },
      'aggregationRule.clusterRoleSelectors: Required value: at least one clusterRoleSelector required if aggregationRule is non-nil',
    ],
    [
      'a role for the whole cluster',
      'clusterrolebindings',
      { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' } },
      'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    ],
    [
      'nobody',
      'namespaces/default/rolebindings',
      {
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'r' },
        subjects: [{ kind: 'Foo', name: '' }],
      },
      '[subjects[0].name: Required value, subjects[0].kind: Unsupported value: "Foo": supported values: "ServiceAccount", "User", "Group"]',
    ],
  ])('refuses %s in the real words', async (_what, resource, rest, causes) => {
    const answer = await testServer().call('POST', `${rbac}/${resource}`, {
      body: { metadata: { name: 'x' }, ...rest },
    })
    expect(answer.status).toBe(422)
    expect(answer.body.message).toContain(`.rbac.authorization.k8s.io "x" is invalid: ${causes}`)
  })

  it('impersonates nobody without a name', async () => {
    const { status, body } = await testServer().call('GET', pods, { headers: { 'impersonate-group': 'x' } })
    expect([status, body.message]).toEqual([
      400,
      'requested &user.DefaultInfo{Name:"", UID:"", Groups:[]string{"x"}, Extra:map[string][]string(nil)} without impersonating a user name',
    ])
  })

  it('lets a change of roles count at once', async () => {
    const { call } = await granted([], { kind: 'User', name: 'jane' })
    const peer = asUser('jane')
    expect((await call('GET', pods, { peer })).status).toBe(403)
    const headers = { 'content-type': 'application/merge-patch+json' }
    await call('PATCH', `${rbac}/clusterroles/r`, {
      headers,
      body: { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
    })
    expect((await call('GET', pods, { peer })).status).toBe(200)
  })

  it('aggregates roles by label', async () => {
    const { call } = testServer()
    await call('POST', `${rbac}/clusterroles`, {
      body: {
        metadata: { name: 'gadgets-view', labels: { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' } },
        rules: [{ apiGroups: ['example.dev'], resources: ['widgets'], verbs: ['list'] }],
      },
    })
    await call('POST', `${rbac}/clusterrolebindings`, {
      body: {
        metadata: { name: 'v' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ kind: 'User', name: 'eve' }],
      },
    })
    expect((await call('GET', '/apis/example.dev/v1/widgets', { peer: asUser('eve') })).status).toBe(200)
    expect((await call('GET', '/api/v1/secrets', { peer: asUser('eve') })).status).toBe(403)
  })

  it('writes what a role aggregates into it, also where roles aggregate one another', async () => {
    const { call } = testServer()
    const rule = (verb: string): object => ({ apiGroups: [''], resources: ['pods'], verbs: [verb] })
    const aggregate = (name: string, of: string): Promise<Answer> =>
      call('POST', `${rbac}/clusterroles`, {
        body: {
          metadata: { name, labels: { part: name } },
          aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: of } }] },
        },
      })
    await aggregate('a', 'b')
    await aggregate('b', 'a')
    await call('POST', `${rbac}/clusterroles`, {
      body: { metadata: { name: 'c', labels: { part: 'a' } }, rules: [rule('get')] },
    })
    for (const name of ['a', 'b']) {
      const { body } = await call('GET', `${rbac}/clusterroles/${name}`)
      expect(body).toMatchObject({
        rules: [rule('get')],
        metadata: { managedFields: [{ manager: 'clusterrole-aggregation-controller', operation: 'Apply' }, {}] },
      })
    }
  })

  it('lets those who may edit drain a node of their pods, and grant nothing', async () => {
    const { call } = testServer()
    await call('POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
      body: {
        metadata: { name: 'e' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
        subjects: [{ kind: 'User', name: 'eve' }],
      },
    })
    const may = async (verb: string, resource: string, subresource = '', group = ''): Promise<unknown> => {
      const resourceAttributes = { namespace: 'default', verb, group, resource, subresource }
      const { body } = await call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        body: { spec: { user: 'eve', resourceAttributes } },
      })
      return (body['status'] as { allowed: boolean }).allowed
    }
    const rbacGroup = 'rbac.authorization.k8s.io'
    expect([
      await may('list', 'pods'),
      await may('create', 'pods', 'eviction'),
      await may('create', 'pods', 'portforward'),
      await may('update', 'leases', '', 'coordination.k8s.io'),
      await may('create', 'rolebindings', '', rbacGroup),
    ]).toEqual([true, true, true, true, false])
  })

  it('says what of the selectors in a question could not be read', async () => {
    const { call } = testServer()
    const error = async (selectors: object): Promise<unknown> => {
      const { body } = await call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        body: { spec: { user: 'eve', resourceAttributes: { verb: 'list', resource: 'pods', ...selectors } } },
      })
      return (body['status'] as { evaluationError?: string }).evaluationError
    }
    const good = { key: 'a', operator: 'In', values: ['b'] }
    const bad = { key: 'a', operator: 'Like', values: ['b'] }
    expect([
      await error({ fieldSelector: { rawSelector: 'x' } }),
      await error({ labelSelector: { requirements: [good, bad] }, fieldSelector: { requirements: [bad] } }),
      await error({ labelSelector: { requirements: [good] }, fieldSelector: { rawSelector: 'a=b' } }),
    ]).toEqual([
      'spec.resourceAttributes.fieldSelector ignored due to parse error',
      'spec.resourceAttributes.fieldSelector ignored due to parse error; spec.resourceAttributes.labelSelector partially ignored due to parse error',
      undefined,
    ])
  })

  it('shows anybody the version, and nobody without a credential more', async () => {
    const { call } = testServer()
    expect((await call('GET', '/version', { peer: {} })).status).toBe(200)
    const refused = await call('GET', pods, { peer: {} })
    expect(refused.status).toBe(403)
    expect(refused.body.message).toContain('User "system:anonymous" cannot list resource "pods"')
    expect((await call('GET', '/apis', { peer: {} })).body.message).toBe(
      'forbidden: User "system:anonymous" cannot get path "/apis"',
    )
    expect((await call('GET', pods, { peer: { certificate: 'invalid' } })).status).toBe(401)
    expect((await call('GET', pods, { peer: {}, headers: { authorization: 'Bearer no' } })).status).toBe(401)
  })

  it('impersonates for those who may', async () => {
    const { call } = testServer()
    const headers = { 'impersonate-user': 'jane', 'impersonate-group': 'ops' }
    const who = await call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { headers, body: {} })
    expect(who.body['status']).toEqual({ userInfo: { username: 'jane', groups: ['ops', 'system:authenticated'] } })
    const refused = await call('GET', pods, { headers, peer: asUser('bob') })
    expect(refused.body.message).toBe(
      'pods is forbidden: User "bob" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "default"',
    )
  })

  it('impersonates for one thing alone, where only that is allowed', async () => {
    const { call } = testServer()
    const group = 'rbac.authorization.k8s.io'
    const rules = [
      { apiGroups: ['authentication.k8s.io'], resources: ['users'], verbs: ['impersonate:user-info'] },
      { apiGroups: [''], resources: ['pods'], verbs: ['impersonate-on:user-info:list'] },
    ]
    await call('POST', `${rbac}/clusterroles`, { body: { metadata: { name: 'r' }, rules } })
    const roleRef = { apiGroup: group, kind: 'ClusterRole', name: 'r' }
    const subjects = [{ kind: 'User', name: 'bob' }]
    await call('POST', `${rbac}/clusterrolebindings`, { body: { metadata: { name: 'b' }, roleRef, subjects } })
    const as = (url: string, name: string): Promise<Answer> =>
      call('GET', url, { headers: { 'impersonate-user': name }, peer: asUser('bob') })
    expect((await as(pods, 'jane')).body.message).toContain('User "jane" cannot list')
    expect((await as(`${pods}/x`, 'jane')).body.message).toContain('User "bob" cannot impersonate-on:user-info:get')
    expect((await as(pods, 'system:node:n')).body.message).toContain('cannot impersonate-on:arbitrary-node:list')
  })
})

describe('escalation', () => {
  const granting = { apiGroups: ['rbac.authorization.k8s.io'], resources: ['*'], verbs: ['get', 'create', 'update'] }
  const readPods = { apiGroups: [''], resources: ['pods'], verbs: ['get'] }
  const jane = { kind: 'User', name: 'jane' }
  const peer = asUser('jane', 'dev')
  const roles = `${rbac}/namespaces/default/roles`
  const bindings = `${rbac}/namespaces/default/rolebindings`

  it('is refused: a role holds what its writer holds, and the rest is listed', async () => {
    const { call } = await granted([granting, readPods], jane)
    const write = (rules: object[]): Promise<Answer> =>
      call('POST', roles, { body: { metadata: { name: 'new' }, rules }, peer })
    const more = { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'list'] }
    expect((await write([more])).body.message).toBe(
      [
        'roles.rbac.authorization.k8s.io "new" is forbidden: user "jane" (groups=["dev" "system:authenticated"]) is attempting to grant RBAC permissions not currently held:',
        '{APIGroups:[""], Resources:["pods"], Verbs:["list"]}',
        '{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}',
      ].join('\n'),
    )
    expect((await write([readPods])).status).toBe(201)
    const named = { ...readPods, resourceNames: ['a'] }
    const changed = { metadata: { name: 'new' }, rules: [named] }
    expect((await call('PUT', `${roles}/new`, { body: changed, peer })).status).toBe(200)
  })

  it('is refused of bindings too, unless their role may be bound', async () => {
    const bind = {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['clusterroles'],
      resourceNames: ['view'],
      verbs: ['bind'],
    }
    const { call } = await granted([granting, bind], jane)
    const write = (name: string, kind = 'ClusterRole'): Promise<Answer> => {
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind, name }
      return call('POST', bindings, { body: { metadata: { name: `to-${name}` }, roleRef, subjects: [jane] }, peer })
    }
    const refused = await write('cluster-admin')
    expect(refused.status).toBe(403)
    expect(refused.body.message).toContain(
      'not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}\n{NonResourceURLs:["*"], Verbs:["*"]}',
    )
    expect((await write('view')).status).toBe(201)
    expect((await write('gone', 'Role')).body.message).toBe('rolebindings.rbac.authorization.k8s.io "gone" not found')
  })
})

describe('tokens', () => {
  const token = (answer: Answer): string => (answer.body['status'] as { token: string }).token

  it('of service accounts work until they expire or the account goes', async () => {
    const { call, clock, server } = testServer()
    await call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'robot' } } })
    const issued = await call('POST', '/api/v1/namespaces/default/serviceaccounts/robot/token', {
      body: { spec: { expirationSeconds: 600 } },
    })
    expect(issued.status).toBe(201)
    const headers = { authorization: `Bearer ${token(issued)}` }
    const whoami = (): Promise<Answer> =>
      call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { headers, body: {}, peer: {} })
    expect((await whoami()).body['status']).toMatchObject({
      userInfo: {
        username: 'system:serviceaccount:default:robot',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
      },
    })
    await clock.advance(601_000)
    expect((await whoami()).status).toBe(401)
    const again = await call('POST', '/api/v1/namespaces/default/serviceaccounts/robot/token', { body: {} })
    headers.authorization = `Bearer ${token(again)}`
    expect((await whoami()).status).toBe(201)
    await call('DELETE', '/api/v1/namespaces/default/serviceaccounts/robot')
    expect((await whoami()).status).toBe(401)
    expect(server.store.revision).toBeGreaterThan(0)
  })

  it('of service accounts are for their audiences, and go with what they are bound to', async () => {
    const { call } = testServer()
    const core = '/api/v1/namespaces/default'
    await call('POST', `${core}/serviceaccounts`, { body: { metadata: { name: 'robot' } } })
    await call('POST', `${core}/secrets`, { body: { metadata: { name: 'tie' } } })
    const issued = (spec: object): Promise<Answer> =>
      call('POST', `${core}/serviceaccounts/robot/token`, { body: { spec } })
    const review = async (of: string, audiences?: string[]): Promise<unknown> =>
      (await call('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { body: { spec: { token: of, audiences } } }))
        .body['status']
    const other = token(await issued({ audiences: ['vault', 'x'] }))
    expect(await review(other, ['vault'])).toMatchObject({ authenticated: true, audiences: ['vault'] })
    expect(await review(other)).toEqual({
      user: {},
      error:
        '[invalid bearer token, token audiences ["vault" "x"] is invalid for the target audiences ["https://kubernetes.default.svc.cluster.local"]]',
    })
    expect((await call('GET', pods, { headers: { authorization: `Bearer ${other}` }, peer: {} })).status).toBe(401)
    const tied = token(await issued({ boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name: 'tie' } }))
    expect(await review(tied)).toMatchObject({ authenticated: true })
    await call('DELETE', `${core}/secrets/tie`)
    expect(await review(tied)).toMatchObject({ error: expect.stringContaining('has been invalidated') as unknown })
    const refusals: [object, string][] = [
      [{ boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'no' } }, 'pods "no" not found'],
      [{ boundObjectRef: { apiVersion: 'v1', kind: 'Foo' } }, 'cannot bind token to object of type /v1, Kind=Foo'],
      [{ expirationSeconds: 2 ** 32 + 1 }, 'may not specify a duration larger than 2^32 seconds'],
    ]
    for (const [spec, text] of refusals) expect((await issued(spec)).body.message).toContain(text)
  })

  it('can be checked by others, with the key that the issuer publishes', async () => {
    const { call } = testServer()
    await call('POST', '/api/v1/namespaces/default/serviceaccounts', { body: { metadata: { name: 'robot' } } })
    const issued = await call('POST', '/api/v1/namespaces/default/serviceaccounts/robot/token', { body: {} })
    const [header = '', payload = '', signature = ''] = token(issued).split('.')
    const headers = { authorization: `Bearer ${token(issued)}`, host: '10.96.0.1:443', accept: '*/*' }
    const get = async (path: string): Promise<unknown> => (await call('GET', path, { headers, peer: {} })).body
    const found = await get('/.well-known/openid-configuration')
    expect(found).toMatchObject({
      issuer: 'https://kubernetes.default.svc.cluster.local',
      jwks_uri: 'https://10.96.0.1:443/openid/v1/jwks',
    })
    const { keys } = (await get('/openid/v1/jwks')) as { keys: [JsonWebKey & { kid: string }] }
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { kid: string }
    expect(keys.map((key) => key.kid)).toEqual([kid])
    const key = { key: createPublicKey({ key: keys[0], format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const
    const signed = Buffer.from(`${header}.${payload}`)
    expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('of bootstrap Secrets stand for their groups', async () => {
    const { call } = testServer()
    await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'kube-system' } } })
    const stringData = {
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': 'system:bootstrappers:kubeadm',
    }
    await call('POST', '/api/v1/namespaces/kube-system/secrets', {
      body: { metadata: { name: 'bootstrap-token-abcdef' }, type: 'bootstrap.kubernetes.io/token', stringData },
    })
    const headers = { authorization: 'Bearer abcdef.0123456789abcdef' }
    const who = await call('POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', { headers, body: {}, peer: {} })
    expect(who.body['status']).toEqual({
      userInfo: {
        username: 'system:bootstrap:abcdef',
        groups: ['system:bootstrappers', 'system:bootstrappers:kubeadm', 'system:authenticated'],
      },
    })
  })
})

describe('reviews', () => {
  it('answer what the evaluator says', async () => {
    const { call } = await granted([{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }], {
      kind: 'User',
      name: 'jane',
    })
    const ask = (user: string, verb: string): Promise<Answer> =>
      call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        body: { spec: { user, resourceAttributes: { namespace: 'default', verb, resource: 'pods' } } },
      })
    expect((await ask('jane', 'get')).body['status']).toMatchObject({ allowed: true })
    expect((await ask('jane', 'delete')).body['status']).toEqual({ allowed: false })
    expect((await call('GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews')).status).toBe(405)
    const rules = await call('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      body: { spec: { namespace: 'default' } },
      peer: asUser('jane'),
    })
    expect(rules.body['status']).toMatchObject({
      resourceRules: expect.arrayContaining([
        expect.objectContaining({ resources: ['pods'], verbs: ['get'] }),
      ]) as unknown,
    })
  })
})

describe('reviews that ask nothing', () => {
  const reviews = '/apis/authorization.k8s.io/v1'
  it.each<[string, object, number, string]>([
    [
      'subjectaccessreviews',
      { user: 'x' },
      422,
      '.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    ],
    [
      'subjectaccessreviews',
      { resourceAttributes: { verb: 'get' } },
      422,
      '.authorization.k8s.io "" is invalid: spec.user: Invalid value: "": at least one of user or group must be specified',
    ],
    ['selfsubjectrulesreviews', {}, 400, 'no namespace on request'],
  ])('%s %j are refused', async (resource, spec, status, message) => {
    const answer = await testServer().call('POST', `${reviews}/${resource}`, { body: { spec } })
    expect([answer.status, answer.body.message]).toEqual([status, message])
  })
})

describe('eviction', () => {
  it('spares a pod that a disruption budget needs', async () => {
    const { call } = testServer()
    const pod = (name: string): object => ({
      metadata: { name, labels: { app: 'x' } },
      spec: { containers: [{ name: 'c', image: 'i' }] },
    })
    for (const name of ['a', 'b']) {
      await call('POST', pods, { body: pod(name) })
      await call('PATCH', `${pods}/${name}/status`, {
        headers: { 'content-type': 'application/merge-patch+json' },
        body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
      })
    }
    await call('POST', '/apis/policy/v1/namespaces/default/poddisruptionbudgets', {
      body: { metadata: { name: 'pdb' }, spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } },
    })
    const evict = (name: string): Promise<Answer> =>
      call('POST', `${pods}/${name}/eviction`, { body: { metadata: { name } } })
    expect((await evict('a')).status).toBe(201)
    const refused = await evict('b')
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject({
      message: "Cannot evict pod as it would violate the pod's disruption budget.",
      details: {
        causes: [
          { reason: 'DisruptionBudget', message: 'The disruption budget pdb needs 1 healthy pods and has 1 currently' },
        ],
      },
    })
    expect((await evict('gone')).status).toBe(404)
  })
})
