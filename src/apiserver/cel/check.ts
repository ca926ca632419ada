/**
 * Checks the types of an expression as cel-go does, all of its problems at once. Source:
 * github.com/google/cel-go/checker/checker.go.
 */
import type { Comprehension, Expression } from './expression.ts'
import { overloadsOf } from './functions.ts'
import type { Overload } from './overload.ts'
import type { Problem } from './problem.ts'
import * as t from './types.ts'

export interface Checked {
  readonly problems: readonly Problem[]
  /** By expression; what has no problem has one. */
  readonly types: ReadonlyMap<Expression, t.Type>
  /** The ids of the overloads that a call may be. */
  readonly overloads: ReadonlyMap<Expression, readonly string[]>
  /** Calls whose target is part of the function's name, and selections that are names: with the whole name. */
  readonly namespaced: ReadonlyMap<Expression, string>
}

export function checkTypes(expression: Expression, variables: ReadonlyMap<string, t.Type>): Checked {
  const checker = new Checker(variables)
  checker.check(expression)
  return checker.done()
}

const typeNames = ['bool', 'bytes', 'double', 'int', 'list', 'map', 'null_type', 'string', 'type', 'uint']
const lists = t.typeOf(t.list(t.dyn))
const maps = t.typeOf(t.map(t.dyn, t.dyn))
/** Types as values. */
const typeValues = new Map<string, t.Type>([
  ...typeNames.map((name): [string, t.Type] => [name, t.typeOf({ kind: 'scalar', name, params: [] })]),
  ['list', lists],
  ['map', maps],
  ['google.protobuf.Timestamp', t.typeOf(t.timestamp)],
  ['google.protobuf.Duration', t.typeOf(t.duration)],
  ['optional_type', t.typeOf(t.optional(t.dyn))],
  ['net.IP', t.typeOf(t.opaque('net.IP'))],
  ['net.CIDR', t.typeOf(t.opaque('net.CIDR'))],
  ...['Quantity', 'URL', 'Semver', 'NamedFormat'].map((name): [string, t.Type] => [
    `kubernetes.${name}`,
    t.typeOf(t.struct(`kubernetes.${name}`)),
  ]),
])

const literals = { bool: t.bool, int: t.int, uint: t.uint, double: t.double, string: t.string, bytes: t.bytes }

export const mismatchText = (expected: t.Type, found: t.Type): string =>
  `expected type '${t.typeText(expected)}' but found '${t.typeText(found)}'`

class Checker {
  readonly #problems: Problem[] = []
  readonly #types = new Map<Expression, t.Type>()
  readonly #overloads = new Map<Expression, readonly string[]>()
  readonly #namespaced = new Map<Expression, string>()
  #scope: Map<string, t.Type>
  #bindings: t.Bindings = new Map()
  #variables = 0

  constructor(scope: ReadonlyMap<string, t.Type>) {
    this.#scope = new Map(scope)
  }

  done(): Checked {
    const types = new Map([...this.#types].map(([each, type]) => [each, t.substituted(this.#bindings, type, true)]))
    const problems = this.#problems.toSorted((a, b) => a.at - b.at)
    return { problems, types, overloads: this.#overloads, namespaced: this.#namespaced }
  }

  check(expression: Expression): t.Type {
    const type = this.#typeOf(expression)
    this.#types.set(expression, type)
    return type
  }

  #typeOf(expression: Expression): t.Type {
    switch (expression.kind) {
      case 'literal':
        return expression.type === 'null' ? t.nothing : literals[expression.type]
      case 'ident':
        return this.#named(expression.name) ?? this.#undeclared(expression.name, expression.at)
      case 'select':
        return this.#select(expression)
      case 'call':
        return this.#call(expression)
      case 'list': {
        const items = this.#joined(expression.items)
        return t.list(items ?? this.#variable())
      }
      case 'map': {
        const keys = this.#joined(expression.entries.map(([key]) => key))
        const values = this.#joined(expression.entries.map(([, value]) => value))
        return t.map(keys ?? this.#variable(), values ?? this.#variable())
      }
      case 'comprehension':
        return this.#comprehension(expression)
    }
  }

  #tell(at: number, text: string): t.Type {
    this.#problems.push({ text, at })
    return t.failed
  }

  #undeclared(name: string, at: number): t.Type {
    return this.#tell(at, `undeclared reference to '${name}' (in container '')`)
  }

  #variable(): t.Type {
    return t.param(`_var${this.#variables++}`)
  }

  #named(name: string): t.Type | undefined {
    return this.#scope.get(name) ?? typeValues.get(name)
  }

