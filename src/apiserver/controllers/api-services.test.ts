import { describe, expect, it } from 'vitest'
import type { Condition } from '../../kube/object.ts'
import { gadgetDefinition, testServer } from '../testing.ts'

const services = '/apis/apiregistration.k8s.io/v1/apiservices'
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
const schema = { openAPIV3Schema: { type: 'object' } }
const gadgets = gadgetDefinition({ versions: [{ name: 'v1', served: true, storage: true, schema }] })
const merge = { 'content-type': 'application/merge-patch+json' }

describe('API services', () => {
  it('are there for all that is built in, as available', async () => {
    const { call } = testServer()
    const apps = await call('GET', `${services}/v1.apps`)
    expect(apps.body).toMatchObject({
      metadata: { labels: { 'kube-aggregator.kubernetes.io/automanaged': 'onstart' } },
      spec: { group: 'apps', version: 'v1', groupPriorityMinimum: 17_800, versionPriority: 15 },
      status: { conditions: [{ type: 'Available', status: 'True', reason: 'Local' }] },
    })
    const { body } = await call('GET', '/apis')
    const groups = (body['groups'] as { name: string }[]).map(({ name }) => name)
    for (const group of groups.filter((name) => !['apiregistration.k8s.io', 'example.dev'].includes(name)))
      expect((await call('GET', `${services}/v1.${group}`)).status, group).toBe(200)
  })

  it('follow the definitions of custom resources, whatever becomes of them', async () => {
    const { call, clock } = testServer()
    const name = 'v1.example.dev'
    const see = async (): Promise<unknown> => {
      await clock.advance(1)
      const { status, body } = await call('GET', `${services}/${name}`)
      return status === 200 ? body['spec'] : status
    }
    await call('POST', definitions, { body: gadgets })
    const spec = { group: 'example.dev', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 100 }
    expect(await see()).toEqual(spec)
    await call('PATCH', `${services}/${name}`, { headers: merge, body: { spec: { versionPriority: 7 } } })
    expect(await see()).toEqual(spec)
    await call('DELETE', `${services}/${name}`)
    expect(await see()).toEqual(spec)
    await call('DELETE', `${definitions}/gadgets.example.dev`)
    expect(await see()).toBe(404)
  })

  it('of others are theirs', async () => {
    const { call, clock } = testServer()
    const spec = { group: 'example.dev', version: 'v1', groupPriorityMinimum: 5, versionPriority: 5 }
    await call('POST', services, { body: { metadata: { name: 'v1.example.dev' }, spec } })
    await call('POST', definitions, { body: gadgets })
    await clock.advance(1)
    expect((await call('GET', `${services}/v1.example.dev`)).body['spec']).toEqual(spec)
  })

  it('say what they lack when a service is to answer them', async () => {
    const { call, clock } = testServer()
    const service = { name: 's', namespace: 'default', port: 443 }
    const spec = { group: 'metrics.dev', version: 'v1', groupPriorityMinimum: 5, versionPriority: 5, service }
    const lacks = async (): Promise<string | undefined> => {
      await clock.advance(1)
      const { body } = await call('GET', `${services}/v1.metrics.dev`)
      return (body['status'] as { conditions: Condition[] }).conditions[0]?.message
    }
    await call('POST', services, { body: { metadata: { name: 'v1.metrics.dev' }, spec } })
    expect(await lacks()).toBe('service/s in "default" is not present')
    const url = '/api/v1/namespaces/default/services'
    await call('POST', url, { body: { metadata: { name: 's' }, spec: { ports: [{ name: 'p', port: 80 }] } } })
    expect(await lacks()).toBe('service/s in "default" is not listening on port 443')
    await call('PATCH', `${url}/s`, { headers: merge, body: { spec: { ports: [{ name: 'p', port: 443 }] } } })
    expect(await lacks()).toBe('cannot find endpointslices for service/s in "default"')
    const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices'
    const metadata = { name: 's-1', labels: { 'kubernetes.io/service-name': 's' } }
    await call('POST', slices, { body: { metadata, addressType: 'IPv4', endpoints: [] } })
    expect(await lacks()).toBe('endpointslices for service/s in "default" have no addresses with port name "p"')
    const endpoints = [{ addresses: ['10.0.0.1'] }]
    await call('PATCH', `${slices}/s-1`, { headers: merge, body: { endpoints, ports: [{ name: 'p', port: 443 }] } })
    expect(await lacks()).toMatch(/^failing or missing response from https:\/\/10\.\S+:443\/apis\/metrics\.dev\/v1: /)
  })
})
