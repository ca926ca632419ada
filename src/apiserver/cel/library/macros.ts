/**
 * Macros that the library lacks, for running; `../macros.ts` has them for checking. Source:
 * github.com/google/cel-go/ext/comprehensions.go, ext/lists.go, cel/library.go.
 */
import { Optional, type ASTNode, type Environment } from '@marcbachmann/cel-js'
import { sortedBy } from './lists.ts'

/** What the library hands its macros: a place for variables, and what checks and runs parts of an expression there. */
interface Scope {
  forkWithVariable(name: string, type: unknown): Scope
  reuse(parent: Scope): Scope
  setIterValue(value: unknown, evaluator: Evaluator): Scope
}
interface Checker {
  check(node: ASTNode, scope: Scope): unknown
  getType(name: string): unknown
}
interface Evaluator {
  run(node: ASTNode, scope: Scope): unknown
}
interface Use {
  readonly receiver: ASTNode
  readonly args: readonly ASTNode[]
}

/** Runs the parts at some arguments with the variables set. */
type Each = (values: readonly unknown[], ...parts: number[]) => unknown[]
type Run = (of: unknown, each: Each) => unknown

const entriesOf = (of: unknown): [unknown, unknown][] => {
  if (Array.isArray(of)) return of.map((item, index) => [BigInt(index), item])
  return of instanceof Map ? [...of.entries()] : Object.entries(of as object)
}

/** `variables` are the first arguments, what is run stands behind them. */
function register(environment: Environment, name: string, variables: number, parts: number, run: Run): void {
  const asts = Array<string>(variables + parts)
    .fill('ast')
    .join(', ')
  environment.registerFunction(`dyn.${name}(${asts}): dyn`, (use: Use) => {
    const names = use.args.slice(0, variables).map(({ args }) => args as string)
    let scopes: Scope[] = []
    return {
      typeCheck(checker: Checker, _macro: unknown, scope: Scope) {
        checker.check(use.receiver, scope)
        const dyn = checker.getType('dyn')
        scopes = []
        for (const each of names) scopes.push((scopes.at(-1) ?? scope).forkWithVariable(each, dyn))
        for (const part of use.args.slice(variables)) checker.check(part, scopes.at(-1) as Scope)
        return dyn
      },
      evaluate(evaluator: Evaluator, _macro: unknown, scope: Scope) {
        return run(evaluator.run(use.receiver, scope), (values, ...asked) => {
          let inner = scope
          for (const [index, value] of values.entries())
            inner = (scopes[index] as Scope).reuse(inner).setIterValue(value, evaluator)
          return asked.map((part) => evaluator.run(use.args[variables + part] as ASTNode, inner))
        })
      },
    }
  })
}

const inserted = (into: Map<unknown, unknown>, key: unknown, value: unknown): void => {
  if (into.has(key)) throw new Error(`insert failed: key ${String(key)} already exists`)
  into.set(key, value)
}

export function registerMacros(environment: Environment): void {
  register(environment, 'all', 2, 1, (of, each) => entriesOf(of).every((entry) => each(entry, 0)[0] === true))
  register(environment, 'exists', 2, 1, (of, each) => entriesOf(of).some((entry) => each(entry, 0)[0] === true))
  for (const name of ['existsOne', 'exists_one'])
    register(environment, name, 2, 1, (of, each) => {
      return entriesOf(of).filter((entry) => each(entry, 0)[0] === true).length === 1
    })
  for (const tests of [false, true]) {
    const parts = tests ? 2 : 1
    const chosen = (of: unknown, each: Each): [unknown, unknown][] =>
      entriesOf(of).filter((entry) => !tests || each(entry, 0)[0] === true)
    register(environment, 'transformList', 2, parts, (of, each) =>
      chosen(of, each).map((entry) => each(entry, parts - 1)[0]),
    )
    register(
      environment,
      'transformMap',
      2,
      parts,
      (of, each) => new Map(chosen(of, each).map((entry) => [entry[0], each(entry, parts - 1)[0]])),
    )
    register(environment, 'transformMapEntry', 2, parts, (of, each) => {
      const made = new Map<unknown, unknown>()
      for (const entry of chosen(of, each))
        for (const [key, value] of entriesOf(each(entry, parts - 1)[0])) inserted(made, key, value)
      return made
    })
  }
  register(environment, 'optMap', 1, 1, (of, each) => {
    const optional = of as Optional
    return optional.hasValue() ? Optional.of(each([optional.value()], 0)[0]) : optional
  })
  register(environment, 'optFlatMap', 1, 1, (of, each) => {
    const optional = of as Optional
    return optional.hasValue() ? each([optional.value()], 0)[0] : optional
  })
  register(environment, 'sortBy', 1, 1, (of, each) => {
    const list = of as readonly unknown[]
    return sortedBy(
      list,
      list.map((item) => each([item], 0)[0]),
    )
  })
}
