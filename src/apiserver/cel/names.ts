/** Names of properties as expressions write them. Source: k8s.io/apiserver/pkg/cel/escaping.go. */

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)
const escapes: Readonly<Record<string, string>> = {
  '-': '__dash__',
  '.': '__dot__',
  '/': '__slash__',
  __: '__underscores__',
}

/** Whether an expression can write it as it is. */
export const isIdentifier = (name: string): boolean => /^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) && !reserved.has(name)

/** Undefined where there is no way to write it. */
export function celName(name: string): string | undefined {
  if (!/^[A-Za-z_./-][\w./-]*$/.test(name)) return undefined
  if (reserved.has(name)) return `__${name}__`
  return /[-./]|__/.test(name) ? name.replaceAll(/__|[-./]/g, (each) => escapes[each] as string) : name
}
