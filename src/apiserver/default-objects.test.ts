/** What is there before anybody has made anything. */
import { describe, expect, it } from 'vitest'
import { createSystemNamespaces } from './system-objects.ts'
import { testServer } from './testing.ts'

interface Shown {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string; readonly generation?: number }
  readonly [field: string]: unknown
}

const flows = '/apis/flowcontrol.apiserver.k8s.io/v1'
const rbac = '/apis/rbac.authorization.k8s.io/v1'
const network = '/apis/networking.k8s.io/v1'
const here = '/api/v1/namespaces/default'
const itemsOf = (answer: { body: Record<string, unknown> }): Shown[] => answer.body['items'] as Shown[]

describe('what every cluster has', () => {
  it('is made when somebody first looks, and is as old as the cluster', async () => {
    const { call, clock, server } = testServer()
    const start = server.store.now()
    await clock.advance(60_000)
    const before = server.store.revision
    const list = itemsOf(await call('GET', `${rbac}/clusterroles`))
    expect(list.length).toBe(69)
    expect(new Set(list.map(({ metadata }) => metadata.creationTimestamp))).toEqual(new Set([start]))
    expect(server.store.revision - before).toBe(69)
    expect(itemsOf(await call('GET', `${rbac}/clusterroles`))).toEqual(list)
  })

  it('grants components what they need, and no more', async () => {
    const { call } = testServer()
    const may = async (user: string, verb: string, resource: string): Promise<unknown> => {
      const spec = { user, resourceAttributes: { verb, group: '', resource } }
      const answer = await call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', { body: { spec } })
      return (answer.body['status'] as { allowed: boolean }).allowed
    }
    const collector = 'system:serviceaccount:kube-system:generic-garbage-collector'
    expect(await may(collector, 'delete', 'pods')).toBe(true)
    expect(await may('system:kube-scheduler', 'create', 'bindings')).toBe(true)
    expect(await may('system:kube-scheduler', 'create', 'pods')).toBe(false)
  })

  it.each([
    ['clusterrolebindings', 50],
    ['namespaces/kube-system/roles', 6],
    ['namespaces/kube-public/rolebindings', 1],
  ])('has %s', async (path, count) => {
    expect(itemsOf(await testServer().call('GET', `${rbac}/${path}`)).length).toBe(count)
  })

  it('stays as it was changed, and away', async () => {
    const { call } = testServer()
    await call('DELETE', `${rbac}/clusterroles/system:kube-dns`)
    const body = { metadata: { labels: { a: 'b' } } }
    const headers = { 'content-type': 'application/merge-patch+json' }
    await call('PATCH', `${rbac}/clusterroles/system:node`, { body, headers })
    const list = itemsOf(await call('GET', `${rbac}/clusterroles`))
    expect(list.length).toBe(68)
    expect(list.find(({ metadata }) => metadata.name === 'system:node')).toMatchObject(body)
  })
})

describe('flow schemas', () => {
  const schema = (level: string): object => ({
    metadata: { name: 'x' },
    spec: {
      priorityLevelConfiguration: { name: level },
      rules: [
        {
          subjects: [{ kind: 'Group', group: { name: 'g' } }],
          nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/x'] }],
        },
      ],
    },
  })

  it('say whether their priority level is there', async () => {
    const { call, clock } = testServer()
    await call('POST', `${flows}/flowschemas`, { body: schema('mine') })
    await clock.advance(1)
    const dangling = async (): Promise<unknown> =>
      ((await call('GET', `${flows}/flowschemas/x`)).body['status'] as { conditions: object[] }).conditions
    expect(await dangling()).toMatchObject([{ type: 'Dangling', status: 'True', reason: 'NotFound' }])
    const spec = { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } }
    const made = await call('POST', `${flows}/prioritylevelconfigurations`, {
      body: { metadata: { name: 'mine' }, spec },
    })
    expect(made.body['spec']).toEqual({
      type: 'Limited',
      limited: {
        nominalConcurrencyShares: 30,
        limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
        lendablePercent: 0,
      },
    })
    await clock.advance(1)
    expect(await dangling()).toMatchObject([{ type: 'Dangling', status: 'False', reason: 'Found' }])
  })

  it('are listed in the order in which they match', async () => {
    const headers = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }
    const { body } = await testServer().call('GET', `${flows}/flowschemas`, { headers })
    const rows = (body['rows'] as { cells: unknown[] }[]).map(({ cells }) => cells)
    expect(rows.map(([name]) => name).slice(0, 3)).toEqual(['exempt', 'probes', 'system-leader-election'])
    expect(rows[2]?.slice(1, 4)).toEqual(['leader-election', 100, 'ByUser'])
    expect(rows[2]?.[5]).toBe('False')
  })

  it.each<[string, object, string]>([
    [
      'prioritylevelconfigurations',
      { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { queues: 1024, handSize: 7 } } } },
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 7: required entropy bits of deckSize 1024 and handSize 7 should not be greater than 60',
    ],
    [
      'prioritylevelconfigurations',
      { type: 'Exempt' },
      "spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'",
    ],
    [
      'flowschemas',
      { priorityLevelConfiguration: { name: 'p' }, matchingPrecedence: 1 },
      "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ],
    [
      'flowschemas',
      {
        priorityLevelConfiguration: { name: 'p' },
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'u' } }],
            resourceRules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
          },
        ],
      },
      'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace',
    ],
  ])('and %s are refused in the words of the real server: %j', async (resource, spec, cause) => {
    const answer = await testServer().call('POST', `${flows}/${resource}`, { body: { metadata: { name: 'x' }, spec } })
    expect(answer.body.message).toMatch(/ "x" is invalid: /)
    expect(answer.body.message?.replace(/^.* "x" is invalid: /, '')).toBe(cause)
  })
})

