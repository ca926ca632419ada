import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Who may import whom (docs/architecture.md). `type` allows type-only imports, which are erased at run time. */
const allowed: Readonly<Record<string, { readonly value: readonly string[]; readonly type?: readonly string[] }>> = {
  base: { value: [] },
  kube: { value: ['base'] },
  journal: { value: ['base', 'kube'] },
  apiserver: { value: ['base', 'kube'] },
  faults: { value: ['base', 'kube', 'journal'] },
  proxy: { value: ['base', 'kube', 'journal', 'faults'] },
  provider: { value: ['base', 'kube', 'apiserver'], type: ['faults'] },
  management: { value: ['base', 'kube', 'apiserver'] },
  soak: { value: ['base', 'kube', 'journal', 'faults'] },
  cli: { value: ['base', 'kube', 'journal', 'apiserver', 'faults', 'proxy', 'provider', 'management', 'soak'] },
}

interface Import {
  readonly file: string
  readonly from: string
  readonly to: string
  readonly target: string
  readonly typeOnly: boolean
}

const files = (readdirSync('src', { recursive: true }) as string[])
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join('src', name))
const sources = files.filter((file) => !file.endsWith('.test.ts') && !file.endsWith('testing.ts'))

const moduleOf = (file: string): string => relative('src', file).split('/')[0] as string

const imports: Import[] = sources.flatMap((file) =>
  [
    ...readFileSync(file, 'utf8').matchAll(/^(import|export)( type)? [^'"]*?from '(\.[^']+)'|^import '(\.[^']+)'/gm),
  ].map((match) => {
    const target = relative('.', resolve(dirname(file), (match[3] ?? match[4]) as string))
    return { file, from: moduleOf(file), to: moduleOf(target), target, typeOnly: match[2] !== undefined }
  }),
)

describe('architecture', () => {
  it('sees the imports it is about', () => {
    expect(imports.length).toBeGreaterThan(300)
    expect(new Set(imports.map(({ from }) => from))).toEqual(
      new Set(
        Object.keys(allowed)
          .filter((name) => name !== 'base')
          .concat('base'),
      ),
    )
  })

  it('lets each module import only what the table says', () => {
    const wrong = imports.filter(({ from, to, typeOnly }) => {
      const rule = allowed[from]
      return from !== to && rule?.value.includes(to) !== true && !(typeOnly && rule?.type?.includes(to) === true)
    })
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([])
  })

  it('imports files that exist, with their extension', () => {
    expect(
      imports.filter(({ target }) => !files.includes(target)).map(({ file, target }) => `${file} imports ${target}`),
    ).toEqual([])
  })

  it('has no import cycle at run time', () => {
    const graph = new Map<string, string[]>()
    for (const { file, target, typeOnly } of imports)
      if (!typeOnly) graph.set(file, [...(graph.get(file) ?? []), target])
    const done = new Set<string>()
    const cycles: string[] = []
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) {
        cycles.push([...path.slice(path.indexOf(file)), file].join(' → '))
        return
      }
      if (done.has(file)) return
      for (const next of graph.get(file) ?? []) visit(next, [...path, file])
      done.add(file)
    }
    for (const file of sources) visit(file, [])
    expect(cycles).toEqual([])
  })
})
