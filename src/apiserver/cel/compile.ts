/**
 * Compiles an expression: what is wrong with it in the words of cel-go, or what it is of and what it may cost. Source:
 * github.com/google/cel-go/cel/env.go, cel/validator.go, common/error.go.
 */
import type { ParseError } from '@marcbachmann/cel-js'
import { checkTypes, type Checked } from './check.ts'
import { costOf, type SizeOf } from './cost.ts'
import { ExpressionProblem, type Expression } from './expression.ts'
import { expressionOf } from './read.ts'
import { constantProblem, literalProblems } from './literals.ts'
import { parse } from './environment.ts'
import type { Problem } from './problem.ts'
import { syntaxProblems } from './syntax.ts'
import type { Type } from './types.ts'

export interface Compiled {
  readonly type: Type
  /** At most, in units of cost. */
  readonly cost: number
  /** The names of variables that it looks at. */
  readonly uses: ReadonlySet<string>
}

/** `compilation failed: …` with every problem, its line and a caret below; or `instantiation failed: …`. */
export interface Uncompiled {
  readonly problem: string
}

/** `binds`: see {@link expressionOf}. */
export function compile(
  source: string,
  variables: ReadonlyMap<string, Type>,
  sizeOf: SizeOf = () => undefined,
  binds = false,
): Compiled | Uncompiled {
  let expression: Expression
  try {
    expression = expressionOf(parse(source), binds)
  } catch (error) {
    return { problem: told(problemsOf(error as Error, source), source) }
  }
  const checked = checkTypes(expression, variables)
  const problems = checked.problems.length > 0 ? checked.problems : literalProblems(expression, checked)
  if (problems.length > 0) return { problem: told(problems, source) }
  const constant = constantProblem(expression)
  if (constant !== undefined) return { problem: `instantiation failed: ${constant}` }
  return {
    type: checked.types.get(expression) as Type,
    cost: costOf(expression, checked, sizeOf).max,
    uses: variablesIn(checked),
  }
}

function problemsOf(error: Error, source: string): Problem[] {
  if (error instanceof ExpressionProblem) return [{ text: error.message, at: error.at }]
  // An assertion that fails is ours.
  if (error.name !== 'ParseError') throw error
  return syntaxProblems(error as ParseError, source)
}

const variablesIn = ({ types }: Checked): Set<string> =>
  new Set([...types.keys()].flatMap((each) => (each.kind === 'ident' ? [each.name] : [])))

const told = (problems: readonly Problem[], source: string): string =>
  `compilation failed: ${problems.map((problem) => toldOne(problem, source)).join('\n')}`

const isWide = (char: string): boolean => (char.codePointAt(0) as number) > 127

function toldOne({ text, at }: Problem, source: string): string {
  // There is no place in nothing.
  if (source === '') return `ERROR: <input>:1:0: ${text}`
  const before = source.slice(0, at)
  const start = before.lastIndexOf('\n') + 1
  const [line = ''] = source.slice(start).split('\n', 1)
  const column = [...source.slice(start, at)]
  const shown = [...line.replaceAll('\t', ' ')]
  const dots = column.map((_, index) => (isWide(shown[index] ?? '') ? '．' : '.')).join('')
  const caret = isWide(shown[column.length] ?? ' ') ? '＾' : '^'
  const number = before.split('\n').length
  return `ERROR: <input>:${number}:${column.length + 1}: ${text}\n | ${shown.join('')}\n | ${dots}${caret}`
}