describe('addresses of services', () => {
  it('come and go with them', async () => {
    const { call } = testServer()
    const names = async (): Promise<string[]> =>
      itemsOf(await call('GET', `${network}/ipaddresses`)).map(({ metadata }) => metadata.name)
    await call('POST', `${here}/services`, {
      body: { metadata: { name: 'a' }, spec: { clusterIP: '10.96.0.7', ports: [{ port: 80 }] } },
    })
    expect(await names()).toContain('10.96.0.7')
    await call('POST', `${here}/services`, {
      body: { metadata: { name: 'b' }, spec: { clusterIP: '10.96.0.8', ports: [{ port: 80 }] } },
    })
    expect((await call('GET', `${network}/ipaddresses/10.96.0.8`)).body['spec']).toEqual({
      parentRef: { resource: 'services', namespace: 'default', name: 'b' },
    })
    await call('DELETE', `${here}/services/a`)
    expect(await names()).not.toContain('10.96.0.7')
  })

  it.each<[string, string]>([
    ['010.1.1.1', 'must not have leading 0s'],
    ['::ffff:10.1.1.1', 'must not be an IPv4-mapped IPv6 address'],
    ['fd00::0:1', 'must be in canonical form ("fd00::1")'],
    ['x', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'],
  ])('are named in one way: %s', async (name, problem) => {
    const body = { metadata: { name }, spec: { parentRef: { resource: 'services', name: 's' } } }
    const answer = await testServer().call('POST', `${network}/ipaddresses`, { body })
    expect(answer.body.message).toBe(
      `IPAddress.networking.k8s.io ${JSON.stringify(name)} is invalid: metadata.name: Invalid value: ${JSON.stringify(name)}: ${problem}`,
    )
  })

  it.each<[string[], string]>([
    [['10.1.1.1/24'], 'spec.cidrs[0]: Invalid value: "10.1.1.1/24": must not have bits set beyond the prefix length'],
    [['10.1.01.0/24'], 'spec.cidrs[0]: Invalid value: "10.1.01.0/24": must not have leading 0s in IP or prefix length'],
    [
      ['10.1.1.0/24', '10.2.1.0/24'],
      'spec.cidrs: Invalid value: ["10.1.1.0/24","10.2.1.0/24"]: may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
    ],
  ])('are from ranges of one family each: %j', async (cidrs, cause) => {
    const body = { metadata: { name: 'x' }, spec: { cidrs } }
    const answer = await testServer().call('POST', `${network}/servicecidrs`, { body })
    expect(answer.body.message).toBe(`ServiceCIDR.networking.k8s.io "x" is invalid: ${cause}`)
  })
})

describe('component statuses', () => {
  it('are well, and deprecated', async () => {
    const { call } = testServer()
    const list = await call('GET', '/api/v1/componentstatuses')
    expect(itemsOf(list).map(({ metadata }) => metadata.name)).toEqual(['scheduler', 'controller-manager', 'etcd-0'])
    expect(String(list.headers['warning'])).toContain('v1 ComponentStatus is deprecated in v1.19+')
    expect((await call('GET', '/api/v1/componentstatuses/x')).body.message).toBe('componentstatus "x" not found')
    expect((await call('DELETE', '/api/v1/componentstatuses/etcd-0')).status).toBe(405)
  })
})

describe('the namespaces of the system', () => {
  it('have labels that are the server’s, and a state that is nobody’s', async () => {
    const { server, clock, call } = testServer()
    createSystemNamespaces(server.store, clock)
    const { body } = await call('GET', '/api/v1/namespaces/kube-public')
    expect(body).toMatchObject({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Active' } })
    const { managedFields } = body['metadata'] as { managedFields: object[] }
    expect(managedFields).toMatchObject([
      {
        manager: 'kube-apiserver',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:kubernetes.io/metadata.name': {} } } },
      },
    ])
    expect(JSON.stringify(managedFields)).not.toContain('f:spec')
  })
})
