/** A text that can't be read, in the words of the real server's reader. */
export class YamlProblem extends Error {
  override readonly name = 'YamlProblem'
}

/** A place in a text; lines and columns count from zero. */
export interface Mark {
  readonly at: number
  readonly line: number
  readonly column: number
}

/** What the parser says: it counts lines from zero, and doesn't number the first. */
export const parserProblem = (words: string, { line }: Mark): YamlProblem =>
  new YamlProblem(`yaml: ${line === 0 ? '' : `line ${line}: `}${words}`)

/** What the scanner says: it counts from one, and doesn't number the first either. */
export const scannerProblem = (words: string, { line }: Mark): YamlProblem =>
  new YamlProblem(`yaml: ${line === 0 ? '' : `line ${line + 1}: `}${words}`)
