import { describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'nginx' }] } }
const selector = { matchLabels: { a: 'b' } }
const at = (group: string, resource: string): string =>
  `/${group === 'v1' ? 'api' : 'apis'}/${group}/namespaces/default/${resource}`
const apps = (resource: string): string => at('apps/v1', resource)
const job = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'nginx' }] } } }

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('workloads and services refuse in the words of the real server', () => {
  it.each<[string, object, string]>([
    [
      apps('deployments'),
      { selector: {}, template },
      'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
    ],
    [
      apps('deployments'),
      { template },
      '[spec.selector: Required value, spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`]',
    ],
    [
      apps('deployments'),
      { selector, template, strategy: { type: 'X' } },
      'spec.strategy: Unsupported value: {"Type":"X","RollingUpdate":null}: supported values: "Recreate", "RollingUpdate"',
    ],
    [
      apps('deployments'),
      { selector, template, minReadySeconds: 700 },
      'spec.progressDeadlineSeconds: Invalid value: 600: must be greater than minReadySeconds',
    ],
    [
      apps('replicasets'),
      { selector: { matchExpressions: [{ key: 'a', operator: 'Foo' }] }, template },
      '[spec.selector.matchExpressions[0].operator: Invalid value: "Foo": not a valid selector operator, spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Foo"}]}: invalid label selector]',
    ],
    [
      apps('daemonsets'),
      { selector, template, updateStrategy: { rollingUpdate: { maxUnavailable: 0, maxSurge: 0 } } },
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
    ],
    [
      apps('statefulsets'),
      { selector, template, persistentVolumeClaimRetentionPolicy: { whenDeleted: 'X' } },
      'spec.persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "X": supported values: "Retain", "Delete"',
    ],
    [
      apps('statefulsets'),
      { selector, template, replicas: -1, minReadySeconds: -1, ordinals: { start: -1 } },
      '[spec.replicas: Invalid value: -1: must be greater than or equal to 0, spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0, spec.ordinals.start: Invalid value: -1: must be greater than or equal to 0]',
    ],
    [
      apps('statefulsets'),
      { selector, template, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: {} }] },
      '[spec.volumeClaimTemplates[0].spec.accessModes: Required value: at least 1 access mode is required, spec.volumeClaimTemplates[0].spec.resources[storage]: Required value]',
    ],
    [
      at('batch/v1', 'jobs'),
      { ...job, completionMode: 'Indexed', parallelism: -1 },
      '[spec.parallelism: Invalid value: -1: must be greater than or equal to 0, spec.completions: Required value: when completion mode is Indexed]',
    ],
    [
      at('batch/v1', 'cronjobs'),
      { schedule: 'TZ=UTC * * * * *', timeZone: 'Nowhere/X', jobTemplate: { spec: job } },
      '[spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead, spec.timeZone: Invalid value: "Nowhere/X": unknown time zone Nowhere/X]',
    ],
    [
      at('v1', 'services'),
      {
        ports: [
          { port: 80, name: 'x' },
          { port: 80, name: 'x' },
        ],
      },
      '[spec.ports[1].name: Duplicate value: "x", spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}]',
    ],
    [at('v1', 'services'), { type: 'ExternalName' }, 'spec.externalName: Required value'],
    [
      at('v1', 'services'),
      { clusterIP: 'x', ports: [{ port: 80 }] },
      'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
  ])('%s %j', async (url, spec, causes) => {
    const answer = await testServer().call('POST', url, { body: { metadata: { name: 'x' }, spec } })
    expect([answer.status, answer.body.message?.replace(/^[A-Za-z.]+ "x" is invalid: /, '')]).toEqual([422, causes])
  })

  it('as are counts of pods that cannot be', async () => {
    const { call } = testServer()
    await call('POST', apps('deployments'), { body: { metadata: { name: 'x' }, spec: { selector, template } } })
    const answer = await call('PATCH', `${apps('deployments')}/x/status`, {
      body: { status: { replicas: 1, readyReplicas: 2 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(answer.body.message).toBe(
      'Deployment.apps "x" is invalid: status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    )
  })
})

describe('a stateful set', () => {
  it('mounts the claims that its pods get', async () => {
    const container = { name: 'c', image: 'nginx', volumeMounts: [{ name: 'data', mountPath: '/d' }] }
    const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    const spec = {
      selector,
      template: { ...template, spec: { containers: [container] } },
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claim }],
    }
    const answer = await testServer().call('POST', apps('statefulsets'), { body: { metadata: { name: 'x' }, spec } })
    expect(answer.status).toBe(201)
  })

  it('has no dots in its name', async () => {
    const answer = await testServer().call('POST', apps('statefulsets'), {
      body: { metadata: { name: 'a.b' }, spec: { selector, template } },
    })
    expect(answer.body.message).toContain('metadata.name: Invalid value: "a.b": must not contain dots')
  })
})

describe('the generation of a deployment', () => {
  it.each<[string, object, number]>([
    ['stays where a default takes the place of what is removed', { spec: { replicas: null } }, 1],
    ['counts annotations, which its replica sets get', { metadata: { annotations: { a: 'b' } } }, 2],
    ['does not count labels', { metadata: { labels: { a: 'b' } } }, 1],
  ])('%s', async (_what, body, generation) => {
    const { call } = testServer()
    await call('POST', apps('deployments'), { body: { metadata: { name: 'x' }, spec: { selector, template } } })
    const headers = { 'content-type': 'application/merge-patch+json' }
    const answer = await call('PATCH', `${apps('deployments')}/x`, { body, headers })
    expect(answer.body['metadata']).toMatchObject({ generation })
  })
})

describe('a replication controller', () => {
  const url = at('v1', 'replicationcontrollers')

  it('selects the labels of its template, has them, and scales', async () => {
    const { call } = testServer()
    const made = await call('POST', url, { body: { metadata: { name: 'x' }, spec: { template } } })
    expect(made.body).toMatchObject({
      metadata: { labels: { a: 'b' }, generation: 1 },
      spec: { replicas: 1, selector: { a: 'b' }, template: { spec: { restartPolicy: 'Always' } } },
    })
    const scaled = await call('PATCH', `${url}/x/scale`, {
      body: { spec: { replicas: 3 } },
      headers: { 'content-type': 'application/merge-patch+json' },
    })
    expect(scaled.body).toMatchObject({ kind: 'Scale', spec: { replicas: 3 }, status: { selector: 'a=b' } })
    expect((await call('GET', `${url}/x`)).body).toMatchObject({ metadata: { generation: 2 }, spec: { replicas: 3 } })
  })

  it.each<[object, string]>([
    [{ selector: { a: 'b' } }, 'spec.template: Required value'],
    [
      { selector: { a: 'c' }, template },
      'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
    ],
    [
      { template, replicas: -1, minReadySeconds: -1 },
      '[spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0, spec.replicas: Invalid value: -1: must be greater than or equal to 0]',
    ],
  ])('with %j is refused', async (spec, causes) => {
    const answer = await testServer().call('POST', url, { body: { metadata: { name: 'x' }, spec } })
    expect([answer.status, answer.body.message]).toEqual([422, `ReplicationController "x" is invalid: ${causes}`])
  })
})

it.each<[string, object, string]>([
  [at('v1', 'pods'), template.spec, "the Pod's hostname"],
  [at('v1', 'replicationcontrollers'), { template }, 'Pod names and hostnames'],
  [apps('deployments'), { selector, template }, 'Pod names and hostnames'],
  [apps('replicasets'), { selector, template }, 'Pod names and hostnames'],
  [at('batch/v1', 'jobs'), job, 'Pod names and hostnames'],
  [at('batch/v1', 'cronjobs'), { schedule: '* * * * *', jobTemplate: { spec: job } }, 'Pod names and hostnames'],
])('a name with a dot in %s is used in what has none', async (url, spec, used) => {
  const { call } = testServer()
  const told = async (name: string): Promise<string> =>
    String((await call('POST', url, { body: { metadata: { name }, spec } })).headers['warning'] ?? '')
  expect(await told('a.b')).toContain(
    `metadata.name: this is used in ${used}, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]`,
  )
  expect(await told('ab')).toBe('')
})

/** Answers of kube-apiserver v1.36.1 to the same requests. */
it.each<[string, object, string]>([
  [
    'failures',
    {
      managedBy: 'x',
      maxFailedIndexes: 2,
      podFailurePolicy: {
        rules: [
          { action: '' },
          { action: 'FailIndex', onExitCodes: { operator: 'In', values: [2, 0, 2], containerName: 'd' } },
          { action: 'X', onPodConditions: [{ type: 'T' }], onExitCodes: {} },
        ],
      },
      podReplacementPolicy: 'TerminatingOrFailed',
      successPolicy: {},
    },
    '[spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified, spec.managedBy: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo"), spec.maxFailedIndexes: Invalid value: 2: requires indexed completion mode, spec.podFailurePolicy.rules[0].action: Required value: valid values: ["Count" "FailIndex" "FailJob" "Ignore"], spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required, spec.podFailurePolicy.rules[1].action: Invalid value: "FailIndex": requires the backoffLimitPerIndex to be set, spec.podFailurePolicy.rules[1].onExitCodes.containerName: Invalid value: "d": must be one of the container or initContainer names in the pod template, spec.podFailurePolicy.rules[1].onExitCodes.values[1]: Invalid value: 0: must not be 0 for the In operator, spec.podFailurePolicy.rules[1].onExitCodes.values[2]: Duplicate value: 2, spec.podFailurePolicy.rules[1].onExitCodes.values: Invalid value: [2,0,2]: must be ordered, spec.podFailurePolicy.rules[2].action: Unsupported value: "X": supported values: "Count", "FailIndex", "FailJob", "Ignore", spec.podFailurePolicy.rules[2].onExitCodes.operator: Required value: valid values: ["In" "NotIn"], spec.podFailurePolicy.rules[2].onExitCodes.values: Invalid value: null: at least one value is required, spec.podFailurePolicy.rules[2]: Invalid value: specifying both OnExitCodes and OnPodConditions is not supported, spec.successPolicy: Invalid value: {"Rules":null}: requires indexed completion mode, spec.podReplacementPolicy: Unsupported value: "TerminatingOrFailed": supported values: "Failed"]',
  ],
  [
    'success',
    {
      completionMode: 'Indexed',
      completions: 5,
      parallelism: 200_000,
      successPolicy: {
        rules: [
          {},
          { succeededIndexes: '1,3-9', succeededCount: -1 },
          { succeededIndexes: '0,2-3', succeededCount: 4 },
          { succeededIndexes: 'x' },
          { succeededIndexes: '1-2-3' },
          { succeededIndexes: '3,2' },
        ],
      },
    },
    '[spec.parallelism: Invalid value: 200000: must be less than or equal to 100000 when completion mode is Indexed, spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified, spec.successPolicy.rules[1].succeededIndexes: Invalid value: "1,3-9": error parsing succeededIndexes: too large index: "9", spec.successPolicy.rules[1].succeededCount: Invalid value: -1: must be greater than or equal to 0, spec.successPolicy.rules[2].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of indexes in the specified succeededIndexes field), spec.successPolicy.rules[3].succeededIndexes: Invalid value: "x": error parsing succeededIndexes: cannot convert string to integer for index: "x", spec.successPolicy.rules[4].succeededIndexes: Invalid value: "1-2-3": error parsing succeededIndexes: the fragment "1-2-3" violates the requirement that an index interval can have at most two parts separated by \'-\', spec.successPolicy.rules[5].succeededIndexes: Invalid value: "3,2": error parsing succeededIndexes: non-increasing order, previous: 3, current: 2]',
  ],
])('a job is refused for what it says of %s', async (_what, spec, message) => {
  const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } }
  const { body } = await testServer().call('POST', '/apis/batch/v1/namespaces/default/jobs', {
    body: { metadata: { name: 'j' }, spec: { template, ...spec } },
  })
  expect(body.message).toBe(`Job.batch "j" is invalid: ${message}`)
})

