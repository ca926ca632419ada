/**
 * Paths in rules that say which field a rule is about: `.a.b`, `['a']`. Source:
 * k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go, ValidFieldPath.
 */
import type { Structural } from './structural.ts'

const part = /\.([^.[\]]+)|\['((?:[^'\\]|\\.)+)'\]/y

/** The path as causes write it, keys of maps in brackets; undefined where it leads to no field of the schema. */
export function fieldPathOf(node: Structural, path: string): string | undefined {
  let below = node
  let written = ''
  part.lastIndex = 0
  for (let end = 0; end < path.length; end = part.lastIndex) {
    const [, dotted, quoted = ''] = part.exec(path) ?? []
    const name = dotted ?? quoted.replaceAll(/\\(.)/g, '$1')
    const next = below.properties.get(name) ?? below.additional
    if (name === '' || next === undefined) return undefined
    written += below.properties.has(name) ? `.${name}` : `[${name}]`
    below = next
  }
  return written
}
