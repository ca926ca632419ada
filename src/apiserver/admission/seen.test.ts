/** What mutating and validating webhooks see of what the server itself adds. Reviews as kube-apiserver v1.36.1 sends them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { certificateRequest, testServer } from '../testing.ts'
import { testWebhooks, type TestWebhooks } from '../webhooks-testing.ts'

let server: TestWebhooks
const seen: { readonly path: string; readonly object: Record<string, unknown> }[] = []
beforeAll(async () => {
  server = await testWebhooks((path, { object }) => {
    seen.push({ path, object: object as Record<string, unknown> })
    return { allowed: true }
  })
})
afterAll(() => server.close())

async function hooked(): Promise<ReturnType<typeof testServer>['call']> {
  const { call } = testServer()
  const rules = [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['CREATE', 'UPDATE'] }]
  for (const kind of ['mutating', 'validating']) {
    const hook = { name: 'x.example.dev', rules, admissionReviewVersions: ['v1'], sideEffects: 'None' }
    const webhooks = [{ ...hook, clientConfig: server.clientConfig(`/${kind}`) }]
    const body = { metadata: { name: 'c' }, webhooks }
    await call('POST', `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`, { body })
  }
  seen.length = 0
  return call
}

const podSpec = { containers: [{ name: 'c', image: 'i' }] }
const labels = { a: 'b' }
const template = { metadata: { labels }, spec: podSpec }

describe('webhooks', () => {
  it.each<[string, string, object, string, unknown, unknown]>([
    [
      'who asks for a certificate',
      '/apis/certificates.k8s.io/v1/certificatesigningrequests',
      { spec: { request: certificateRequest, signerName: 'a.b/c', usages: ['client auth'] } },
      'spec.username',
      undefined,
      expect.any(String) as unknown,
    ],
    [
      'the generation of a priority class',
      '/apis/scheduling.k8s.io/v1/priorityclasses',
      { value: 1 },
      'metadata.generation',
      undefined,
      1,
    ],
    [
      'how a job selects its pods',
      '/apis/batch/v1/namespaces/default/jobs',
      { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
      'spec.selector.matchLabels',
      undefined,
      { 'batch.kubernetes.io/controller-uid': expect.any(String) as unknown },
    ],
    [
      'the generation of a daemon set’s template',
      '/apis/apps/v1/namespaces/default/daemonsets',
      { spec: { selector: { matchLabels: labels }, template } },
      'metadata.annotations',
      { 'deprecated.daemonset.template.generation': '0' },
      { 'deprecated.daemonset.template.generation': '1' },
    ],
  ])('that change see %s as it was sent, others as it is stored', async (_what, path, body, field, before, after) => {
    const call = await hooked()
    expect((await call('POST', path, { body: { metadata: { name: 'x' }, ...body } })).status).toBe(201)
    const valueIn = (object: unknown): unknown =>
      field.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object)
    expect(seen.map(({ path: at, object }) => [at, valueIn(object)])).toEqual([
      ['/mutating', before],
      ['/validating', after],
    ])
  })

  it('see what admission adds to the update of a pod that leaves it out', async () => {
    const call = await hooked()
    const path = '/api/v1/namespaces/default/pods'
    await call('POST', path, { body: { metadata: { name: 'x' }, spec: podSpec } })
    seen.length = 0
    await call('PUT', `${path}/x`, { body: { metadata: { name: 'x' }, spec: podSpec } })
    expect(seen[0]?.object['spec']).toMatchObject({
      priority: 0,
      preemptionPolicy: 'PreemptLowerPriority',
      tolerations: [{ key: 'node.kubernetes.io/not-ready' }, { key: 'node.kubernetes.io/unreachable' }],
    })
  })
})