/** In the words of kube-apiserver v1.36.1. */
describe('what a template shares with its host', () => {
  const container = { name: 'c', image: 'i' }
  const made = async (spec: object) => {
    const body = { metadata: { name: 'x' }, template: { spec: { containers: [container], ...spec } } }
    const answer = await testServer().call('POST', '/api/v1/namespaces/default/podtemplates', { body })
    const { causes = [] } = (answer.body['details'] ?? {}) as { causes?: { field: string; message: string }[] }
    const told = causes.map(({ field, message }) => `${field}: ${message}`)
    return told.length > 0 ? told : [answer.headers['warning'] ?? []].flat()
  }
  const process = { windowsOptions: { hostProcess: true } }

  it.each<[object, string[]]>([
    [
      { securityContext: process },
      [
        'template.spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers',
      ],
    ],
    [
      {
        hostNetwork: true,
        containers: [
          { ...container, securityContext: process },
          { ...container, name: 'd' },
        ],
      },
      [
        'template.spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers',
      ],
    ],
    [{ hostUsers: false, hostPID: true }, ['template.spec.HostPID: Forbidden: when `hostUsers` is false']],
    [
      { os: { name: 'windows' }, hostUsers: true, securityContext: { fsGroup: 1 } },
      [
        'template.spec.hostUsers: Forbidden: cannot be set for a windows pod',
        'template.spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod',
      ],
    ],
    [
      { os: { name: 'linux' }, securityContext: { windowsOptions: {} } },
      ['template.spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'],
    ],
    [
      {
        containers: [
          { ...container, ports: [{ containerPort: 80, name: 'a' }] },
          {
            ...container,
            name: 'd',
            ports: [
              { containerPort: 80, hostPort: 81 },
              { containerPort: 82, name: 'a' },
            ],
          },
        ],
      },
      [
        '299 - "template.spec.containers[1].ports[0]: overlapping port definition with template.spec.containers[0].ports[0]"',
        '299 - "template.spec.containers[1].ports[1]: duplicate port name \\"a\\" with template.spec.containers[0].ports[0], services and probes that select ports by name will use template.spec.containers[0].ports[0]"',
      ],
    ],
    [
      { terminationGracePeriodSeconds: -1 },
      [
        '299 - "template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"',
      ],
    ],
  ])('%j', async (spec, told) => expect(await made(spec)).toEqual(told))
})

