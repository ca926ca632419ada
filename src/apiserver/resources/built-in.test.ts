import { describe, expect, it } from 'vitest'
import { certificateRequest, testServer, type Answer, type TestServer } from '../testing.ts'

const mergePatch = { 'content-type': 'application/merge-patch+json' }
const at = (group: string, resource: string): string =>
  `/${group === 'v1' ? 'api' : 'apis'}/${group}/namespaces/default/${resource}`
const container = { name: 'c', image: 'nginx' }
const message = ({ status, body }: Answer): [number, string | undefined] => [status, body.message]
const post = ({ call }: TestServer, url: string, name: string, rest: object): Promise<Answer> =>
  call('POST', url, { body: { metadata: { name }, ...rest } })

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('built-in kinds refuse in the words of the real server', () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [container] } }
  const workload = { selector: { matchLabels: { a: 'b' } }, template }
  const pod = (more: object, spec: object = {}): object => ({
    spec: { containers: [{ ...container, ...more }], ...spec },
  })

  it.each<[string, string, object, string]>([
    [
      at('v1', 'pods'),
      'Pod "x"',
      pod({ ports: [{ containerPort: 0 }, { containerPort: 70_000 }] }),
      '[spec.containers[0].ports[0].containerPort: Required value, spec.containers[0].ports[1].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive]',
    ],
    [
      at('v1', 'pods'),
      'Pod "x"',
      pod({ volumeMounts: [{ name: 'nope', mountPath: '/v' }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "nope"',
    ],
    [
      at('v1', 'pods'),
      'Pod "x"',
      pod({ resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }),
      'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
    ],
    [
      at('v1', 'pods'),
      'Pod "x"',
      pod({}, { volumes: [{ name: 'v' }, { name: 'v', emptyDir: {} }] }),
      'spec.volumes[1].name: Duplicate value: "v"',
    ],
    [
      at('apps/v1', 'deployments'),
      'Deployment.apps "x"',
      { spec: { ...workload, strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } } },
      "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
    ],
    [
      at('apps/v1', 'deployments'),
      'Deployment.apps "x"',
      { spec: { ...workload, strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } } },
      'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
    ],
    [
      at('apps/v1', 'daemonsets'),
      'DaemonSet.apps "x"',
      { spec: { ...workload, template: { ...template, spec: { containers: [container], restartPolicy: 'Never' } } } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      at('batch/v1', 'jobs'),
      'Job.batch "x"',
      { spec: { template: { spec: { containers: [container] } } } },
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      at('policy/v1', 'poddisruptionbudgets'),
      'PodDisruptionBudget.policy "x"',
      { spec: { minAvailable: 'x', selector: {} } },
      "spec.minAvailable: Invalid value: \"x\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    ],
    [
      at('v1', 'persistentvolumeclaims'),
      'PersistentVolumeClaim "x"',
      { spec: {} },
      '[spec.accessModes: Required value: at least 1 access mode is required, spec.resources[storage]: Required value]',
    ],
    [
      '/api/v1/persistentvolumes',
      'PersistentVolume "x"',
      { spec: {} },
      '[spec.accessModes: Required value, spec.capacity: Required value, spec.capacity: Unsupported value: null: supported values: "storage", spec: Required value: must specify a volume type]',
    ],
    [
      '/api/v1/nodes',
      'Node "x"',
      {
        spec: {
          taints: [
            { key: 'a', effect: 'NoSchedule' },
            { key: 'a', effect: 'NoSchedule' },
          ],
        },
      },
      'metadata.taints[1]: Duplicate value: {"Key":"a","Value":"","Effect":"NoSchedule","TimeAdded":null}: taints must be unique by key and effect pair',
    ],
    [
      '/apis/scheduling.k8s.io/v1/priorityclasses',
      'PriorityClass.scheduling.k8s.io "x"',
      { value: 2_000_000_000 },
      'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    ],
    [
      at('events.k8s.io/v1', 'events'),
      'Event "x"',
      { regarding: { kind: 'Node', name: 'n' }, type: 'Odd' },
      '[eventTime: Required value, type: Invalid value: "": has invalid value: Odd]',
    ],
    [
      '/api/v1/nodes',
      'Node "x"',
      { metadata: { name: 'x', finalizers: ['odd'] } },
      'metadata.finalizers[0]: Invalid value: "odd": name is neither a standard finalizer name nor is it fully qualified',
    ],
  ])('%s: %s %#', async (url, who, rest, problem) => {
    expect(message(await post(testServer(), url, 'x', rest))).toEqual([422, `${who} is invalid: ${problem}`])
  })

  it.each<[string, object, object, string]>([
    [
      at('apps/v1', 'statefulsets'),
      { spec: { ...workload, serviceName: 'a' } },
      { spec: { serviceName: 'b' } },
      "updates to statefulset spec for fields other than 'replicas'",
    ],
    [
      at('apps/v1', 'controllerrevisions'),
      { data: { a: 1 } },
      { data: { a: 2 } },
      'data: Invalid value: {"a":2}: field is immutable',
    ],
    [
      '/apis/storage.k8s.io/v1/storageclasses',
      { provisioner: 'a' },
      { reclaimPolicy: 'Retain' },
      'reclaimPolicy: Invalid value: "Retain": field is immutable',
    ],
  ])('%s: an update', async (url, rest, change, problem) => {
    const server = testServer()
    expect((await post(server, url, 'x', rest)).status).toBe(201)
    const answer = await server.call('PATCH', `${url}/x`, { body: change, headers: mergePatch })
    expect(answer.status).toBe(422)
    expect(answer.body.message).toContain(problem)
  })
})

/** Answers of kube-apiserver v1.36.1 to the same requests. */
describe('webhook configurations are refused in the words of the real server', () => {
  const rule = { apiGroups: ['x.dev'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['things'] }
  const webhook = {
    name: 'a.b.c',
    clientConfig: { url: 'https://127.0.0.1:1/x' },
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    rules: [rule],
  }

  it.each<[string, object, string]>([
    [
      'matchPolicy',
      { matchPolicy: 'X' },
      'matchPolicy: Unsupported value: "X": supported values: "Equivalent", "Exact"',
    ],
    [
      'reinvocationPolicy',
      { reinvocationPolicy: 'X' },
      'reinvocationPolicy: Unsupported value: "X": supported values: "IfNeeded", "Never"',
    ],
    [
      'scope',
      { rules: [{ ...rule, scope: 'X' }] },
      'rules[0].scope: Unsupported value: "X": supported values: "*", "Cluster", "Namespaced"',
    ],
    [
      'everything and more',
      { rules: [{ ...rule, operations: ['*', 'CREATE'] }] },
      'rules[0].operations: Invalid value: ["*","CREATE"]: if \'*\' is present, must not specify other operations',
    ],
    [
      'conditions',
      { matchConditions: [{ name: 'x', expression: '' }] },
      'matchConditions[0].expression: Required value',
    ],
    [
      'selectors',
      { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Foo' }] } },
      'namespaceSelector.matchExpressions[0].operator: Invalid value: "Foo": not a valid selector operator',
    ],
  ])('%s', async (_what, change, cause) => {
    const { call } = testServer()
    const path = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations'
    const answer = await call('POST', path, {
      body: { metadata: { name: 'x' }, webhooks: [{ ...webhook, ...change }] },
    })
    expect(message(answer)).toEqual([
      422,
      `MutatingWebhookConfiguration.admissionregistration.k8s.io "x" is invalid: webhooks[0].${cause}`,
    ])
  })
})

describe('a certificate signing request', () => {
  const url = '/apis/certificates.k8s.io/v1/certificatesigningrequests'
  const spec = { request: certificateRequest, signerName: 'a.io/b', usages: ['client auth'] }

  it('says who asks, whatever they say, and keeps what was asked', async () => {
    const server = testServer()
    const created = await post(server, url, 'c', { spec: { ...spec, username: 'root' } })
    expect(created.body['spec']).toMatchObject({
      username: 'admin',
      groups: ['system:masters', 'system:authenticated'],
    })
    const body = { spec: { signerName: 'x.io/y' } }
    expect((await server.call('PATCH', `${url}/c`, { body, headers: mergePatch })).body['spec']).toMatchObject(spec)
  })

  it('is decided once', async () => {
    const server = testServer()
    await post(server, url, 'c', { spec })
    const decide = (...types: string[]): Promise<Answer> => {
      const conditions = types.map((type) => ({ type, status: 'True', reason: 'r', message: '' }))
      return server.call('PUT', `${url}/c/approval`, {
        body: { metadata: { name: 'c' }, spec, status: { conditions } },
      })
    }
    expect((await decide('Approved', 'Denied')).body.message).toContain('mutually exclusive')
    expect((await decide('Approved')).body['status']).toMatchObject({ conditions: [{ type: 'Approved' }] })
    expect((await decide('Denied')).body.message).toContain('may not remove a condition of type "Approved"')
    const table = await server.call('GET', url, { headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } })
    expect((table.body['rows'] as { cells: unknown[] }[])[0]?.cells.at(-1)).toBe('Approved')
  })
})

it('a pod is bound to a node once', async () => {
  const server = testServer()
  await post(server, at('v1', 'pods'), 'p', { spec: { containers: [container] } })
  const bind = (name: string): Promise<Answer> =>
    server.call('POST', `${at('v1', 'pods')}/p/binding`, {
      body: { metadata: { name: 'p' }, target: { kind: 'Node', name } },
    })
  expect((await bind('n1')).status).toBe(201)
  expect((await server.call('GET', `${at('v1', 'pods')}/p`)).body).toMatchObject({
    spec: { nodeName: 'n1' },
    status: { conditions: [{ type: 'PodScheduled', status: 'True' }] },
  })
  expect(message(await bind('n2'))).toEqual([
    409,
    'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"',
  ])
})

it('a namespace goes when the last of its finalizers does', async () => {
  const { call, clock } = testServer()
  const url = '/api/v1/namespaces/n'
  await call('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } })
  const finalizers = ['kubernetes', 'x.dev/y']
  await call('PUT', `${url}/finalize`, { body: { metadata: { name: 'n' }, spec: { finalizers } } })
  expect((await call('DELETE', url)).body).toMatchObject({ spec: { finalizers }, status: { phase: 'Terminating' } })
  await clock.advance(1)
  expect((await call('GET', url)).body).toMatchObject({ spec: { finalizers: ['x.dev/y'] } })
  await call('PUT', `${url}/finalize`, { body: { metadata: { name: 'n' }, spec: {} } })
  expect((await call('GET', url)).status).toBe(404)
})

it('a claim waits for the pods that mount it', async () => {
  const server = testServer()
  const { call, clock } = server
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
  await post(server, at('v1', 'persistentvolumeclaims'), 'c', { spec: claim })
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }]
  await post(server, at('v1', 'pods'), 'p', { spec: { containers: [container], volumes } })
  await call('DELETE', `${at('v1', 'persistentvolumeclaims')}/c`)
  await clock.advance(1)
  expect((await call('GET', `${at('v1', 'persistentvolumeclaims')}/c`)).status).toBe(200)
  await call('DELETE', `${at('v1', 'pods')}/p`)
  await clock.advance(1)
  expect((await call('GET', `${at('v1', 'persistentvolumeclaims')}/c`)).status).toBe(404)
})

it('a job selects its pods by its own UID', async () => {
  const template = { spec: { restartPolicy: 'Never', containers: [container] } }
  const { body } = await post(testServer(), at('batch/v1', 'jobs'), 'j', { spec: { template } })
  const { uid } = body['metadata'] as { uid: string }
  expect(body['spec']).toMatchObject({
    completions: 1,
    selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
    template: { metadata: { labels: { 'job-name': 'j', 'controller-uid': uid } } },
  })
})

it('events of either group are events of the other', async () => {
  const server = testServer()
  const regarding = { kind: 'Node', name: 'n' }
  const event = {
    ...{ regarding, note: 'm', type: 'Normal', reason: 'r', action: 'a', eventTime: '2026-01-01T00:00:00.000000Z' },
    ...{ reportingController: 'c', reportingInstance: 'i' },
  }
  expect((await post(server, at('events.k8s.io/v1', 'events'), 'e', event)).body).toMatchObject(event)
  expect((await server.call('GET', `${at('v1', 'events')}/e`)).body).toMatchObject({
    apiVersion: 'v1',
    involvedObject: regarding,
    message: 'm',
    reportingComponent: 'c',
  })
  const selected = await server.call('GET', `${at('events.k8s.io/v1', 'events')}?fieldSelector=regarding.name=n`)
  expect(selected.body['items']).toHaveLength(1)
  const change = { body: { note: 'other' }, headers: mergePatch }
  expect((await server.call('PATCH', `${at('events.k8s.io/v1', 'events')}/e`, change)).body.message).toContain(
    'message: Invalid value: "other": field is immutable',
  )
  const series = { body: { note: 'other', series: {} }, headers: mergePatch }
  expect((await server.call('PATCH', `${at('events.k8s.io/v1', 'events')}/e`, series)).body.message).toContain(
    '[series.count: Invalid value: "": should be at least 2, series.lastObservedTime: Required value, message: Invalid',
  )
})

it('an event is owned by those who write through its group, and says all that this group prints', async () => {
  const { call } = testServer()
  const core = '/api/v1/namespaces/default/events'
  const grouped = '/apis/events.k8s.io/v1/namespaces/default/events'
  const headers = { 'content-type': 'application/merge-patch+json' }
  const involvedObject = { kind: 'Pod', name: 'p', namespace: 'default' }
  await call('POST', core, { body: { metadata: { name: 'e' }, involvedObject } })
  const written = async (path: string, labels: object): Promise<unknown> => {
    const { body } = await call('PATCH', `${path}/e`, { headers, body: { metadata: { labels } } })
    const { managedFields } = body['metadata'] as { managedFields: { apiVersion: string }[] }
    return managedFields.map(({ apiVersion }) => apiVersion)
  }
  expect(await written(grouped, { a: 'b' })).toEqual(['events.k8s.io/v1'])
  const { body } = await call('GET', `${core}/e`)
  expect(body).toMatchObject({ reportingComponent: '', reportingInstance: '', involvedObject })
  expect(await written(core, { a: 'c' })).toEqual(['v1'])
})
