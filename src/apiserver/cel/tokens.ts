/** The tokens of an expression. Source: github.com/google/cel-go/parser/gen/CEL.g4. */

export interface Token {
  readonly text: string
  readonly start: number
  readonly isEnd: boolean
  /** An opening bracket behind what can be called or indexed. */
  readonly isCall: boolean
  readonly isIndex: boolean
}

const pattern = new RegExp(
  [
    String.raw`(?<space>\s+|//[^\n]*)`,
    String.raw`[rRbB]{0,2}(?:"""[^]*?"""|'''[^]*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')`,
    String.raw`0x[0-9a-fA-F]+u?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?u?`,
    String.raw`[A-Za-z_]\w*`,
    String.raw`==|!=|<=|>=|&&|\|\||[^]`,
  ].join('|'),
  'g',
)

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  for (const { 0: text, index, groups } of source.matchAll(pattern)) {
    if (groups?.['space'] !== undefined) continue
    const before = tokens.at(-1)?.text ?? ''
    const follows = /[\w)\]}"']$/.test(before) && before !== 'in'
    tokens.push({ text, start: index, isEnd: false, isCall: text === '(' && follows, isIndex: text === '[' && follows })
  }
  return tokens
}

export const end = (source: string): Token => ({
  text: '<EOF>',
  start: source.length,
  isEnd: true,
  isCall: false,
  isIndex: false,
})
