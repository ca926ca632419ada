/** An expression as it is checked and costed: macros are loops, and each part is at the place where cel-go says that it is. */
export type Literal = 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'null'

interface At {
  /** The offset in the source that problems are told at. */
  readonly at: number
}
export type Expression = At &
  (
    | { readonly kind: 'literal'; readonly type: Literal; readonly value: unknown }
    | { readonly kind: 'ident'; readonly name: string }
    /** `tests` asks whether the field is there. */
    | { readonly kind: 'select'; readonly operand: Expression; readonly field: string; readonly tests: boolean }
    | {
        readonly kind: 'call'
        readonly name: string
        readonly target?: Expression
        readonly args: readonly Expression[]
      }
    | { readonly kind: 'list'; readonly items: readonly Expression[] }
    | { readonly kind: 'map'; readonly entries: readonly (readonly [Expression, Expression])[] }
    | Comprehension
  )

export interface Comprehension extends At {
  readonly kind: 'comprehension'
  readonly range: Expression
  /** The item or key; with a second one the index or key, which the second is at. */
  readonly variables: readonly string[]
  readonly accumulator: string
  readonly init: Expression
  readonly condition: Expression
  readonly step: Expression
  readonly result: Expression
}

export class ExpressionProblem extends Error {
  readonly at: number

  constructor(message: string, at: number) {
    super(message)
    this.at = at
  }
}

type Call = Extract<Expression, { kind: 'call' }>

export const call = (name: string, at: number, args: readonly Expression[]): Call => ({ kind: 'call', at, name, args })

/** The expressions that an expression is made of. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'literal':
    case 'ident':
      return []
    case 'select':
      return [expression.operand]
    case 'call':
      return expression.target === undefined ? expression.args : [expression.target, ...expression.args]
    case 'list':
      return expression.items
    case 'map':
      return expression.entries.flat()
    case 'comprehension': {
      const { range, init, condition, step, result } = expression
      return [range, init, condition, step, result]
    }
  }
}
