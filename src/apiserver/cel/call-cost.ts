/**
 * What calls cost besides their arguments, by the sizes of these. Source: k8s.io/apiserver/pkg/cel/library/cost.go,
 * github.com/google/cel-go/checker/cost.go, ext/lists.go, ext/sets.go.
 */
import * as e from './estimate.ts'
import type { Estimate } from './estimate.ts'
import type { Expression } from './expression.ts'
import { same, type Type } from './types.ts'

export interface Argument {
  readonly type: Type
  readonly expression: Expression
  readonly size?: Estimate | undefined
  /** Of a list. */
  readonly item?: { readonly type: Type; readonly size: Estimate } | undefined
}

export interface CallCost {
  readonly cost: Estimate
  /** Of the result. */
  readonly size?: Estimate
}

type Cost = (args: readonly Argument[], target: Argument | undefined, overload: string) => CallCost | undefined

const one = e.fixed(1)
const sizeOf = (of: Argument | undefined): Estimate => of?.size ?? e.unknownSize
const traversal = (of: Argument | undefined, times = 1): Estimate => e.at(times * e.perCharacter, sizeOf(of))
const lists = 10

export function callCost(
  name: string,
  overload: string,
  target: Argument | undefined,
  args: readonly Argument[],
): CallCost {
  const cost = byOverload.get(overload) ?? byName.get(name) ?? builtIn.get(overload)
  return cost?.(args, target, overload) ?? { cost: one }
}

const table = (entries: Readonly<Record<string, Cost>>): ReadonlyMap<string, Cost> =>
  new Map(Object.entries(entries).flatMap(([names, cost]) => names.split(' ').map((name) => [name, cost] as const)))

/** An integer that is written out. */
function integer({ expression }: Argument, otherwise: number): number {
  if (expression.kind !== 'literal' || expression.type !== 'int') return otherwise
  return Math.max(Number(expression.value), 0)
}

const allocated = (factor: number, size: Estimate): CallCost => ({
  cost: e.plus(e.at(factor, size), e.fixed(1 + lists)),
  size,
})

const sets =
  (factor: number): Cost =>
  ([one_, other]) => ({ cost: e.plus(e.at(factor, e.times(sizeOf(one_), sizeOf(other))), one) })

const sorted = (of: Argument | undefined, overload: string): CallCost =>
  allocated(/^list_(string|bytes)_/.test(overload) ? 2 + e.perCharacter : 2, e.times(sizeOf(of), sizeOf(of)))

const sortable = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']
const byOverload = table({
  'list_sets_contains_list list_sets_intersects_list': sets(1),
  list_sets_equivalent_list: sets(2),
  list_slice: ([start, end], target) => {
    const from = integer(start as Argument, 0)
    const size = integer(end as Argument, sizeOf(target).max) - from
    // Counted without signs: less than nothing is the most there is.
    return allocated(1, e.fixed(size < 0 ? e.unknownSize.max : size))
  },
  'list_flatten list_flatten_int': ([depth], target) =>
    allocated(depth === undefined ? 1 : integer(depth, e.unknownSize.max), sizeOf(target)),
  lists_range: ([count]) => allocated(1, e.fixed(integer(count as Argument, e.unknownSize.max))),
  list_reverse: (_, target) => allocated(1, sizeOf(target)),
  list_distinct: (_, target) => allocated(2, e.times(sizeOf(target), sizeOf(target))),
  [sortable.map((of) => `list_${of}_sort`).join(' ')]: (_, target, overload) => sorted(target, overload),
  [sortable.map((of) => `list_${of}_sortByAssociatedKeys`).join(' ')]: ([keys], _, overload) => sorted(keys, overload),
})

const parsing: Cost = ([text]) => ({ cost: traversal(text) })
const nominal: Cost = () => ({ cost: one })
const addresses: Estimate = { min: 4, max: 16 }

