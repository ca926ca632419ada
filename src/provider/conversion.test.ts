import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { call } from '../apiserver/testing.ts'
import type { KubeObject } from '../kube/object.ts'
import { convertedTo } from './conversion.ts'
import { providerWebhooks } from './webhooks.ts'

const group = 'infrastructure.cluster.x-k8s.io'
const [v1beta1, v1beta2] = [`${group}/v1beta1`, `${group}/v1beta2`]
const condition = { type: 'Paused', status: 'False', reason: 'NotPaused', message: '', lastTransitionTime: 't' }
const older = { type: 'Ready', status: 'True', lastTransitionTime: 't' }

const machine: KubeObject = {
  apiVersion: v1beta2,
  kind: 'DevMachine',
  metadata: { name: 'm', namespace: 'default', annotations: { a: 'b' } },
  spec: { providerID: 'in-memory://m' },
  status: {
    initialization: { provisioned: true },
    conditions: [condition],
    deprecated: { v1beta1: { conditions: [older] } },
    failureDomain: 'eu-1',
  },
}

describe('the provider’s kinds', () => {
  it('have their v1beta1 shape, with what it can’t say in an annotation', () => {
    expect(convertedTo(machine, v1beta1)).toEqual({
      apiVersion: v1beta1,
      kind: 'DevMachine',
      metadata: {
        name: 'm',
        namespace: 'default',
        annotations: { a: 'b', 'cluster.x-k8s.io/conversion-data': '{"status":{"failureDomain":"eu-1"}}' },
      },
      spec: { providerID: 'in-memory://m' },
      status: { ready: true, conditions: [older], v1beta2: { conditions: [condition] } },
    })
  })

  it('lose nothing on the way to v1beta1 and back', () => {
    const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
      fc.option(arbitrary, { nil: undefined })
    const name = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor')
    const status = fc.record({
      initialization: optional(fc.boolean().map((provisioned) => ({ provisioned }))),
      conditions: optional(fc.constant([condition])),
      deprecated: optional(fc.constant({ v1beta1: { conditions: [older] } })),
      failureDomain: optional(name),
      failureDomains: optional(
        fc
          .uniqueArray(name, { minLength: 1 })
          .map((names) => names.sort().map((each) => ({ name: each, controlPlane: true }))),
      ),
      addresses: optional(fc.constant([{ type: 'InternalIP', address: '127.0.0.1' }])),
    })
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
    fc.assert(
      fc.property(fc.constantFrom('DevCluster', 'DevMachine'), status, (kind, given) => {
        const object = plain({ ...machine, kind, status: given }) as KubeObject
        const { status: there, ...rest } = object
        const expected = Object.keys(there as object).length === 0 ? rest : object
        const wire = plain(convertedTo(object, v1beta1)) as KubeObject
        expect(plain(convertedTo(wire, v1beta2))).toEqual(expected)
      }),
    )
  })

  it('are converted by the provider’s webhook, which says which versions there are', async () => {
    const convert = async (desiredAPIVersion: string): Promise<unknown> => {
      const request = { uid: 'u', desiredAPIVersion, objects: [machine] }
      const body = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', request }
      return (await call(providerWebhooks, 'POST', '/convert', { body })).body['response']
    }
    expect(await convert(v1beta1)).toEqual({
      uid: 'u',
      result: { status: 'Success' },
      convertedObjects: [convertedTo(machine, v1beta1)],
    })
    expect(await convert(`${group}/v1`)).toEqual({
      uid: 'u',
      result: {
        status: 'Failed',
        message: 'DevMachine has no version infrastructure.cluster.x-k8s.io/v1: there are v1beta1 and v1beta2',
      },
    })
  })
})
