/** Patterns of schemas and rules as regular expressions. */
const patterns = new Map<string, RegExp>()

/** Go's RE2 differs from JavaScript's in little that definitions use: `(?i)` at the start, `\z`, POSIX classes. */
export function patternOf(text: string): RegExp {
  let pattern = patterns.get(text)
  if (pattern === undefined) {
    const flags = text.startsWith('(?i)') ? 'iu' : 'u'
    const source = text.replace(/^\(\?i\)/, '').replaceAll('\\z', '$')
    try {
      pattern = new RegExp(source, flags)
    } catch {
      pattern = new RegExp(source, flags.replace('u', '')) // escapes that are only legal without the unicode flag
    }
    patterns.set(text, pattern)
  }
  return pattern
}
