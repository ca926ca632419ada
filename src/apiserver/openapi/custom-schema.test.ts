import { describe, expect, it } from 'vitest'
import { customSchema } from './custom-schema.ts'
import { versionThree, versionTwo } from './dialects.ts'

const specOf = (spec: Record<string, unknown>, dialect = versionThree): unknown => {
  const schema = customSchema({ type: 'object', properties: { spec } }, dialect)
  return (schema['properties'] as Record<string, unknown>)['spec']
}

describe('schemas of custom resources', () => {
  it('have what every object has', () => {
    const { properties } = customSchema({ type: 'object', properties: { metadata: { type: 'object' } } }, versionThree)
    expect(properties).toMatchObject({
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }] },
    })
  })

  it('say of numbers or texts that they are either, once', () => {
    const either = [{ type: 'integer' }, { type: 'string' }]
    const both = { 'x-kubernetes-int-or-string': true }
    expect(specOf(both)).toEqual({ ...both, anyOf: either })
    expect(specOf({ ...both, anyOf: either })).toEqual({ ...both, anyOf: either })
    expect(specOf({ ...both, anyOf: [{ pattern: 'a' }] })).toMatchObject({ allOf: [{ anyOf: either }] })
    expect(specOf(both, versionTwo)).toEqual(both)
  })

  it('say what an object within one has', () => {
    const embedded = { type: 'object', 'x-kubernetes-embedded-resource': true, required: ['kind'] }
    expect(specOf(embedded)).toMatchObject({
      required: ['kind', 'apiVersion'],
      properties: { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: {} },
    })
    const open = { ...embedded, 'x-kubernetes-preserve-unknown-fields': true }
    expect(specOf(open, versionTwo)).not.toHaveProperty('properties')
  })

  it('leave out of version 2 what its clients can’t read', () => {
    const text = { type: 'string' }
    expect(specOf({ type: 'object', nullable: true, properties: { a: text } }, versionTwo)).toEqual({})
    const keeps = { 'x-kubernetes-preserve-unknown-fields': true }
    expect(specOf({ type: 'object', ...keeps, properties: { a: text } }, versionTwo)).toEqual(keeps)
    expect(specOf({ type: 'array', items: { ...text, nullable: true } }, versionTwo)).toEqual({
      type: 'array',
      items: {},
    })
    const nullable = { type: 'object', required: ['a', 'b'], properties: { a: { ...text, nullable: true }, b: text } }
    expect(specOf(nullable, versionTwo)).toEqual({ type: 'object', required: ['b'], properties: { a: {}, b: text } })
    expect(specOf({ ...text, oneOf: [{ pattern: 'a' }], not: { pattern: 'b' } }, versionTwo)).toEqual(text)
    expect(customSchema({ type: 'object', ...keeps, properties: { spec: text } }, versionTwo)).toEqual({
      type: 'object',
    })
  })

  it('say nothing of what is not so', () => {
    expect(specOf({ type: 'string', nullable: false, description: '' })).toEqual({ type: 'string' })
  })
})
