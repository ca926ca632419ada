import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { decodeMessage } from './protobuf-decode.ts'
import { encodeMessage } from './protobuf-encode.ts'
import { closeEnvelope, openEnvelope } from './protobuf.ts'
import { messageOf } from './tables.ts'
import { ProtobufError } from './wire-reader.ts'

const secret = messageOf('core-v1.Secret')
const read = (name: string, ...bytes: readonly number[]): unknown => {
  try {
    return decodeMessage(messageOf(name), Uint8Array.from(bytes))
  } catch (error) {
    if (error instanceof ProtobufError) return error.message
    throw error
  }
}
const ascii = (text: string): number[] => [...Buffer.from(text)]

describe('messages that are none', () => {
  it.each<[string, string, number[]]>([
    ['Secret', 'unexpected EOF', [0x0a]],
    ['Secret', 'unexpected EOF', [0x0a, 5, 0]],
    ['Secret', 'unexpected EOF', [0x80]],
    ['Secret', 'proto: integer overflow', Array.from({ length: 11 }, () => 0x80)],
    ['Secret', 'proto: negative length found during unmarshaling', [0x0a, ...Array.from({ length: 9 }, () => 0xff), 1]],
    ['Secret', 'proto: Secret: illegal tag 0 (wire type 2)', [2, 0]],
    ['Secret', 'proto: Secret: wiretype end group for non-group', [0x0c]],
    ['Secret', 'proto: wrong wireType = 0 for field ObjectMeta', [0x08, 1]],
    ['Secret', 'proto: wrong wireType = 5 for field UID', [0x0a, 1, 0x2d]],
    ['Secret', 'proto: ObjectMeta: wiretype end group for non-group', [0x0a, 1, 0x0c]],
    ['Secret', 'proto: wrong wireType = 2 for field Immutable', [0x2a, 0]],
    ['Secret', 'proto: illegal wireType 7', [0xff, 1, 0]],
    ['Secret', 'unexpected EOF', [0xfb, 1]],
    ['Secret', 'unexpected EOF', [0xfd, 1, 1, 2]],
    ['ObjectMeta', 'proto: Timestamp: illegal tag 0 (wire type 0)', [0x42, 2, 0, 0]],
    ['ServicePort', 'proto: wrong wireType = 2 for field Type', [0x22, 2, 0x0a, 0]],
    [
      'ResourceRequirements',
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
      [0x0a, 8, 0x0a, 1, 0x61, 0x12, 3, 0x0a, 1, 0x78, 0xff],
    ],
  ])('%s: %s', (kind, problem, bytes) =>
    expect(read(`${kind === 'ObjectMeta' ? 'meta' : 'core'}-v1.${kind}`, ...bytes)).toBe(problem),
  )

  it('are refused whatever is wrong with them', () => {
    const bytes = fc.uint8Array({ maxLength: 60 })
    fc.assert(
      fc.property(bytes, (junk) => {
        expect(() => {
          try {
            decodeMessage(secret, junk)
          } catch (error) {
            if (!(error instanceof ProtobufError)) throw error
          }
        }).not.toThrow()
      }),
    )
  })
})

describe('messages', () => {
  it('are merged where they come twice, lists added to', () => {
    const first = encodeMessage(secret, { metadata: { name: 'a', labels: { l: 'm' }, finalizers: ['x'] }, type: 't' })
    const second = encodeMessage(secret, { metadata: { name: 'b', finalizers: ['y'] }, data: { k: 'YQ==' } })
    expect(decodeMessage(secret, Buffer.concat([first, second]))).toMatchObject({
      metadata: { name: 'b', labels: { l: 'm' }, finalizers: ['x', 'y'] },
      data: { k: 'YQ==' },
    })
  })

  it('are read past what nobody knows, groups in groups too', () => {
    const unknown = [0xf8, 0x3f, 1, 0xfa, 0x3f, 1, 0, 0xfb, 0x3f, 0xfb, 0x3f, 0xfc, 0x3f, 0xfc, 0x3f]
    expect(read('core-v1.Secret', ...unknown, 0x1a, 1, ...ascii('t'))).toEqual({ type: 't' })
  })

  it('have integers of their width, packed or not', () => {
    expect(read('core-v1.ServicePort', 0x18, 0xff, 0xff, 0xff, 0xff, 0x1f)).toEqual({ port: -1 })
    const user = [0x18, ...Array.from({ length: 9 }, () => 0xff), 1]
    expect(read('core-v1.PodSecurityContext', 0x22, 2, 5, 6, 0x20, 7)).toEqual({ supplementalGroups: [5, 6, 7] })
    expect(read('core-v1.PodSecurityContext', 0x10, ...user.slice(1))).toEqual({ runAsUser: -1 })
  })

  it('have entries whose parts may be missing, or go on behind them', () => {
    expect(read('core-v1.Secret', 0x12, 3, 0x0a, 1, ...ascii('k'))).toEqual({ data: { k: '' } })
    expect(read('core-v1.ResourceRequirements', 0x0a, 3, 0x0a, 1, ...ascii('k'))).toEqual({ limits: { k: '0' } })
    // The value's two bytes are the next field's key and length, too.
    expect(read('core-v1.Secret', 0x12, 5, 0x0a, 1, ...ascii('k'), 0x12, 2, 0x1a, 0)).toEqual({
      data: { k: 'GgA=' },
      type: '',
    })
  })

  it('have lists with names: of texts in a message of their own, of others item by item', () => {
    const schema = messageOf('apiextensions-v1.JSONSchemaProps')
    const rules = { 'x-kubernetes-validations': [{ rule: 'a', message: 'm' }, { rule: 'b' }] }
    const bytes = encodeMessage(schema, rules)
    expect(decodeMessage(schema, bytes)).toMatchObject({ 'x-kubernetes-validations': [{ rule: 'a' }, { rule: 'b' }] })
    // Field 44, twice.
    expect(Buffer.from(bytes).toString('hex').split('e202')).toHaveLength(3)
    const review = messageOf('authorization-v1.SubjectAccessReviewSpec')
    const said = encodeMessage(review, { extra: { a: ['b', 'c'] } })
    expect(decodeMessage(review, said)).toMatchObject({ extra: { a: ['b', 'c'] } })
  })

  it('come in an envelope that says what they are', () => {
    const envelope = { apiVersion: 'v1', kind: 'Secret', raw: new Uint8Array([1, 2]) }
    const { raw, ...head } = openEnvelope(closeEnvelope(envelope))
    expect([head, [...raw]]).toEqual([{ apiVersion: 'v1', kind: 'Secret' }, [1, 2]])
    const opened = (...bytes: readonly number[]): unknown => openEnvelope(Buffer.from([...ascii('k8s\0'), ...bytes]))
    expect(() => opened(0x08, 1)).toThrow('proto: wrong wireType = 0 for field TypeMeta')
    expect(() => opened(0x0a, 2, 0x08, 0)).toThrow('proto: wrong wireType = 0 for field APIVersion')
    expect(() => opened(0)).toThrow('proto: Unknown: illegal tag 0 (wire type 0)')
  })
})
