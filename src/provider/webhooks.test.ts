import { describe, expect, it } from 'vitest'
import { call } from '../apiserver/testing.ts'
import { providerWebhooks } from './webhooks.ts'

const inMemory = (startupDuration: string, startupJitter = '0.2'): object => ({
  backend: { inMemory: { vm: { provisioning: { startupDuration, startupJitter } } } },
})
const machine = (spec: object): object => ({ metadata: { name: 'm' }, spec })
const template = (spec: object, annotations?: object): object => ({
  metadata: { name: 't', ...(annotations === undefined ? {} : { annotations }) },
  spec: { template: { spec } },
})

async function review(
  action: string,
  kind: string,
  request: object,
): Promise<{ allowed: boolean; message: string; patch: unknown }> {
  const body = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', request: { uid: 'u', ...request } }
  const answer = await call(providerWebhooks, 'POST', `/${action}-infrastructure-cluster-x-k8s-io-v1beta2-${kind}`, {
    body,
  })
  const response = answer.body['response'] as {
    uid: string
    allowed: boolean
    status?: { message: string }
    patch?: string
  }
  expect(response.uid).toBe('u')
  return {
    allowed: response.allowed,
    message: response.status?.message ?? '',
    patch: response.patch === undefined ? undefined : JSON.parse(Buffer.from(response.patch, 'base64').toString()),
  }
}

describe('the provider’s webhooks', () => {
  it('give a machine and a template the backend that there is', async () => {
    expect((await review('mutate', 'devmachine', { operation: 'CREATE', object: machine({}) })).patch).toEqual([
      { op: 'add', path: '/spec/backend', value: { inMemory: {} } },
    ])
    expect((await review('mutate', 'devmachinetemplate', { operation: 'CREATE', object: template({}) })).patch).toEqual(
      [{ op: 'add', path: '/spec/template/spec/backend', value: { inMemory: {} } }],
    )
    expect(
      (await review('mutate', 'devmachinetemplate', { operation: 'CREATE', object: template(inMemory('1s')) })).patch,
    ).toBeUndefined()
  })

  it('refuse what can’t be meant, and say where', async () => {
    const asked = (spec: object): ReturnType<typeof review> =>
      review('validate', 'devmachine', { operation: 'CREATE', object: machine(spec) })
    expect((await asked(inMemory('10s'))).allowed).toBe(true)
    expect((await asked(inMemory('10'))).message).toContain('vm.provisioning.startupDuration: Invalid value: "10"')
    expect((await asked(inMemory('10s', 'much'))).message).toContain('startupJitter: Invalid value: "much"')
    expect((await asked({ backend: { docker: {} } })).message).toContain('the backend inMemory only, not docker')
  })

  it('keep a template as it is, but for the dry runs of a topology', async () => {
    const change = { operation: 'UPDATE', oldObject: template(inMemory('1s')) }
    const dry = { 'topology.cluster.x-k8s.io/dry-run': '' }
    expect(
      (await review('validate', 'devmachinetemplate', { ...change, object: template(inMemory('1s')) })).allowed,
    ).toBe(true)
    expect(
      (await review('validate', 'devmachinetemplate', { ...change, object: template(inMemory('2s')) })).message,
    ).toContain('immutable')
    expect(
      (await review('validate', 'devmachinetemplate', { ...change, dryRun: true, object: template(inMemory('2s')) }))
        .allowed,
    ).toBe(false)
    expect(
      (
        await review('validate', 'devmachinetemplate', {
          ...change,
          dryRun: true,
          object: template(inMemory('2s'), dry),
        })
      ).allowed,
    ).toBe(true)
  })
})
