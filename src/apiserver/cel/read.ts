/** Reads what the library parsed as cel-go would. Source: github.com/google/cel-go/parser. */
import type { ASTNode } from '@marcbachmann/cel-js'
import { call, ExpressionProblem, type Expression, type Literal } from './expression.ts'
import { expandBind, expandMacro } from './macros.ts'

/**
 * Throws an {@link ExpressionProblem} where a macro is not used as it can be. `binds` says whether there is `cel.bind`,
 * which some places of expressions lack.
 */
export function expressionOf(node: ASTNode, binds = false): Expression {
  const read = (part: ASTNode): Expression => expressionOf(part, binds)
  const at = node.start
  const { input } = node
  const after = (token: string, from: number): number => Math.max(input.indexOf(token, from), 0)
  switch (node.op) {
    case 'value':
      if (typeof node.args === 'bigint' && node.args > intMax) throw new ExpressionProblem('invalid int literal', at)
      return { kind: 'literal', at, ...literalOf(node.args) }
    case 'id':
      return { kind: 'ident', at, name: node.args }
    case '.':
      return {
        kind: 'select',
        at: after('.', node.args[0].end),
        operand: read(node.args[0]),
        field: node.args[1],
        tests: false,
      }
    case '.?': {
      const [operand, field] = node.args
      const place = after('.', operand.end)
      const name: Expression = { kind: 'literal', at: place, type: 'string', value: field }
      return call('_?._', place, [read(operand), name])
    }
    case '[]':
    case '[?]':
      return call(node.op === '[]' ? '_[_]' : '_[?_]', after('[', node.args[0].end), node.args.map(read))
    case 'call': {
      const [name, args] = node.args
      const open = after('(', at + name.length)
      return expandMacro(name, open, undefined, args, read) ?? call(name, open, args.map(read))
    }
    case 'rcall': {
      const [name, target, args] = node.args
      const open = after('(', after(name, target.end) + name.length)
      if (binds && name === 'bind' && args.length === 3 && target.op === 'id' && target.args === 'cel')
        return expandBind(open, args, read)
      return (
        expandMacro(name, open, target, args, read) ?? {
          ...call(name, open, args.map(read)),
          target: read(target),
        }
      )
    }
    case 'list':
      return { kind: 'list', at, items: node.args.map(read) }
    case 'map':
      return { kind: 'map', at, entries: node.args.map(([key, value]) => [read(key), read(value)]) }
    case '?:':
      return call('_?_:_', after('?', node.args[0].end), node.args.map(read))
    case '!_':
      // Two in a row are none.
      return node.args.op === '!_' ? read(node.args.args) : call('!_', at, [read(node.args)])
    case '-_':
      return node.args.op === '-_' ? read(node.args.args) : negated(node.args, at, read)
    default: {
      const [left, right] = node.args
      const name = node.op === 'in' ? '@in' : `_${node.op}_`
      return call(name, after(node.op, left.end), [read(left), read(right)])
    }
  }
}

const intMax = 2n ** 63n - 1n

/** A number's sign is part of it. */
function negated(node: ASTNode, at: number, read: (node: ASTNode) => Expression): Expression {
  if (node.op === 'value' && typeof node.args === 'bigint') {
    if (node.args > intMax + 1n) throw new ExpressionProblem('invalid int literal', at)
    return { kind: 'literal', at, type: 'int', value: -node.args }
  }
  const operand = read(node)
  if (operand.kind !== 'literal' || operand.type !== 'double') return call('-_', at, [operand])
  return { ...operand, at, value: -(operand.value as number) }
}

function literalOf(value: unknown): { type: Literal; value: unknown } {
  if (value === null) return { type: 'null', value }
  if (value instanceof Uint8Array) return { type: 'bytes', value }
  if (typeof value === 'bigint') return { type: 'int', value }
  if (typeof value === 'number') return { type: 'double', value }
  if (typeof value === 'string') return { type: 'string', value }
  return { type: typeof value === 'boolean' ? 'bool' : 'uint', value }
}
