import { describe, expect, it } from 'vitest'
import { decodeJson } from './json.ts'
import { jsonPatch, operationsOf, PatchError } from './json-patch.ts'

const target = (): object => ({ a: { b: null, 'c/d': 1 }, list: ['x', 'y'] })

describe('a JSON patch', () => {
  it.each<[string, object, object]>([
    ['adds', { op: 'add', path: '/n', value: 1 }, { ...target(), n: 1 }],
    ['adds null where nothing is said', { op: 'add', path: '/n' }, { ...target(), n: null }],
    ['adds what stands behind the first slash', { op: 'add', path: 'x/n', value: 1 }, { ...target(), n: 1 }],
    ['adds to a list', { op: 'add', path: '/list/1', value: 'z' }, { ...target(), list: ['x', 'z', 'y'] }],
    ['adds behind a list', { op: 'add', path: '/list/-', value: 'z' }, { ...target(), list: ['x', 'y', 'z'] }],
    ['counts from behind', { op: 'remove', path: '/list/-1' }, { ...target(), list: ['x'] }],
    ['replaces what is not there', { op: 'replace', path: '/n', value: 1 }, { ...target(), n: 1 }],
    ['replaces the whole', { op: 'replace', path: '', value: { z: 1 } }, { z: 1 }],
    ['removes', { op: 'remove', path: '/a/c~1d' }, { ...target(), a: { b: null } }],
    ['moves', { op: 'move', from: '/list/0', path: '/first' }, { ...target(), list: ['y'], first: 'x' }],
    ['copies', { op: 'copy', from: '/list', path: '/again' }, { ...target(), again: ['x', 'y'] }],
    ['copies nothing as null', { op: 'copy', from: '/none', path: '/n' }, { ...target(), n: null }],
    ['finds null', { op: 'test', path: '/a/b', value: null }, target()],
    ['finds nothing where null is asked for', { op: 'test', path: '/none' }, target()],
    ['tests the whole', { op: 'test', path: '', value: target() }, target()],
  ])('%s', (_, operation, expected) => {
    const before = target()
    expect(jsonPatch(before, [operation])).toEqual(expected)
    expect(before).toEqual(target())
  })

  it.each<[unknown, string]>([
    [null, 'Unexpected kind: unknown'],
    [{ op: 'ADD' }, 'Unexpected kind: ADD'],
    [{ op: 'add' }, 'add operation failed to decode path: missing value'],
    [{ op: 'add', path: '' }, 'add operation does not apply: doc is missing path: "": missing value'],
    [{ op: 'add', path: '/a/b/c' }, 'add operation does not apply: doc is missing path: "/a/b/c": missing value'],
    [
      { op: 'add', path: '/list/3' },
      "error in add for path: '/list/3': Unable to access invalid index: 3: invalid index",
    ],
    [
      { op: 'remove', path: '/n' },
      "error in remove for path: '/n': Unable to remove nonexistent key: n: missing value",
    ],
    [
      { op: 'replace', path: '/list/2' },
      'replace operation does not apply: doc is missing key: /list/2: missing value',
    ],
    [
      { op: 'move', from: '/n', path: '/m' },
      "error in move for path: 'n': Unable to remove nonexistent key: n: missing value",
    ],
    [{ op: 'copy', path: '/m' }, 'copy operation failed to decode from: operation, missing from field: missing value'],
    [{ op: 'test', path: '/list/0', value: 'y' }, 'testing value /list/0 failed: test failed'],
  ])('%j: %s', (operation, problem) => {
    expect(() => jsonPatch(target(), [operation])).toThrow(new PatchError(problem))
  })

  it('does not grow an object without limit', () => {
    const copies = Array.from({ length: 30 }, (_, at) => ({ op: 'copy', from: '/a', path: `/a/${at}` }))
    expect(() => jsonPatch({ a: {} }, copies)).toThrow(/accumulated size increase of copy is \d+, exceeding the limit/)
  })

  it('keeps integers that no double holds', () => {
    const { value } = decodeJson('{"a":9007199254740993}')
    expect(JSON.stringify(jsonPatch(value, [{ op: 'copy', from: '/a', path: '/b' }]))).toBe(
      '{"a":9007199254740993,"b":9007199254740993}',
    )
  })

  it('is a list of objects', () => {
    expect(operationsOf(null)).toEqual([])
    expect(() => operationsOf({})).toThrow('json: cannot unmarshal object into Go value of type jsonpatch.Patch')
    expect(() => operationsOf([null, 1])).toThrow(
      'json: cannot unmarshal number into Go value of type jsonpatch.Operation',
    )
  })
})
