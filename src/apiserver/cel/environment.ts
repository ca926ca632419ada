/** The library's environment that expressions are parsed and run in, with the functions of Kubernetes. */
import { Environment, type ASTNode, type ParseResult } from '@marcbachmann/cel-js'
import { registerAddresses } from './library/addresses.ts'
import { registerAuthorizer } from './library/authorizer.ts'
import { registerLists } from './library/lists.ts'
import { registerMacros } from './library/macros.ts'
import { withOwn } from './library/own.ts'
import { registerFormats } from './library/named-formats.ts'
import { registerQuantities } from './library/quantities.ts'
import { registerTexts } from './library/texts.ts'
import { registerUrls } from './library/urls.ts'
import { runProblem } from './run-problem.ts'

const options = { unlistedVariablesAreDyn: true, enableOptionalTypes: true, homogeneousAggregateLiterals: false }
/** Parses what is checked: macros that only run as such are calls here. */
const plain = new Environment(options)
const environment = new Environment(options)
for (const register of [
  registerAddresses,
  registerAuthorizer,
  registerFormats,
  registerLists,
  registerMacros,
  registerQuantities,
  registerTexts,
  registerUrls,
])
  register(environment)

/** Throws the library's ParseError. */
export const parse = (source: string): ASTNode => plain.parse(source).ast

/** The expression as a function of its variables. Throws the library's ParseError. */
export const programOf = (source: string): ParseResult => environment.parse(withOwn(source))

/** What goes wrong when a function of one value is called; undefined where nothing does. */
export function callProblem(name: string, value: unknown): string | undefined {
  try {
    programOf(`${name}(value)`)({ value })
    return undefined
  } catch (error) {
    return runProblem(error as Error)
  }
}
