/** What is sent empty is none when it is stored, and shown as it was sent where it is refused. Answers of kube-apiserver v1.36.1. */
import { describe, expect, it } from 'vitest'
import { testServer } from './testing.ts'

const core = '/api/v1/namespaces/default'
const labels = { a: 'b' }
const podSpec = { containers: [{ name: 'c', image: 'i', resources: { limits: { cpu: '1' } } }] }
const set = {
  metadata: { name: 'x' },
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels: {} }, spec: podSpec } },
}
const scaled = {
  metadata: { name: 'x' },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' },
    maxReplicas: 2,
    behavior: { scaleDown: { policies: [] } },
  },
}

describe('empty lists and maps', () => {
  it.each<[string, object, string]>([
    [
      '/apis/networking.k8s.io/v1/namespaces/default/ingresses',
      { metadata: { name: 'x' }, spec: { rules: [] } },
      'spec: Invalid value: []: either `defaultBackend` or `rules` must be specified',
    ],
    [
      '/apis/apps/v1/namespaces/default/replicasets',
      set,
      'spec.template.metadata.labels: Invalid value: {}: `selector` does not match template `labels`',
    ],
    [
      '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
      scaled,
      'spec.behavior.scaleDown.policies: Required value: must specify at least one Policy',
    ],
  ])('are shown in what %s are refused for', async (path, body, cause) => {
    const answer = await testServer().call('POST', path, { body })
    expect([answer.status, answer.body.message?.replace(/^.* "x" is invalid: /, '')]).toEqual([422, cause])
  })

  it('are in differences', async () => {
    const { call } = testServer()
    const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } }
    const made = await call('POST', `${core}/persistentvolumeclaims`, { body: { metadata: { name: 'x' }, spec } })
    const body = { ...made.body, spec: { ...(made.body['spec'] as object), accessModes: [] } }
    const answer = await call('PUT', `${core}/persistentvolumeclaims/x`, { body })
    expect(answer.body.message).toContain('- "AccessModes": [\n-  "ReadWriteOnce"\n- ],\n+ "AccessModes": [],')
  })

  it('are no change where there is none', async () => {
    const { call } = testServer()
    const path = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims'
    const body = { metadata: { name: 'x' }, spec: { devices: { requests: [] } } }
    const made = await call('POST', path, { body })
    expect((await call('PUT', `${path}/x`, { body: { ...made.body, ...body } })).status).toBe(200)
  })

  it('are none when they are stored', async () => {
    const { call } = testServer()
    const body = { metadata: { name: 'x' }, spec: { ...podSpec, tolerations: [], nodeSelector: {} } }
    const { body: pod } = await call('POST', `${core}/pods`, { body })
    expect(pod['spec']).not.toHaveProperty('nodeSelector')
    const wider = { ...(pod['spec'] as object), hostname: 'h' }
    const answer = await call('PUT', `${core}/pods/x`, { body: { ...pod, spec: wider } })
    expect(answer.body.message).not.toContain('NodeSelector": {}')
  })
})

describe('pods', () => {
  it('have their class from their spec, and not from what a write of their status says of it', async () => {
    const { call } = testServer()
    const made = await call('POST', `${core}/pods`, { body: { metadata: { name: 'x' }, spec: podSpec } })
    expect(made.body['status']).toMatchObject({ qosClass: 'Burstable' })
    const answer = await call('PUT', `${core}/pods/x/status`, { body: { metadata: { name: 'x' } } })
    expect([answer.status, answer.body['status']]).toMatchObject([200, { qosClass: 'Burstable' }])
  })

  it('whose tolerations are wrong are told so as pods, and of what was added', async () => {
    const { call } = testServer()
    const { body: pod } = await call('POST', `${core}/pods`, { body: { metadata: { name: 'x' }, spec: podSpec } })
    const spec = { ...(pod['spec'] as { tolerations: object[] }) }
    const tolerations = [...spec.tolerations, { key: 'k', operator: 'Odd' }]
    const answer = await call('PUT', `${core}/pods/x`, { body: { ...pod, spec: { ...spec, tolerations } } })
    const { causes } = answer.body['details'] as { causes: { field: string }[] }
    const at = `spec.tolerations[${tolerations.length - 1}].operator`
    expect(causes.filter(({ field }) => field === at).length).toBe(2)
  })
})
