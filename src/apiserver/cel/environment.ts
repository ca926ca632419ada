/** The library's environment that expressions are parsed and run in. */
import { Environment, type ASTNode, type ParseResult } from '@marcbachmann/cel-js'

const environment = new Environment({ unlistedVariablesAreDyn: true, enableOptionalTypes: true })

/** Throws the library's ParseError. */
export const parse = (source: string): ASTNode => environment.parse(source).ast

/** The expression as a function of its variables. Throws the library's ParseError. */
export const programOf = (source: string): ParseResult => environment.parse(source)

export function evaluates(source: string): boolean {
  try {
    environment.evaluate(source)
    return true
  } catch {
    return false
  }
}
