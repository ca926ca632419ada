import { describe, expect, it } from 'vitest'
import { deepEqual } from '../object.ts'
import { fromStorage } from './empty-lists.ts'
import { normalize } from './normalize.ts'
import { sentAs } from './said-empty.ts'
import { messageOf } from './tables.ts'

const pod = messageOf('core-v1.Pod')
const read = (spec: object): Record<string, unknown> => normalize(pod, { spec: { containers: [], ...spec } }, () => {})

describe('what is sent empty', () => {
  it('is no part of the object, and known until the object is stored', () => {
    const [said, unsaid] = [read({ tolerations: [], nodeSelector: {} }), read({})]
    expect(JSON.stringify(said)).toBe(JSON.stringify(unsaid))
    expect(deepEqual(said, unsaid)).toBe(true)
    const copy = { ...(said['spec'] as object), priority: 1 }
    expect([sentAs(copy, 'tolerations'), sentAs(copy, 'nodeSelector'), sentAs(copy, 'volumes')]).toEqual([
      [],
      {},
      undefined,
    ])
    expect(sentAs({ ...copy, tolerations: [1] }, 'tolerations')).toEqual([1])
    const stored = fromStorage(pod, said, undefined)
    expect(sentAs(stored['spec'], 'tolerations')).toBeUndefined()
    expect(sentAs(said['spec'], 'tolerations')).toEqual([])
  })
})
