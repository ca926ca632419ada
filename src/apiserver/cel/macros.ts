/**
 * Macros as the comprehensions that they stand for. Source: github.com/google/cel-go/parser/macro.go,
 * ext/comprehensions.go, ext/lists.go (`sortBy`), cel/library.go (`optMap`).
 */
import type { ASTNode } from '@marcbachmann/cel-js'
import { call, ExpressionProblem, type Expression } from './expression.ts'

/** The accumulator of those that loop: no name that an expression can write. */
export const accumulatorName = '@result'

type Build = (make: Maker, range: Expression, args: readonly ASTNode[]) => Expression

/** By name and number of arguments. Those with two variables get the index or key as well. */
const macros: Readonly<Record<string, Build>> = {
  'all 2': quantifier(1, all),
  'all 3': quantifier(2, all),
  'exists 2': quantifier(1, exists),
  'exists 3': quantifier(2, exists),
  'exists_one 2': quantifier(1, existsOne),
  'exists_one 3': quantifier(2, existsOne),
  'existsOne 3': quantifier(2, existsOne),
  'map 2': (make, range, [variable, step]) => make.collect(range, make.names(variable), undefined, step),
  'map 3': (make, range, [variable, test, step]) => make.collect(range, make.names(variable), test, step),
  'filter 2': (make, range, [variable, test]) => make.collect(range, make.names(variable), test, variable),
  'transformList 3': (make, range, [one, two, step]) => make.collect(range, make.names(one, two), undefined, step),
  'transformList 4': (make, range, [one, two, test, step]) => make.collect(range, make.names(one, two), test, step),
  'transformMap 3': (make, range, [one, two, value]) =>
    make.gather(range, make.names(one, two), undefined, [one, value]),
  'transformMap 4': (make, range, [one, two, test, value]) =>
    make.gather(range, make.names(one, two), test, [one, value]),
  'transformMapEntry 3': (make, range, [one, two, entry]) =>
    make.gather(range, make.names(one, two), undefined, [entry]),
  'transformMapEntry 4': (make, range, [one, two, test, entry]) =>
    make.gather(range, make.names(one, two), test, [entry]),
  'optMap 2': (make, target, [variable, value]) =>
    make.optional('optMap', target, variable, (bound) => make.call('optional.of', bound), value),
  'optFlatMap 2': (make, target, [variable, value]) =>
    make.optional('optFlatMap', target, variable, (bound) => bound, value),
  'sortBy 2': (make, target, [variable, key]) => {
    const name = '@__sortBy_input__'
    if (target.kind === 'literal' || target.kind === 'map')
      throw new ExpressionProblem(
        'sortBy can only be applied to a list, identifier, comprehension, call or select expression',
        target.at,
      )
    const keys = make.collect(make.ident(name), [make.name(variable, 'argument is not an identifier')], undefined, key)
    return make.bound(name, target, { ...make.call('@sortByAssociatedKeys', keys), target: make.ident(name) })
  },
}

/** The macro that a call is, of arguments that `read` reads; undefined where it is none. */
export function expandMacro(
  name: string,
  at: number,
  target: ASTNode | undefined,
  args: readonly ASTNode[],
  read: (node: ASTNode) => Expression,
): Expression | undefined {
  const macro = macros[`${name} ${args.length}`]
  if (target !== undefined) return macro?.(new Maker(at, read), read(target), args)
  return name === 'has' && args.length === 1 ? has(read(args[0] as ASTNode), at) : undefined
}

/** `cel.bind(NAME, VALUE, EXPRESSION)`. Source: github.com/google/cel-go/ext/bindings.go. */
export function expandBind(at: number, args: readonly ASTNode[], read: (node: ASTNode) => Expression): Expression {
  const [variable, value, result] = args as [ASTNode, ASTNode, ASTNode]
  const make = new Maker(at, read)
  const name = make.name(variable, 'cel.bind() variable names must be simple identifiers')
  return make.bound(name, read(value), read(result))
}

function has(asked: Expression, at: number): Expression {
  if (asked.kind !== 'select') throw new ExpressionProblem('invalid argument to has() macro', asked.at)
  return { ...asked, at, tests: true }
}

type Loop = Pick<Extract<Expression, { kind: 'comprehension' }>, 'init' | 'condition' | 'step' | 'result'>

function quantifier(variables: 1 | 2, loop: (make: Maker, test: Expression) => Loop): Build {
  return (make, range, args) =>
    make.loop(range, make.names(...args.slice(0, variables)), loop(make, make.read(args[variables] as ASTNode)))
}

