/** What is wrong with literals in an expression whose types are right. Source: github.com/google/cel-go/cel/validator.go. */
import { patternProblem } from '../custom/pattern.ts'
import { mismatchText, type Checked } from './check.ts'
import { callProblem } from './environment.ts'
import { partsOf, type Expression } from './expression.ts'
import { clauseProblem, replaceClauses } from './library/text-format.ts'
import type { Problem } from './problem.ts'
import { same, type Type } from './types.ts'

const checks: Readonly<Record<string, (literal: string) => boolean>> = {
  duration: (literal) => callProblem('duration', literal) === undefined,
  timestamp: (literal) => callProblem('timestamp', literal) === undefined,
  matches: (literal) => patternProblem(literal) === undefined,
}

export function literalProblems(expression: Expression, { types }: Checked): Problem[] {
  const problems: Problem[] = []
  const typesOf = (all: readonly Expression[]): Type[] => all.map((each) => types.get(each) as Type)
  /** Each is to be of the first one's type. */
  const mixed = (all: readonly Expression[]): Problem[] => {
    const [first, ...rest] = typesOf(all)
    return rest.flatMap((type, index) =>
      same(type, first as Type)
        ? []
        : [{ text: mismatchText(first as Type, type), at: (all[index + 1] as Expression).at }],
    )
  }
  const visit = (each: Expression, mixes: boolean): void => {
    if (each.kind === 'call') problems.push(...argumentProblems(each.name, each.args), ...formatProblems(each, types))
    if (each.kind === 'list' && !mixes) problems.push(...mixed(each.items).slice(0, 1))
    if (each.kind === 'map' && !mixes)
      problems.push(...mixed(each.entries.map(([key]) => key)), ...mixed(each.entries.map(([, value]) => value)))
    const mixesBelow = mixes || (each.kind === 'call' && each.name === 'format')
    for (const part of partsOf(each)) visit(part, mixesBelow)
  }
  visit(expression, false)
  return problems.toSorted((a, b) => a.at - b.at)
}

function argumentProblems(name: string, [literal]: readonly Expression[]): Problem[] {
  if (literal?.kind !== 'literal' || literal.type !== 'string') return []
  return (checks[name]?.(literal.value as string) ?? true) ? [] : [{ text: `invalid ${name} argument`, at: literal.at }]
}

/** A format that is written out is held against the types of its values. */
function formatProblems(call: Expression, types: Checked['types']): Problem[] {
  if (call.kind !== 'call' || call.name !== 'format' || call.target?.kind !== 'literal') return []
  const [values] = call.args
  if (values?.kind !== 'list') return []
  const { items } = values
  let [at, used] = [call.at, 0]
  try {
    replaceClauses(call.target.value as string, items.length, ({ verb }, index) => {
      used++
      const item = items[index] as Expression
      const type = types.get(item) as Type
      const problem = type.kind === 'dyn' ? undefined : clauseProblem(verb, runtimeName(type))
      if (problem === undefined) return ''
      at = item.at
      throw new Error(problem)
    })
  } catch (error) {
    return [{ at, text: (error as Error).message }]
  }
  if (items.length <= used) return []
  return [{ at, text: `too many arguments supplied to string.format (expected ${used}, got ${items.length})` }]
}

const runtimeNames: Readonly<Record<string, string>> = {
  null: 'null_type',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
}
const runtimeName = ({ name }: Type): string => runtimeNames[name] ?? name

const conversions = new Set(['bool', 'double', 'int', 'uint'])

/** What comes of calls that are made once and for all, as their arguments never change: the first that fails. */
export function constantProblem(expression: Expression): string | undefined {
  for (const part of partsOf(expression)) {
    const problem = constantProblem(part)
    if (problem !== undefined) return problem
  }
  const [literal] = expression.kind === 'call' ? expression.args : []
  if (expression.kind !== 'call' || literal?.kind !== 'literal') return undefined
  const { name } = expression
  if (name === 'find' || name === 'findAll') return patternProblem(String(literal.value))
  return conversions.has(name) ? callProblem(name, literal.value) : undefined
}