const byName = table({
  check: () => ({ cost: e.fixed(350_000) }),
  'fieldSelector labelSelector': ([text]) => {
    const requirements = e.at(50, e.at(0.5, sizeOf(text)))
    return { cost: e.sum([e.fixed(lists), traversal(text), requirements]) }
  },
  'isSorted sum max min indexOf lastIndexOf': (_, target) => {
    if (target?.item === undefined) return { cost: traversal(target) }
    const { type, size } = target.item
    const isText = type.name === 'string' || type.name === 'bytes'
    return { cost: e.times(sizeOf(target), isText ? e.plus(one, e.at(e.perCharacter, size)) : one) }
  },
  url: ([text]) => ({ cost: traversal(text), size: sizeOf(text) }),
  'lowerAscii upperAscii substring trim': (_, target) => ({ cost: traversal(target), size: sizeOf(target) }),
  replace: ([from, to], target) => ({
    cost: traversal(target, 2),
    size: replaced(sizeOf(target), sizeOf(from), sizeOf(to)),
  }),
  split: ([, limit], target) => ({
    cost: traversal(target, 2),
    size: { min: 0, max: limit === undefined ? sizeOf(target).max : integer(limit, sizeOf(target).max) },
  }),
  join: ([separator], target) => {
    const count = sizeOf(target)
    const items = target?.item === undefined ? e.fixed(0) : e.times(count, target.item.size)
    const gaps = { min: Math.max(count.min - 1, 0), max: Math.max(count.max - 1, 0) }
    const size = separator === undefined ? items : e.plus(items, e.times(sizeOf(separator), gaps))
    return { cost: e.at(e.perCharacter, size), size }
  },
  'find findAll': ([pattern], target) => ({
    cost: matching(target, pattern),
    size: { min: 0, max: sizeOf(target).max },
  }),
  'cidr isIP isCIDR quantity isQuantity semver isSemver': parsing,
  ip: (args, _, overload) => (overload === 'cidr_ip' ? { cost: one } : parsing(args, undefined, overload)),
  'ip.isCanonical': ([text]) => ({ cost: traversal(text, 2) }),
  containsIP: ([other], _, overload) => {
    const compared = e.at(e.perCharacter, e.plus(addresses, addresses))
    return { cost: overload.endsWith('_string') ? e.plus(compared, traversal(other)) : compared }
  },
  containsCIDR: ([other], _, overload) => {
    const compared = e.at(e.perCharacter, e.plus(addresses, addresses))
    const masked = e.sum([compared, e.at(e.perCharacter, addresses), one])
    return { cost: overload.endsWith('_string') ? e.plus(masked, traversal(other)) : masked }
  },
  validate: ([text]) => ({ cost: e.at(128 * e.perPatternCharacter, traversal(text)) }),
  'masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast':
    nominal,
  '_==_': ([left, right]) => {
    if (left === undefined || right === undefined || !same(left.type, right.type)) return equality(left, right)
    const { kind, name } = left.type
    if (name === 'net.IP' || name === 'net.CIDR') return { cost: one }
    if (kind !== 'struct' || !name.startsWith('kubernetes.')) return equality(left, right)
    if (name === 'kubernetes.NamedFormat') return { cost: e.at(e.perCharacter, { min: 1, max: 64 }) }
    if (name === 'kubernetes.URL') return { cost: e.at(e.perCharacter, { min: 1, max: right.size?.max ?? 1 }) }
    return { cost: one }
  },
})

const matching = (target: Argument | undefined, pattern: Argument | undefined): Estimate =>
  e.times(e.at(e.perCharacter, e.plus(sizeOf(target), one)), e.at(e.perPatternCharacter, sizeOf(pattern)))

/** The size of a text in which others have been replaced. */
function replaced(size: Estimate, from: Estimate, to: Estimate): Estimate {
  const most = from.min === 0 ? size.max + 1 : to.max <= from.min ? 0 : Math.ceil(size.max / from.min)
  const least = from.max === 0 ? size.min + 1 : from.max <= to.min ? 0 : Math.ceil(size.min / from.max)
  const kept = {
    min: from.max === 0 || from.max <= to.min ? size.min : 0,
    max: from.min === 0 || to.max <= from.min ? size.max : 0,
  }
  return e.plus(e.times({ min: least, max: most }, to), kept)
}

/** Comparing takes as long as the shorter of both. */
function equality(left: Argument | undefined, right: Argument | undefined): CallCost {
  const max = Math.min(sizeOf(left).max, sizeOf(right).max)
  return { cost: e.at(e.perCharacter, { min: max > 0 ? 1 : 0, max }) }
}

const compared: Cost = ([left, right]) => equality(left, right)
const texts = (operator: string): string => `${operator}_string ${operator}_bytes`

const builtIn = table({
  string_format: (_, target) => ({ cost: traversal(target) }),
  string_to_bytes: ([text]) => ({ cost: traversal(text), size: { min: sizeOf(text).min, max: sizeOf(text).max * 4 } }),
  bytes_to_string: ([text]) => ({
    cost: traversal(text),
    size: { min: Math.floor(sizeOf(text).min / 4), max: sizeOf(text).max },
  }),
  strings_quote: ([text]) => ({
    cost: traversal(text),
    size: { min: sizeOf(text).min + 2, max: sizeOf(text).max * 2 + 2 },
  }),
  'starts_with_string ends_with_string': ([text]) => ({ cost: traversal(text) }),
  in_list: ([, list]) => ({ cost: sizeOf(list) }),
  matches_string: ([pattern], target) => ({ cost: matching(target, pattern) }),
  contains_string: ([part], target) => ({ cost: e.times(traversal(target), traversal(part)) }),
  'add_string add_bytes': ([left, right]) => {
    const size = e.plus(sizeOf(left), sizeOf(right))
    return { cost: e.at(e.perCharacter, size), size }
  },
  add_list: ([left, right]) => ({ cost: one, size: e.plus(sizeOf(left), sizeOf(right)) }),
  conditional: ([, yes, no]) => ({ cost: one, size: e.union(sizeOf(yes), sizeOf(no)) }),
  [`${['less', 'less_equals', 'greater', 'greater_equals'].map(texts).join(' ')} equals not_equals`]: compared,
})