function all(make: Maker, test: Expression): Loop {
  return {
    init: make.literal('bool', true),
    condition: make.call('@not_strictly_false', make.accumulator()),
    step: make.call('_&&_', make.accumulator(), test),
    result: make.accumulator(),
  }
}

function exists(make: Maker, test: Expression): Loop {
  return {
    init: make.literal('bool', false),
    condition: make.call('@not_strictly_false', make.call('!_', make.accumulator())),
    step: make.call('_||_', make.accumulator(), test),
    result: make.accumulator(),
  }
}

function existsOne(make: Maker, test: Expression): Loop {
  const one = (): Expression => make.literal('int', 1n)
  return {
    init: make.literal('int', 0n),
    condition: make.literal('bool', true),
    step: make.call('_?_:_', test, make.call('_+_', make.accumulator(), one()), make.accumulator()),
    result: make.call('_==_', make.accumulator(), one()),
  }
}

/** Makes the parts of one macro, all of them at its place. */
class Maker {
  readonly #at: number
  readonly read: (node: ASTNode) => Expression

  constructor(at: number, read: (node: ASTNode) => Expression) {
    this.#at = at
    this.read = read
  }

  name(node: ASTNode | undefined, otherwise: string): string {
    const expression = this.read(node as ASTNode)
    if (expression.kind !== 'ident') throw new ExpressionProblem(otherwise, expression.at)
    return expression.name
  }

  names(...nodes: (ASTNode | undefined)[]): string[] {
    const names = nodes.map((node) => this.name(node, 'argument must be a simple name'))
    const [first, second] = names
    if (first === second) throw new ExpressionProblem(`duplicate variable name: ${first}`, (nodes[1] as ASTNode).start)
    return names
  }

  call(name: string, ...args: Expression[]): Expression & { kind: 'call' } {
    return call(name, this.#at, args)
  }

  ident(name: string): Expression {
    return { kind: 'ident', at: this.#at, name }
  }

  literal(type: 'bool' | 'int', value: unknown): Expression {
    return { kind: 'literal', at: this.#at, type, value }
  }

  accumulator(): Expression {
    return this.ident(accumulatorName)
  }

  loop(range: Expression, variables: readonly string[], loop: Loop): Expression {
    return { kind: 'comprehension', at: this.#at, range, variables, accumulator: accumulatorName, ...loop }
  }

  /** A loop that goes through all, with what it makes of each that meets the test. */
  #through(
    range: Expression,
    variables: readonly string[],
    test: ASTNode | undefined,
    init: Expression,
    step: Expression,
  ) {
    return this.loop(range, variables, {
      init,
      condition: this.literal('bool', true),
      step: test === undefined ? step : this.call('_?_:_', this.read(test), step, this.accumulator()),
      result: this.accumulator(),
    })
  }

  collect(range: Expression, variables: readonly string[], test: ASTNode | undefined, item: ASTNode | undefined) {
    const items = [this.read(item as ASTNode)]
    const step = this.call('_+_', this.accumulator(), { kind: 'list', at: this.#at, items })
    return this.#through(range, variables, test, { kind: 'list', at: this.#at, items: [] }, step)
  }

  gather(
    range: Expression,
    variables: readonly string[],
    test: ASTNode | undefined,
    entry: readonly (ASTNode | undefined)[],
  ) {
    const inserted = entry.map((each) => this.read(each as ASTNode))
    const step = this.call('cel.@mapInsert', this.accumulator(), ...inserted)
    return this.#through(range, variables, test, { kind: 'map', at: this.#at, entries: [] }, step)
  }

  /** A value under a name of its own: a loop through nothing. */
  bound(name: string, init: Expression, result: Expression): Expression {
    return {
      kind: 'comprehension',
      at: this.#at,
      range: { kind: 'list', at: this.#at, items: [] },
      variables: ['#unused'],
      accumulator: name,
      init,
      condition: this.literal('bool', false),
      step: this.ident(name),
      result,
    }
  }

  optional(
    macro: string,
    target: Expression,
    variable: ASTNode | undefined,
    wrap: (bound: Expression) => Expression,
    value: ASTNode | undefined,
  ): Expression {
    const name = this.name(variable, `${macro}() variable name must be a simple identifier`)
    const inner = { ...this.call('value'), target: copied(target) }
    return this.call(
      '_?_:_',
      { ...this.call('hasValue'), target },
      wrap(this.bound(name, inner, this.read(value as ASTNode))),
      this.call('optional.none'),
    )
  }
}

/** What is known of an expression is kept by its object: one that stands in two places needs two. */
function copied(of: Expression): Expression {
  return structuredClone(of)
}
