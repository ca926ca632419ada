/**
 * YAML files that people write: read once, checked against a schema, and refused with file, line, column, the
 * offending text and the nearest valid name.
 */
import { readFileSync } from 'node:fs'
import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import { nearest, UsageError } from './usage-error.ts'

export type Path = readonly PropertyKey[]

export class YamlDocument {
  readonly file: string
  readonly value: unknown
  readonly #document: Document
  readonly #lines: LineCounter

  constructor(file: string, text: string) {
    this.file = file
    this.#lines = new LineCounter()
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false })
    const [first] = this.#document.errors
    if (first !== undefined) {
      const { line, col } = this.#lines.linePos(first.pos[0])
      throw new UsageError(
        `${file}:${line}:${col}: ${first.code === 'DUPLICATE_KEY' ? 'this name is already used in the same map; names must differ' : `not YAML: ${first.message}`}`,
      )
    }
    this.value = this.#document.toJS() as unknown
  }

  static read(file: string): YamlDocument {
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      const why =
        code === 'ENOENT'
          ? 'there is no such file'
          : code === 'EACCES'
            ? 'no permission to read it'
            : (cause as Error).message
      throw new UsageError(`${file}: cannot be read: ${why}; give the path of a readable YAML file`, { cause })
    }
    return new YamlDocument(file, text)
  }

  /** The value as the schema gives it; throws a {@link UsageError} for the first thing wrong. */
  check<T>(schema: z.ZodType<T>): T {
    const result = schema.safeParse(this.value)
    if (result.success) return result.data
    const issue = deepest(result.error.issues)
    if (issue.code === 'unrecognized_keys')
      throw this.error([...issue.path, issue.keys[0] as string], issue.message, undefined, true)
    throw this.error(issue.path, issue.message, undefined, issue.message.startsWith('unknown '))
  }

  /** An error located at `path`: at the key itself when `atKey`, else at its value. */
  error(path: Path, message: string, advice?: string, atKey = false): UsageError {
    const { line, col } = this.#lines.linePos(this.#offset(path, atKey))
    const at = path.length === 0 ? '' : `${formatPath(path)}: `
    return new UsageError(`${this.file}:${line}:${col}: ${at}${message}${advice === undefined ? '' : `; ${advice}`}`)
  }

  #offset(path: Path, atKey: boolean): number {
    for (let length = path.length; length >= 0; length--) {
      const parent = length === 0 ? undefined : this.#document.getIn(path.slice(0, length - 1), true)
      if ((atKey || length < path.length) && isMap(parent)) {
        const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === path[length - 1])
        if (isNode(pair?.key) && pair.key.range) return pair.key.range[0]
      }
      const node = length === 0 ? this.#document.contents : this.#document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range) return node.range[0]
    }
    return 0
  }
}

const formatPath = (path: Path): string =>
  path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('')

/** A strict object that, told an unknown key, names the nearest one it knows. */
export function strict<T extends z.ZodObject>(schema: T): T {
  const known = Object.keys(schema.shape)
  const error: z.core.$ZodErrorMap = (issue) => {
    if (issue.code !== 'unrecognized_keys') return undefined
    const key = (issue as unknown as { keys: string[] }).keys[0] as string
    const close = nearest(key, known)
    const advice =
      close !== undefined
        ? `did you mean "${close}"?`
        : known.length === 0
          ? 'it takes none'
          : `valid keys: ${known.join(', ')}`
    return `unknown key "${key}"; ${advice}`
  }
  return schema.clone({ ...schema._zod.def, error })
}

/** Of a union's branches, the one that knows the keys was meant; among those, the one that got furthest. */
function deepest(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue {
  const flat = issues.flatMap((issue) => {
    if (issue.code !== 'invalid_union') return [issue]
    const meant = issue.errors.filter(
      (branch) => !branch.some((each) => each.code === 'unrecognized_keys' && each.path.length === 0),
    )
    const inner = (meant.length > 0 ? meant : issue.errors)
      .map((branch) => deepest(branch))
      .map((each) => ({ ...each, path: [...issue.path, ...each.path] }))
    return [inner.reduce((best, each) => (each.path.length > best.path.length ? each : best), inner[0] ?? issue)]
  })
  return (flat.find((issue) => issue.code === 'unrecognized_keys') ?? flat[0]) as z.core.$ZodIssue
}
