/**
 * What an expression may cost at most, of what its values may be in size. Source: github.com/google/cel-go/checker/cost.go
 * with `PresenceTestHasCost(false)`, as k8s.io/apiserver/pkg/cel/environment sets it.
 */
import type { Checked } from './check.ts'
import { callCost, type Argument, type CallCost } from './call-cost.ts'
import * as e from './estimate.ts'
import type { Estimate } from './estimate.ts'
import type { Comprehension, Expression } from './expression.ts'
import { accumulatorName } from './macros.ts'
import type { Type } from './types.ts'

/** The largest size of what a path leads to; undefined where nothing is known. The first part is a variable's name. */
export type SizeOf = (path: readonly string[]) => number | undefined

export function costOf(expression: Expression, checked: Checked, sizeOf: SizeOf): Estimate {
  return new Coster(checked, sizeOf).cost(expression)
}

/** Sizes of what is in a list or map. */
interface Entries {
  readonly of: 'list' | 'map'
  readonly key: Estimate
  readonly value: Estimate
}

interface Local {
  readonly path: readonly string[]
  readonly size?: Estimate | undefined
  readonly entries?: Entries | undefined
}

const one = e.fixed(1)
const costs = { list: e.fixed(10), map: e.fixed(30) }

class Coster {
  readonly #checked: Checked
  readonly #sizeOf: SizeOf
  readonly #paths = new Map<Expression, readonly string[]>()
  readonly #sizes = new Map<Expression, Estimate>()
  readonly #entries = new Map<Expression, Entries>()
  #locals: ReadonlyMap<string, Local> = new Map()

  constructor(checked: Checked, sizeOf: SizeOf) {
    this.#checked = checked
    this.#sizeOf = sizeOf
  }

  cost(expression: Expression): Estimate {
    switch (expression.kind) {
      case 'literal':
        return e.fixed(0)
      case 'ident':
        this.#paths.set(expression, this.#locals.get(expression.name)?.path ?? [expression.name])
        return one
      case 'select':
        return this.#select(expression)
      case 'call':
        return this.#call(expression)
      case 'list': {
        const cost = e.sum(expression.items.map((each) => this.cost(each)))
        const value = this.#unionOf(expression.items)
        this.#entries.set(expression, { of: 'list', key: one, value })
        return e.plus(cost, costs.list)
      }
      case 'map': {
        const cost = e.sum(expression.entries.flat().map((each) => this.cost(each)))
        const key = this.#unionOf(expression.entries.map(([each]) => each))
        const value = this.#unionOf(expression.entries.map(([, each]) => each))
        this.#entries.set(expression, { of: 'map', key, value })
        return e.plus(cost, costs.map)
      }
      case 'comprehension':
        return expression.accumulator === accumulatorName ? this.#loop(expression) : this.#bound(expression)
    }
  }

  #unionOf(all: readonly Expression[]): Estimate {
    return all.length === 0 ? e.fixed(0) : all.map((each) => this.#sizeOrUnknown(each)).reduce(e.union)
  }

