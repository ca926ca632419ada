/** How Go writes text in YAML: plain, in quotes, or in lines of its own. Source: sigs.k8s.io/yaml/goyaml.v2, encode.go, emitterc.go. */

const widthMax = 80

const spoken = new Set(
  ['y', 'yes', 'true', 'on', 'n', 'no', 'false', 'off', 'null', '.nan', '.inf', '+.inf', '-.inf']
    .flatMap((word) => [word, word.toUpperCase(), word.replace(/[a-z]/, (letter) => letter.toUpperCase())])
    .concat('', '~', '.NaN'),
)
const whole = /^[-+]?(?:0[xX][\da-fA-F]+|0[oO]?[0-7]*|0[bB][01]+|[1-9]\d*)$/
const broken = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/
const sexagesimal = /^[-+]?\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?$/
const moment = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt ]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)?)?$/

/** Whether it would be read as something else than text. */
function isAmbiguous(text: string): boolean {
  if (spoken.has(text)) return true
  if (/^\./.test(text)) return text.length > 1 && Number.isFinite(Number(text))
  if (!/^[-+\d]/.test(text)) return false
  const plain = text.replaceAll('_', '')
  return whole.test(plain) || broken.test(plain) || sexagesimal.test(text) || moment.test(text)
}

/** Beyond the basic plane nothing is printable. */
const special = /[^\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufefe\uff00-\ufffd]/u
const indicators = /^(?:[#,[\]{}&*!|>'"%@`]|[?:-](?:[ \t\n]|$)|---|\.\.\.)|:(?:[ \t\n]|$)|[ \t\n]#/

export type Style = 'plain' | 'single' | 'double' | 'literal'

/** Keys of maps are in one line. */
export function styleOf(text: string, isKey: boolean): Style {
  if (special.test(text) || / \n/.test(text)) return 'double'
  if (text.includes('\n')) return isKey || text.endsWith(' ') ? 'double' : 'literal'
  if (isAmbiguous(text)) return 'double'
  return indicators.test(text) || text.startsWith(' ') || text.endsWith(' ') ? 'single' : 'plain'
}

/** `column` is where the text begins, `indent` where what goes on in another line does. */
export function scalarText(text: string, style: Style, column: number, indent: number): string {
  switch (style) {
    case 'plain':
      return folded([...text], column, indent)
    case 'single':
      return `'${folded([...text.replaceAll("'", "''")], column + 1, indent)}'`
    case 'double':
      return `"${folded([...text].map(escaped), column + 1, indent, true)}"`
    default:
      return literal(text, indent)
  }
}

/** A line that is long enough goes on behind the next single space. */
function folded(parts: readonly string[], column: number, indent: number, doubled = false): string {
  let out = ''
  let at = column
  let spaces = false
  parts.forEach((part, index) => {
    const isSpace = part === ' '
    const inner = index > 0 && index < parts.length - 1
    const more = parts[index + 1] === ' '
    if (isSpace && !spaces && at > widthMax && inner && (doubled || !more)) {
      out += `\n${' '.repeat(indent)}${more ? '\\' : ''}`
      at = indent + (more ? 1 : 0)
    } else {
      out += part
      at += [...part].length
    }
    spaces = isSpace
  })
  return out
}

const short: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
}

function escaped(character: string): string {
  const letter = short[character]
  if (letter !== undefined) return `\\${letter}`
  if (!special.test(character)) return character
  const code = character.codePointAt(0) as number
  const hex = (digits: number): string => code.toString(16).toUpperCase().padStart(digits, '0')
  return code <= 0xff ? `\\x${hex(2)}` : code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`
}

function literal(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? '2' : ''
  const end = !text.endsWith('\n') ? '-' : text === '\n' || text.endsWith('\n\n') ? '+' : ''
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n')
  return `|${hint}${end}\n${lines.map((line) => (line === '' ? '' : ' '.repeat(indent) + line)).join('\n')}`
}
