/** The texts of anchors, tags and directives. Source: go.yaml.in/yaml/v2, scannerc.go. */
import { isBlankOrEnd, type Cursor } from './cursor.ts'
import { scannerProblem } from './problem.ts'

/** The name behind `&` or `*`. */
export function anchorName(cursor: Cursor): string {
  cursor.take()
  const name = cursor.takeMatch(/[\w-]*/y)
  if (name === '' || !(isBlankOrEnd(cursor.char()) || '?:,]}%@`'.includes(cursor.char())))
    throw scannerProblem('did not find expected alphabetic or numeric character', cursor.mark)
  return name
}

const uri = /[\w\-;/?:@&=+$,.!~*'()[\]%]*/y

/** `!own`, `!!int`, or what stands in `!<…>`. */
export function tagText(cursor: Cursor): string {
  const isVerbatim = cursor.char(1) === '<'
  if (isVerbatim) cursor.take(2)
  const text = cursor.takeMatch(uri)
  if (isVerbatim ? text === '' : /^!\w*!$/.test(text))
    throw scannerProblem('did not find expected tag URI', cursor.mark)
  if (isVerbatim && cursor.char() !== '>') throw scannerProblem("did not find the expected '>'", cursor.mark)
  if (isVerbatim) cursor.take()
  if (!isBlankOrEnd(cursor.char())) throw scannerProblem('did not find expected whitespace or line break', cursor.mark)
  return text
}

/** The whole of it, its comment apart. */
export function directiveText(cursor: Cursor): string {
  const name = cursor.takeMatch(/%[\w-]*/y)
  if (name !== '%YAML' && name !== '%TAG') throw scannerProblem('found unknown directive name', cursor.mark)
  return name + cursor.takeMatch(/[^#\r\n\u0085\u2028\u2029]*/y)
}