  #type(expression: Expression): Type {
    return this.#checked.types.get(expression) as Type
  }

  #select(select: Extract<Expression, { kind: 'select' }>): Estimate {
    const { operand, field, tests } = select
    const name = this.#checked.namespaced.get(select)
    if (name !== undefined) {
      this.#paths.set(select, [name])
      return one
    }
    const cost = this.cost(operand)
    if (tests) return cost
    this.#paths.set(select, [...this.#path(operand), field])
    return ['map', 'struct', 'param'].includes(this.#type(operand).kind) ? e.plus(cost, one) : cost
  }

  #call(call: Extract<Expression, { kind: 'call' }>): Estimate {
    const namespaced = this.#checked.namespaced.get(call)
    const { args, name } = namespaced === undefined ? call : { ...call, name: namespaced }
    const target = namespaced === undefined ? call.target : undefined
    if (name === 'dyn' && target === undefined) {
      const [inner] = args as [Expression]
      const cost = e.plus(one, this.cost(inner))
      this.#copySizes(call, inner)
      return cost
    }
    const argCosts = args.map((each) => this.cost(each))
    const values = args.map((each) => this.#argument(each))
    const overloads = this.#checked.overloads.get(call) ?? []
    if (overloads.length === 0) return e.fixed(0)
    const targetCost = target === undefined ? e.fixed(0) : this.cost(target)
    const receiver = target === undefined ? undefined : this.#argument(target)
    let cost: Estimate | undefined
    let size: Estimate | undefined
    for (const id of overloads) {
      const of = callCost(name, id, receiver, values)
      const all = this.#withArguments(call, id, of, argCosts)
      cost = cost === undefined ? all : e.union(cost, all)
      if (of.size !== undefined) size = size === undefined ? of.size : e.union(size, of.size)
      if (id === 'index_list' || id === 'index_map') {
        const [within] = args as [Expression]
        size = this.#entriesOf(within)?.value
        this.#paths.set(call, [...this.#path(within), id === 'index_list' ? '@items' : '@values'])
      }
      size ??= this.#size(call)
    }
    if (size !== undefined) this.#sizes.set(call, size)
    return e.plus(targetCost, cost as Estimate)
  }

  /** Operators that end early cost their first operand at least. */
  #withArguments(
    call: Extract<Expression, { kind: 'call' }>,
    id: string,
    of: CallCost,
    costs: readonly Estimate[],
  ): Estimate {
    const [first = e.fixed(0), second = e.fixed(0), third = e.fixed(0)] = costs
    const [left, right, other] = call.args.map((each) => this.#entriesOf(each))
    if (id === 'logical_and' || id === 'logical_or') return { min: first.min, max: e.plus(first, second).max }
    if (id === 'conditional') {
      this.#setEntries(call, joined(right, other))
      return e.plus(first, e.union(second, third))
    }
    if (id.startsWith('add_')) this.#setEntries(call, joined(left, right))
    return e.plus(of.cost, e.sum(costs))
  }

  #loop(loop: Comprehension): Estimate {
    const { range, variables, accumulator, init, condition, step, result } = loop
    const before = e.plus(this.cost(range), this.cost(init))
    const outer = this.#locals
    const withAccumulator = new Map(outer).set(accumulator, this.#local(init))
    this.#locals = new Map([...withAccumulator, ...this.#items(range, variables)])
    const each = e.plus(this.cost(condition), this.cost(step))
    this.#locals = withAccumulator
    const after = this.cost(result)
    this.#locals = outer
    const count = this.#sizeOrUnknown(range)
    if (init.kind === 'literal') this.#setSize(loop, this.#size(init))
    else {
      this.#setSize(loop, count)
      this.#setEntries(loop, this.#entriesOf(step))
    }
    return e.sum([before, after, e.times(count, each)])
  }

  #bound(bound: Comprehension): Estimate {
    const { range, accumulator, init, result } = bound
    const before = e.plus(this.cost(range), this.cost(init))
    const outer = this.#locals
    this.#locals = new Map(outer).set(accumulator, this.#local(init))
    const cost = e.plus(before, this.cost(result))
    this.#locals = outer
    this.#copySizes(bound, result)
    return cost
  }

  #local(of: Expression): Local {
    return { path: this.#path(of), size: this.#size(of), entries: this.#entriesOf(of) }
  }

  /** The variables of a loop through a list or map. */
  #items(range: Expression, variables: readonly string[]): [string, Local][] {
    const entries = this.#entriesOf(range)
    const isList = (entries?.of ?? this.#type(range).kind) === 'list'
    const path = this.#path(range)
    const key: Local = { path: [...path, isList ? '@indices' : '@keys'], size: entries?.key }
    const value: Local = { path: [...path, isList ? '@items' : '@values'], size: entries?.value }
    const locals = variables.length > 1 ? [key, value] : [isList ? value : key]
    return locals.map((local, index) => [variables[index] as string, local])
  }

  #path(expression: Expression): readonly string[] {
    const local = expression.kind === 'ident' ? this.#locals.get(expression.name) : undefined
    return local?.path ?? this.#paths.get(expression) ?? []
  }

  #argument(expression: Expression): Argument {
    const path = this.#path(expression)
    const type = this.#type(expression)
    const known = path[0] === accumulatorName ? [] : path
    const size = this.#size(expression)
    const item = type.params[0]
    const itemPath = known.length === 0 ? [] : [...known, '@items']
    return {
      type,
      expression,
      size: size ?? this.#estimated(known),
      item: item === undefined ? undefined : { type: item, size: this.#estimated(itemPath) ?? e.unknownSize },
    }
  }

  #estimated(path: readonly string[]): Estimate | undefined {
    const max = path.length === 0 ? undefined : this.#sizeOf(path)
    return max === undefined ? undefined : { min: 0, max }
  }

  #setSize(of: Expression, size: Estimate | undefined): void {
    if (size !== undefined) this.#sizes.set(of, size)
  }

  #setEntries(of: Expression, entries: Entries | undefined): void {
    if (entries !== undefined) this.#entries.set(of, entries)
  }

  #copySizes(to: Expression, from: Expression): void {
    this.#setSize(to, this.#size(from))
    this.#setEntries(to, this.#entriesOf(from))
  }

  #sizeOrUnknown(of: Expression): Estimate {
    return this.#size(of) ?? e.unknownSize
  }

  #size(of: Expression): Estimate | undefined {
    const known = this.#sizes.get(of) ?? writtenSize(of)
    if (known !== undefined) return known
    const estimated = this.#estimated(this.#path(of))
    if (estimated !== undefined) this.#sizes.set(of, estimated)
    const local = of.kind === 'ident' ? this.#locals.get(of.name)?.size : undefined
    return estimated ?? (isScalar(this.#type(of)) ? one : local)
  }

  #entriesOf(of: Expression): Entries | undefined {
    return this.#entries.get(of) ?? (of.kind === 'ident' ? this.#locals.get(of.name)?.entries : undefined)
  }
}

function joined(left: Entries | undefined, right: Entries | undefined): Entries | undefined {
  if (left === undefined || right === undefined) return undefined
  return { of: left.of, key: e.union(left.key, right.key), value: e.union(left.value, right.value) }
}

/** Of what the expression itself writes out. */
function writtenSize(of: Expression): Estimate | undefined {
  if (of.kind === 'list') return e.fixed(of.items.length)
  if (of.kind === 'map') return e.fixed(of.entries.length)
  if (of.kind !== 'literal') return undefined
  if (of.type === 'string') return e.fixed([...(of.value as string)].length)
  return e.fixed(of.type === 'bytes' ? (of.value as Uint8Array).length : 1)
}

const scalars = new Set(['bool', 'double', 'duration', 'int', 'timestamp', 'uint'])

const isScalar = ({ name, params: [value] }: Type): boolean =>
  scalars.has(name) || (name === 'optional_type' && value !== undefined && isScalar(value))
