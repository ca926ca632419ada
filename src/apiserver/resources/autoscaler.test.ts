import { describe, expect, it } from 'vitest'
import { testServer } from '../testing.ts'

const paths = (version: string): string => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`
const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
const memory = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
}
const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } }
const annotation = (name: string): string => `autoscaling.alpha.kubernetes.io/${name}`

type Shown = {
  metadata: { annotations?: Record<string, string>; managedFields: object[] }
  spec: object
  status: object
}

describe('horizontal pod autoscalers', () => {
  it('are the same objects in both versions; what v1 has no fields for is in annotations', async () => {
    const { call } = testServer()
    const behavior = { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } }
    const spec = { scaleTargetRef, maxReplicas: 3, metrics: [cpu, memory], behavior }
    const body = { metadata: { name: 'x' }, spec }
    expect((await call('POST', paths('v2'), { body })).status).toBe(201)
    const old = (await call('GET', `${paths('v1')}/x`)).body as unknown as Shown
    expect(old.spec).toEqual({ scaleTargetRef, minReplicas: 1, maxReplicas: 3, targetCPUUtilizationPercentage: 80 })
    expect(old.metadata.annotations?.[annotation('metrics')]).toBe(
      '[{"type":"Resource","resource":{"name":"memory","targetAverageValue":"1Gi"}}]',
    )
    expect(old.metadata.annotations?.[annotation('behavior')]).toContain(
      '"ScaleDown":{"StabilizationWindowSeconds":null,"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":60}],"Tolerance":null}',
    )
    const accept = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io'
    const { body: partial } = await call('GET', `${paths('v1')}/x`, { headers: { accept } })
    expect(partial['metadata']).not.toHaveProperty('annotations')
    const put = await call('PUT', `${paths('v1')}/x`, { body: { ...old, spec: { ...old.spec, maxReplicas: 5 } } })
    expect(put.status).toBe(200)
    const after = (await call('GET', `${paths('v2')}/x`)).body as unknown as Shown
    expect(after.metadata.annotations).toBeUndefined()
    expect(after.spec).toMatchObject({ maxReplicas: 5, metrics: [memory, cpu], behavior })
    const versions = after.metadata.managedFields.map((entry) => (entry as { apiVersion: string }).apiVersion)
    expect(versions.sort()).toEqual(['autoscaling/v1', 'autoscaling/v2'])
  })

  it('says how many there are only where there are some, but in the older version', async () => {
    const { call } = testServer()
    const scaleTargetRef = { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }
    await call('POST', paths('v1'), { body: { metadata: { name: 'x' }, spec: { scaleTargetRef, maxReplicas: 3 } } })
    const status = async (version: string): Promise<unknown> =>
      (await call('GET', `${paths(version)}/x`)).body['status']
    expect(await status('v1')).toEqual({ currentReplicas: 0, desiredReplicas: 0 })
    expect(await status('v2')).toEqual({ desiredReplicas: 0, currentMetrics: null })
  })

  it('cuts what an apply says and the type has no room for, whoever wrote before', async () => {
    const { call } = testServer()
    const scaleTargetRef = { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' }
    const body = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'x' } }
    await call('POST', paths('v1'), { body: { ...body, spec: { scaleTargetRef, maxReplicas: 3 } } })
    const { body: told } = await call('PATCH', `${paths('v2')}/x?fieldManager=m&force=true`, {
      body: { ...body, apiVersion: 'autoscaling/v2', spec: { scaleTargetRef, maxReplicas: 3, minReplicas: 2 ** 31 } },
      headers: { 'content-type': 'application/apply-patch+yaml' },
    })
    expect(told.message).toContain('spec.minReplicas: Invalid value: -2147483648')
  })

  it.each<[string, object, string]>([
    [
      'v2',
      { maxReplicas: 0, scaleTargetRef: { apiVersion: 'v1', kind: '', name: 'a/b' } },
      'spec.maxReplicas: Required value: must be set and greater than 0, spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`, spec.scaleTargetRef.kind: Required value, spec.scaleTargetRef.name: Invalid value: "a/b": may not contain \'/\', spec.scaleTargetRef.apiVersion: Invalid value: "v1": apiVersion must specify API group',
    ],
    [
      'v2',
      { maxReplicas: 2, scaleTargetRef, metrics: [{ type: 'Pods', resource: memory.resource }] },
      'spec.metrics[0].pods: Required value: must populate information for the given metric source',
    ],
    [
      'v1',
      { maxReplicas: 2, scaleTargetRef, targetCPUUtilizationPercentage: 0 },
      'spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0',
    ],
  ])('of %s are refused in the words of the real server: %j', async (version, spec, causes) => {
    const answer = await testServer().call('POST', paths(version), { body: { metadata: { name: 'x' }, spec } })
    const text = causes.includes(', spec') ? `[${causes}]` : causes
    expect(answer.body.message).toBe(`HorizontalPodAutoscaler.autoscaling "x" is invalid: ${text}`)
  })

  it('show what they go by', async () => {
    const { call } = testServer()
    const body = { metadata: { name: 'x' }, spec: { scaleTargetRef, maxReplicas: 3, metrics: [cpu, memory, cpu] } }
    await call('POST', paths('v2'), { body })
    const table = await call('GET', paths('v2'), {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    })
    const [row] = table.body['rows'] as { cells: unknown[] }[]
    const targets = 'cpu: <unknown>/80%, memory: <unknown>/1Gi + 1 more...'
    expect(row?.cells.slice(0, 6)).toEqual(['x', 'Deployment/d', targets, '1', 3, 0])
  })
})
