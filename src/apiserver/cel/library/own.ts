/**
 * Functions that the library has otherwise than cel-go: sources are read with a name of ours in their place. It is as long,
 * so that everything stays where it is.
 */
import { tokensOf } from '../tokens.ts'

const names = ['matches', 'substring', 'indexOf', 'lastIndexOf', 'string', 'int', 'bool', 'value']

export const own = (name: string): string => `_${name.slice(1)}`

export function withOwn(source: string): string {
  if (!names.some((name) => source.includes(name))) return source
  let named = source
  const tokens = tokensOf(source)
  for (const [index, { text, start }] of tokens.entries())
    if (names.includes(text) && tokens[index + 1]?.text === '(')
      named = named.slice(0, start) + own(text) + named.slice(start + text.length)
  return named
}
