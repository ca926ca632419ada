/** Functions of lists and sets. Source: github.com/google/cel-go/ext/lists.go, sets.go; k8s.io/apiserver/pkg/cel/library/lists.go. */
import { Environment, Optional } from '@marcbachmann/cel-js'
import { isRecord } from '../../../kube/object.ts'
import { own } from './own.ts'

type List = readonly unknown[]

const operators = new Environment({ unlistedVariablesAreDyn: true })
const equal = operators.parse('a == b')
const add = operators.parse('a + b')
/** Numbers are equal whatever their kind. */
const same = (a: unknown, b: unknown): boolean => equal({ a, b }) === true
const has = (list: List, item: unknown): boolean => list.some((each) => same(each, item))
const contains = (list: List, other: List): boolean => other.every((item) => has(list, item))
const distinct = (list: List): unknown[] =>
  list.filter((item, index) => !list.slice(0, index).some((each) => same(each, item)))

type Comparable = string | number | bigint

function compare(a: unknown, b: unknown): number {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  const [one, other] = [valueOf(a), valueOf(b)]
  return one < other ? -1 : one > other ? 1 : 0
}

const valueOf = (value: unknown): Comparable => (value as { valueOf(): Comparable }).valueOf()

function extreme(name: 'min' | 'max', list: List): unknown {
  if (list.length === 0) throw new Error(`${name} called on empty list`)
  return list.reduce((most, each) => (compare(each, most) * (name === 'min' ? -1 : 1) > 0 ? each : most))
}

function slice(list: List, start: bigint, end: bigint): unknown[] {
  const wrong = (why: string): Error => new Error(`cannot slice(${start}, ${end}), ${why}`)
  if (start < 0n || end < 0n) throw wrong('negative indexes not supported')
  if (start > end) throw wrong('start index must be less than or equal to end index')
  if (BigInt(list.length) < end) throw wrong(`list is length ${list.length}`)
  return list.slice(Number(start), Number(end))
}

function flatten(list: List, depth = 1n): unknown[] {
  if (depth < 0n) throw new Error('level must be non-negative')
  return list.flat(Number(depth))
}

/** Of numbers or durations of one kind. */
function sum(list: List): unknown {
  const [first] = list
  if (first === undefined) return 0n
  if (typeof first === 'bigint') return (list as bigint[]).reduce((a, b) => a + b)
  if (typeof first === 'number') return (list as number[]).reduce((a, b) => a + b)
  return list.reduce((a, b) => add({ a, b }) as unknown)
}

/** By keys that stand in the order of the items. */
export const sortedBy = (list: List, keys: List): unknown[] =>
  keys
    .map((key, index) => [key, list[index]] as const)
    .toSorted(([a], [b]) => compare(a, b))
    .map(([, item]) => item)

const optional = (value: unknown): Optional => (value === undefined ? Optional.none() : Optional.of(value))
/** Whether a value is what there is where nothing is said. */
function isZero(value: unknown): boolean {
  if (value === null || value === '' || value === false) return true
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0
  if (value instanceof Map) return value.size === 0
  if (isRecord(value) && Object.getPrototypeOf(value) === Object.prototype) return Object.keys(value).length === 0
  return same(value, 0n)
}
const unwrapped = (list: readonly Optional[]): unknown[] =>
  list.filter((each) => each.hasValue()).map((each) => each.value())

class SetsNamespace {}
class ListsNamespace {}

export function registerLists(environment: Environment): void {
  environment.registerType('SetsNamespace', SetsNamespace)
  environment.registerType('ListsNamespace', ListsNamespace)
  environment
    .registerConstant('sets', 'SetsNamespace', new SetsNamespace())
    .registerConstant('lists', 'ListsNamespace', new ListsNamespace())
    .registerFunction('SetsNamespace.contains(list, list): bool', (_: unknown, list: List, other: List) =>
      contains(list, other),
    )
    .registerFunction(
      'SetsNamespace.equivalent(list, list): bool',
      (_: unknown, list: List, other: List) => contains(list, other) && contains(other, list),
    )
    .registerFunction('SetsNamespace.intersects(list, list): bool', (_: unknown, list: List, other: List) =>
      other.some((item) => has(list, item)),
    )
    .registerFunction('ListsNamespace.range(int): list<int>', (_: unknown, count: bigint) =>
      Array.from({ length: Math.max(Number(count), 0) }, (_item, index) => BigInt(index)),
    )
    .registerFunction('list.isSorted(): bool', (list: List) =>
      list.every((item, index) => index === 0 || compare(list[index - 1], item) <= 0),
    )
    .registerFunction('list.sum(): dyn', sum)
    .registerFunction('list.max(): dyn', (list: List) => extreme('max', list))
    .registerFunction('list.min(): dyn', (list: List) => extreme('min', list))
    .registerFunction(`list.${own('indexOf')}(dyn): int`, (list: List, item: unknown) =>
      BigInt(list.findIndex((each) => same(each, item))),
    )
    .registerFunction(`list.${own('lastIndexOf')}(dyn): int`, (list: List, item: unknown) =>
      BigInt(list.findLastIndex((each) => same(each, item))),
    )
    .registerFunction('list.sort(): list', (list: List) => list.toSorted(compare))
    .registerFunction('list.reverse(): list', (list: List) => list.toReversed())
    .registerFunction('list.distinct(): list', distinct)
    .registerFunction('list.slice(int, int): list', slice)
    .registerFunction('list.flatten(): list', (list: List) => flatten(list))
    .registerFunction('list.flatten(int): list', flatten)
    .registerFunction('list.first(): optional', (list: List) => optional(list[0]))
    .registerFunction('list.last(): optional', (list: List) => optional(list.at(-1)))
    .registerFunction('list.unwrapOpt(): list', unwrapped)
    // The library's loses its type where nothing is known of the optional.
    .registerFunction(`optional.${own('value')}(): dyn`, (value: Optional) => value.value())
    .registerFunction('OptionalNamespace.ofNonZeroValue(dyn): optional', (_: unknown, value: unknown) =>
      isZero(value) ? Optional.none() : Optional.of(value),
    )
    .registerFunction('OptionalNamespace.unwrap(list): list', (_: unknown, list: readonly Optional[]) =>
      unwrapped(list),
    )
}
