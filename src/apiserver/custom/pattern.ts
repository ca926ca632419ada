/** Patterns of schemas and rules: those of Go, in time that grows with the text. */
import { RE2JS, RE2JSSyntaxException } from 're2js'

/** Compiled patterns by their text: definitions share few, and those that make them are trusted to. */
const patterns = new Map<string, RE2JS>()

/** Throws where it is no pattern. */
export function patternOf(text: string): RE2JS {
  let pattern = patterns.get(text)
  if (pattern === undefined) patterns.set(text, (pattern = RE2JS.compile(text)))
  return pattern
}

/** What Go's regexp package has against a pattern; undefined where it is one. */
export function patternProblem(text: string): string | undefined {
  try {
    RE2JS.compile(text)
    return undefined
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error
    // Go shows what is left after it: nothing.
    return error.message.endsWith('trailing backslash at end of expression') ? `${error.message}: \`\`` : error.message
  }
}
