import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TypeMismatch } from './go-value.ts'
import { normalize } from './normalize.ts'
import { closeEnvelope, openEnvelope } from './protobuf.ts'
import { decodeMessage } from './protobuf-decode.ts'
import { ProtobufError } from './wire-reader.ts'
import { encodeMessage } from './protobuf-encode.ts'
import { messageOf, messageOfKind, type FieldType, type Message, type ScalarName } from './tables.ts'

const nothing = (): void => {}

const text = fc.string({ maxLength: 8 })
const seconds = fc
  .integer({ min: 0, max: 2 ** 31 })
  .map((value) => new Date(value * 1000).toISOString().replace('.000Z', 'Z'))

/** Any value of a type, to a depth: what a client may write. */
function valueOf(type: FieldType, depth: number): fc.Arbitrary<unknown> {
  if (type.kind === 'message') return objectOf(messageOf(type.name), depth - 1)
  if (type.kind === 'list') return fc.array(valueOf(type.element, depth), { minLength: 1, maxLength: 2 })
  if (type.kind === 'map')
    return fc.dictionary(
      fc.string({ minLength: 1, maxLength: 4 }).filter((key) => key !== '__proto__'),
      valueOf(type.element, depth),
      { minKeys: 1, maxKeys: 2 },
    )
  return scalarOf(type.name)
}

function scalarOf(name: ScalarName): fc.Arbitrary<unknown> {
  switch (name) {
    case 'string':
      return text
    case 'bool':
      return fc.boolean()
    case 'int32':
      return fc.integer()
    case 'uint32':
      return fc.nat()
    case 'int64':
      return fc.maxSafeInteger()
    case 'double':
      return fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0))
    case 'bytes':
      return fc.uint8Array({ minLength: 1, maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString('base64'))
    case 'time':
      return seconds
    case 'microTime':
      return seconds.map((value) => value.replace('Z', '.123456Z'))
    case 'duration':
      return fc.constant('90s')
    case 'intOrString':
      return fc.oneof(fc.integer(), text)
    case 'quantity':
      return fc.constantFrom('1', '500m', '2Gi')
    case 'raw':
    case 'json':
    case 'fieldsV1':
      return fc.constantFrom({ a: [1, 'b'] }, { 'f:spec': { '.': {} } })
    default:
      return fc.constant({ type: 'string' })
  }
}

function objectOf(message: Message, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = message.fields.filter(({ inline, type }) => !inline && (depth > 0 || type.kind === 'scalar'))
  return fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, valueOf(type, depth)])), {
    requiredKeys: [],
  })
}

const kinds = [
  ['', 'Pod'],
  ['', 'Node'],
  ['', 'Service'],
  ['', 'Secret'],
  ['', 'Event'],
  ['apps', 'Deployment'],
  ['rbac.authorization.k8s.io', 'ClusterRole'],
  ['authorization.k8s.io', 'SubjectAccessReview'],
  ['certificates.k8s.io', 'CertificateSigningRequest'],
  ['apiextensions.k8s.io', 'CustomResourceDefinition'],
  ['admissionregistration.k8s.io', 'MutatingWebhookConfiguration'],
] as const

describe('built-in types', () => {
  it.each(kinds)('round-trip through protobuf: %s %s', (group, kind) => {
    const message = messageOfKind(group, 'v1', kind) as Message
    fc.assert(
      fc.property(objectOf(message, 3), (value) => {
        const normal = normalize(message, value, nothing)
        const decoded = normalize(message, decodeMessage(message, encodeMessage(message, normal)), nothing)
        expect(decoded).toEqual(normal)
      }),
      { numRuns: 60 },
    )
  })

  it.each(kinds)('normalize to a fixed point: %s %s', (group, kind) => {
    const message = messageOfKind(group, 'v1', kind) as Message
    fc.assert(
      fc.property(objectOf(message, 3), (value) => {
        const normal = normalize(message, value, nothing)
        expect(normalize(message, normal, nothing)).toEqual(normal)
      }),
      { numRuns: 40 },
    )
  })

  it('print what Go prints of an empty object', () => {
    const empty = (kind: string): unknown => normalize(messageOfKind('', 'v1', kind) as Message, {}, nothing)
    expect(empty('Pod')).toEqual({ metadata: {}, spec: { containers: null }, status: {} })
    expect(empty('ConfigMap')).toEqual({ metadata: {} })
  })

  it('name unknown fields by path and wrong types in the words of Go', () => {
    const pod = messageOfKind('', 'v1', 'Pod') as Message
    const unknown: string[] = []
    normalize(pod, { spec: { containers: [{ name: 'a', imag: 'b' }], nope: 1 } }, (path) => unknown.push(path))
    expect(unknown).toEqual(['spec.containers[0].imag', 'spec.nope'])
    expect(() => normalize(pod, { spec: { nodeName: 5 } }, nothing)).toThrow(TypeMismatch)
    expect(() => normalize(pod, { spec: { nodeName: 5 } }, nothing)).toThrow(
      'json: cannot unmarshal number into Go struct field PodSpec.spec.nodeName of type string',
    )
  })

  it('refuse bytes that are no message, whatever they are cut to', () => {
    const pod = messageOfKind('', 'v1', 'Pod') as Message
    const whole = closeEnvelope({
      apiVersion: 'v1',
      kind: 'Pod',
      raw: encodeMessage(pod, { metadata: { name: 'a' }, spec: { containers: [{ name: 'c', image: 'i' }] } }),
    })
    for (let length = 0; length < whole.length; length++) {
      try {
        const { raw } = openEnvelope(whole.subarray(0, length))
        decodeMessage(pod, raw)
      } catch (error) {
        expect(error).toBeInstanceOf(ProtobufError)
      }
    }
    expect(() => openEnvelope(Buffer.from('{}'))).toThrow(ProtobufError)
  })
})

describe('a mismatch', () => {
  it('is told of the field that is written first, however deep', () => {
    const secret = messageOf('core-v1.Secret')
    const told = (message: Message, value: object): string => {
      try {
        normalize(message, value, nothing)
      } catch (error) {
        if (error instanceof TypeMismatch) return error.message
      }
      throw new Error('nothing is wrong with it')
    }
    expect(told(secret, { type: {}, data: '' })).toContain('Secret.type')
    expect(told(secret, { data: '', type: {} })).toContain('Secret.data')
    // A walk that began anew at every level would not end.
    let schema: object = { type: 'object', title: 7 }
    for (let depth = 0; depth < 60; depth++) schema = { description: 'd', type: 'object', properties: { a: schema } }
    const versions = [{ name: 'v1', schema: { openAPIV3Schema: schema } }]
    expect(told(messageOf('apiextensions-v1.CustomResourceDefinition'), { spec: { versions } })).toContain('title')
  })
})
