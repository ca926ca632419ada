/** Lists in strategic merge patches, and their order. Source: k8s.io/apimachinery/pkg/util/strategicpatch, mergeSlice. */
import { isMap } from '../kube/object.ts'
import { goPrinted, goText } from '../kube/go-print.ts'
import { failure } from '../kube/status.ts'

export type GoMap = Readonly<Record<string, unknown>>
type List = readonly unknown[]

type Merge = (before: GoMap, patch: GoMap) => GoMap

const refused = (text: string): Error => failure(500, undefined, text)

/** The list with the patch merged in: plain values as a set, maps by their key. */
export function mergedList(before: List, patch: List, key: string, merge: Merge): List {
  if (before.length === 0 && patch.length === 0) return before
  if (!areMaps(before, patch)) {
    const merged = [...new Set([...before, ...patch])]
    return ordered(merged, patch, before, '')
  }
  if (key === '') throw refused('cannot merge lists without merge key for struct')
  const special = withoutSpecial(before as readonly GoMap[], patch as readonly GoMap[], key)
  const merged = [...special.before]
  for (const item of special.patch) {
    const wanted = keyOf(item, key)
    const at = merged.findIndex((have) => have[key] === wanted)
    if (at < 0) merged.push(item)
    else merged[at] = merge(merged[at] as GoMap, item)
  }
  return ordered(merged, special.patch, special.before, key)
}

/** The list without the plain values; maps are merged even so. */
export function deletedFrom(before: List, items: List, key: string, merge: Merge): List {
  if (before.length + items.length > 0 && areMaps(before, items)) return mergedList(before, items, key, merge)
  return before.filter((item) => !items.includes(item))
}

/**
 * The list that `merge` makes, in the order that a patch sets; undefined where there is none. Throws 500 where the
 * patch itself is in another order.
 */
export function inSetOrder(
  order: List,
  before: List | undefined,
  patch: List | undefined,
  key: string,
  merge: () => List,
): List | undefined {
  checkOrder(patch ?? [], order, key)
  if (before === undefined && patch === undefined) return undefined
  const merged = merge()
  const [named, others] = parted(merged, order, key)
  if (elementType([before ?? [], patch ?? []]) === undefined) throw refused('no elements in any of the given slices')
  const there = before === undefined ? [] : asGoLeaves(before, patch ?? [], key)
  return interleaved(sorted(named, order, key), sorted(others, there, key), there, key)
}

/**
 * The list that was there as Go finds it when it puts the merged one in order: merging moves what stays to the front
 * of the same array, and writes what is new behind it as long as there is room.
 */
function asGoLeaves(before: List, patch: List, key: string): List {
  const array = [...before]
  let length = array.length
  const find = (item: GoMap): number =>
    array.slice(0, length).findIndex((have) => isMap(have) && have[key] === item[key])
  const items = key === '' ? [] : (patch as readonly GoMap[])
  if (items.some((item) => item['$patch'] === 'replace')) return before
  for (const item of items.filter((each) => each['$patch'] === 'delete'))
    for (let at = find(item); at >= 0; at = find(item)) {
      array.copyWithin(at, at + 1, length)
      length--
    }
  for (const item of items) if (!('$patch' in item) && find(item) < 0 && length < array.length) array[length++] = item
  return array
}

function checkOrder(patch: List, order: List, key: string): void {
  if (patch.length === 0 || order.length === 0) return
  const said = patch.filter((item) => key === '' || asMap(item)['$patch'] !== 'delete')
  let at = 0
  const same = (one: unknown, other: unknown): boolean =>
    key === '' ? one === other : keyOf(asMap(one), key) === keyOf(asMap(other), key)
  for (const item of order) {
    while (at < said.length && isMap(said[at]) && '$patch' in (said[at] as GoMap)) at++
    if (at < said.length && same(said[at], item)) at++
  }
  if (at < said.length)
    throw refused(
      `The order in patch list:\n${goPrinted(patch)}\n doesn't match $setElementOrder list:\n${goPrinted(order)}\n`,
    )
}

/** Carries out what of the patch is about the list as a whole, and items that are to go. */
function withoutSpecial(
  before: readonly GoMap[],
  patch: readonly GoMap[],
  key: string,
): { readonly before: readonly GoMap[]; readonly patch: readonly GoMap[] } {
  let left = before
  let replaces = false
  const plain: GoMap[] = []
  for (const item of patch) {
    const directive = item['$patch']
    if (directive === undefined) plain.push(item)
    else if (directive === 'delete') {
      const deleted = keyOf(item, key)
      left = left.filter((have) => have[key] !== deleted)
    } else if (directive === 'replace') replaces = true
    else if (directive === 'merge') throw refused('merging lists cannot yet be specified in the patch')
    else throw refused(`unknown patch type: ${goText(directive)} in map: ${goPrinted(item)}`)
  }
  return replaces ? { before: plain, patch: [] } : { before: left, patch: plain }
}

/** What the patch names comes in its order; what it does not name stays before what it stood before. */
function ordered(merged: List, patch: List, before: List, key: string): List {
  const [named, others] = parted(merged, patch, key)
  return interleaved(sorted(named, patch, key), sorted(others, before, key), before, key)
}

/** What is in the other list, and what isn't. */
function parted(list: List, other: List, key: string): readonly [List, List] {
  if (key !== '') for (const item of list) keyOf(asMap(item), key)
  const isIn = (item: unknown): boolean => place(other, item, key) >= 0
  return [list.filter(isIn), list.filter((item) => !isIn(item))]
}

function sorted(list: List, order: List, key: string): List {
  if (key !== '') for (const item of [...list, ...order]) keyOf(asMap(item), key)
  return [...list].sort((a, b) => place(order, a, key) - place(order, b, key))
}

function interleaved(named: List, others: List, before: List, key: string): List {
  const result: unknown[] = []
  const left = [...others]
  for (const item of named) {
    const at = place(before, item, key)
    while (at >= 0 && left.length > 0) {
      const next = place(before, left[0], key)
      if (next < 0 || next >= at) break
      result.push(left.shift())
    }
    result.push(item)
  }
  return [...result, ...left]
}

const place = (list: List, item: unknown, key: string): number =>
  key === ''
    ? list.indexOf(item)
    : list.findIndex((other) => isMap(other) && isMap(item) && key in other && other[key] === item[key])

function asMap(item: unknown): GoMap {
  if (isMap(item)) return item
  throw refused(`expected a map[string]interface {}, but received a ${goTypeOf(item)}`)
}

function keyOf(item: GoMap, key: string): unknown {
  if (key in item) return item[key]
  throw refused(`map: ${goPrinted(item)} does not contain declared merge key: ${key}`)
}

const areMaps = (before: List, patch: List): boolean => elementType([before, patch]) === 'map[string]interface {}'

/** Of all the elements; throws where they are not of one. */
function elementType(lists: readonly List[]): string | undefined {
  let type: string | undefined
  for (const item of lists.flat()) {
    const own = goTypeOf(item)
    if (own === '[]interface {}' && type === undefined)
      throw failure(422, undefined, 'lists of lists are not supported')
    if (type !== undefined && own !== type) throw refused(`list element types are not identical: ${goPrinted(lists)}`)
    type = own
  }
  return type
}

/** What Go's maps hold a JSON value as. */
export function goTypeOf(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (isMap(value)) return 'map[string]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (value === null) return '%!s(<nil>)'
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'int64'
}