describe('jobs', () => {
  const merge = { 'content-type': 'application/merge-patch+json' }
  const labelsOf = (body: Record<string, unknown>): object | undefined =>
    (body['metadata'] as { labels?: object }).labels

  it('have the labels of their template where they have none', async () => {
    const { call } = testServer()
    const labelled = { template: { ...job.template, metadata: { labels: { of: 'template' } } } }
    const made = await call('POST', at('batch/v1', 'jobs'), { body: { metadata: { name: 'j' }, spec: labelled } })
    expect(labelsOf(made.body)).toMatchObject({ of: 'template', 'job-name': 'j' })
    const emptied = { body: { metadata: { labels: null }, status: { active: 1 } }, headers: merge }
    for (const url of ['j', 'j/status'])
      expect(labelsOf((await call('PATCH', `${at('batch/v1', 'jobs')}/${url}`, emptied)).body)).toMatchObject({
        of: 'template',
      })
    const own = { metadata: { name: 'k', labels: { of: 'mine' } }, spec: labelled }
    expect(labelsOf((await call('POST', at('batch/v1', 'jobs'), { body: own })).body)).toEqual({ of: 'mine' })
  })

  it('warn of their templates, and so do cron jobs', async () => {
    const { call } = testServer()
    const containers = ['c', 'd'].map((name) => ({ name, image: 'i', ports: [{ containerPort: 80 }] }))
    const twice = { template: { spec: { restartPolicy: 'Never', containers } } }
    const told = async (resource: string, name: string, spec: object): Promise<unknown> =>
      (await call('POST', at('batch/v1', resource), { body: { metadata: { name }, spec } })).headers['warning']
    const warned = (path: string): string[] => [
      `299 - "${path}.containers[1].ports[0]: duplicate port definition with ${path}.containers[0].ports[0]"`,
    ]
    expect(await told('jobs', 'j', twice)).toEqual(warned('spec.template.spec'))
    expect(await told('cronjobs', 'c', { schedule: '* * * * *', jobTemplate: { spec: twice } })).toEqual(
      warned('spec.jobTemplate.spec.template.spec'),
    )
    const suspended = { body: { spec: { suspend: true } }, headers: merge }
    const labelled = { body: { metadata: { labels: { a: 'b' } } }, headers: merge }
    const url = `${at('batch/v1', 'cronjobs')}/c`
    expect((await call('PATCH', url, suspended)).headers['warning']).toEqual(
      warned('spec.jobTemplate.spec.template.spec'),
    )
    expect((await call('PATCH', url, labelled)).headers['warning']).toBeUndefined()
  })

  it('warn that their pods stay, and replication controllers do not', async () => {
    const { call } = testServer()
    await call('POST', at('batch/v1', 'jobs'), { body: { metadata: { name: 'j' }, spec: job } })
    const controllers = at('v1', 'replicationcontrollers')
    await call('POST', controllers, { body: { metadata: { name: 'r' }, spec: { selector: { a: 'b' }, template } } })
    const removed = await call('DELETE', `${at('batch/v1', 'jobs')}/j`)
    expect(removed.headers['warning']).toEqual([expect.stringContaining('child pods are preserved by default')])
    expect((await call('DELETE', `${controllers}/r`)).headers['warning']).toBeUndefined()
  })
})