  #settled(type: t.Type): t.Type {
    return t.substituted(this.#bindings, type, false)
  }

  #accepts(from: t.Type, to: t.Type): boolean {
    const bindings = t.assigned(this.#bindings, [from], [to])
    if (bindings !== undefined) this.#bindings = bindings
    return bindings !== undefined
  }

  #mismatch(at: number, expected: t.Type, found: t.Type): t.Type {
    return this.#tell(at, mismatchText(expected, found))
  }

  /** The most general type of several, `dyn` where they have nothing in common; undefined where there are none. */
  #joined(all: readonly Expression[]): t.Type | undefined {
    let joined: t.Type | undefined
    for (const each of all) {
      const type = this.check(each)
      if (joined === undefined) joined = type
      else if (this.#accepts(joined, type)) joined = t.mostGeneral(joined, type)
      else joined = t.dyn
    }
    return joined
  }

  #select(expression: Extract<Expression, { kind: 'select' }>): t.Type {
    const { operand, field, tests, at } = expression
    const whole = qualified(operand)
    const value = whole === undefined || tests ? undefined : this.#named(`${whole}.${field}`)
    if (value !== undefined) {
      this.#namespaced.set(expression, `${whole}.${field}`)
      return value
    }
    const type = this.#field(operand, field, at, false)
    return tests ? t.bool : this.#settled(type)
  }

  #field(operand: Expression, field: string, at: number, optional: boolean): t.Type {
    const type = this.#settled(this.check(operand))
    const inner = t.unwrapped(type)
    const result = this.#fieldOf(inner ?? type, field, at)
    return optional || inner !== undefined ? t.optional(result) : result
  }

  #fieldOf(type: t.Type, field: string, at: number): t.Type {
    if (type.kind === 'map') return type.params[1] as t.Type
    if (type.kind === 'struct') return type.fields?.get(field) ?? this.#tell(at, `undefined field '${field}'`)
    if (type.kind === 'param') this.#accepts(t.dyn, type)
    else if (!t.isDynamic(type)) this.#tell(at, `type '${t.typeText(type)}' does not support field selection`)
    return t.dyn
  }

  #call(expression: Extract<Expression, { kind: 'call' }>): t.Type {
    const { name, target, args, at } = expression
    if (name === '_?._') {
      this.#overloads.set(expression, ['select_optional_field'])
      this.check(args[1] as Expression)
      return this.#settled(this.#field(args[0] as Expression, String((args[1] as { value?: unknown }).value), at, true))
    }
    for (const each of args) this.check(each)
    const whole = target === undefined ? undefined : qualified(target)
    const namespaced = whole === undefined ? undefined : overloadsOf(`${whole}.${name}`)
    if (namespaced !== undefined) {
      this.#namespaced.set(expression, `${whole}.${name}`)
      return this.#resolved(expression, `${whole}.${name}`, namespaced)
    }
    if (target !== undefined) this.check(target)
    const found = overloadsOf(name)
    return found === undefined ? this.#undeclared(name, at) : this.#resolved(expression, name, found, target)
  }

  #resolved(
    expression: Extract<Expression, { kind: 'call' }>,
    name: string,
    overloads: readonly Overload[],
    target?: Expression,
  ): t.Type {
    const all = target === undefined ? expression.args : [target, ...expression.args]
    const types = all.map((each) => this.#types.get(each) as t.Type)
    if (name === '_&&_' || name === '_||_') {
      this.#overloads.set(expression, [name === '_&&_' ? 'logical_and' : 'logical_or'])
      return this.#logical(expression.args, types)
    }
    let result: t.Type | undefined
    const ids: string[] = []
    for (const overload of overloads) {
      if (overload.isMember !== (target !== undefined)) continue
      const fresh = this.#instance(overload)
      const bindings = t.assigned(this.#bindings, types, fresh.args)
      if (bindings === undefined) continue
      this.#bindings = bindings
      ids.push(overload.id)
      const type = this.#settled(fresh.result)
      if (result === undefined) result = type
      else if (!t.isDynamic(result) && !t.same(type, result)) result = t.dyn
    }
    if (result === undefined) {
      const texts = types.map((type) => t.typeText(t.substituted(this.#bindings, type, true)))
      const receiver = target === undefined ? '' : `${texts.shift()}.`
      const applied = `${receiver}(${texts.join(', ')})`
      return this.#tell(expression.at, `found no matching overload for '${name}' applied to '${applied}'`)
    }
    this.#overloads.set(expression, ids)
    return result
  }

  /** Both operands are told of, where neither is a bool. */
  #logical(args: readonly Expression[], types: readonly t.Type[]): t.Type {
    const wrong = args.filter((each, index) => {
      const type = types[index] as t.Type
      const isBool = this.#accepts(type, t.bool)
      if (!isBool) this.#mismatch(each.at, t.bool, type)
      return !isBool
    })
    return wrong.length > 0 ? t.failed : t.bool
  }

  /** An overload with variables of its own. */
  #instance({ args, result }: Overload): { args: t.Type[]; result: t.Type } {
    const names = new Map<string, t.Type>()
    const renewed = (type: t.Type): t.Type => {
      if (type.kind !== 'param') return type.params.length === 0 ? type : { ...type, params: type.params.map(renewed) }
      const known = names.get(type.name) ?? this.#variable()
      names.set(type.name, known)
      return known
    }
    return { args: args.map(renewed), result: renewed(result) }
  }

  #comprehension({ range, variables, accumulator, init, condition, step, result }: Comprehension): t.Type {
    this.check(range)
    const accumulated = this.check(init)
    const items = this.#itemsOf(this.#settled(this.#types.get(range) as t.Type), range, variables.length)
    const outer = this.#scope
    const withAccumulator = new Map(outer).set(accumulator, accumulated)
    this.#scope = new Map(withAccumulator)
    for (const [index, name] of variables.entries()) this.#scope.set(name, items[index] as t.Type)
    this.#asserted(condition, t.bool)
    this.#asserted(step, accumulated)
    this.#scope = withAccumulator
    const type = this.check(result)
    this.#scope = outer
    return this.#settled(type)
  }

  #asserted(expression: Expression, expected: t.Type): void {
    const type = this.check(expression)
    if (!this.#accepts(expected, type)) this.#mismatch(expression.at, expected, type)
  }

  /** What the variables of a loop are of. */
  #itemsOf(type: t.Type, range: Expression, count: number): t.Type[] {
    const [first = t.dyn, second = t.dyn] = type.params
    if (type.kind === 'list') return count === 1 ? [first] : [t.int, first]
    if (type.kind === 'map') return [first, second]
    if ((t.isDynamic(type) && type.name !== 'any') || type.kind === 'param') {
      this.#accepts(t.dyn, type)
      return [t.dyn, t.dyn]
    }
    const text = `expression of type '${t.typeText(type)}' cannot be range of a comprehension (must be list, map, or dynamic)`
    this.#tell(range.at, text)
    return [t.failed, t.failed]
  }
}

/** The name with dots that an expression is; undefined where it is more than one. */
function qualified(expression: Expression): string | undefined {
  if (expression.kind === 'ident') return expression.name
  if (expression.kind !== 'select' || expression.tests) return undefined
  const operand = qualified(expression.operand)
  return operand === undefined ? undefined : `${operand}.${expression.field}`
}
