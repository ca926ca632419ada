/**
 * What is said of the parameters of requests: read, where somebody asks for it, from the requests that the published
 * JavaScript client declares, which is made from a real server's documents.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Said = ReadonlyMap<string, string>

let declarations: string | undefined
const known = new Map<string, Said>()

/** Of each parameter of an operation, as the client calls that: `ReadNamespacedPodLog` of `CoreV1`. */
export function parameterProse(api: string, operation: string): Said {
  const name = `${api}Api${operation}Request`
  let said = known.get(name)
  if (said === undefined) known.set(name, (said = parse(declarationOf(name))))
  return said
}

function declarationOf(name: string): string {
  declarations ??= readFileSync(
    fileURLToPath(new URL('gen/types/ObjectParamAPI.d.ts', import.meta.resolve('@kubernetes/client-node'))),
    'utf8',
  )
  const [, body = ''] = declarations.split(`export interface ${name} {\n`, 2)
  return body.slice(0, body.indexOf('\n}'))
}

const commented = /\/\*\*\n\s*\* (.*)\n(?:\s*\* .*\n)*\s*\*\/\n\s*(\w+)\??:/g

const parse = (body: string): Said =>
  new Map(
    [...body.matchAll(commented)].map(([, comment = '', field = '']) => {
      // What is a word of the language has an underscore there.
      const name = field.replace(/^_/, '')
      return [name, withBreaks(unescaped(comment), breaks[name] ?? [])]
    }),
  )

const entities: Readonly<Record<string, string>> = {
  '#39': "'",
  '#x60': '`',
  '#x3D': '=',
  quot: '"',
  lt: '<',
  gt: '>',
  amp: '&',
}

const unescaped = (text: string): string =>
  text
    .replaceAll(/\\(.)/g, '$1')
    .replaceAll(/&(#39|#x60|#x3D|quot|lt|gt|amp);/g, (_, name: string) => entities[name] as string)

const unset = '\n\nDefaults to unset'

/** Where lines begin that the client's declarations have joined. */
const breaks: Readonly<Record<string, readonly string[]>> = {
  continue: ['\n\nThis field is not supported'],
  limit: ['\n\nThe server guarantees'],
  resourceVersion: [unset],
  resourceVersionMatch: [unset],
  sendInitialEvents: [
    '\n\nWhen `sendInitialEvents`',
    '\n  is interpreted',
    '\n  and the bookmark',
    '\n  to a `resourceVersion`',
    '\n  If `resourceVersion`',
    '\n  bookmark event is send when the state is synced at least',
    '\n  when request',
    '\n- `resourceVersionMatch` set',
    '\n  Invalid error',
    '\n\nDefaults to true',
  ],
}

function withBreaks(text: string, lines: readonly string[]): string {
  for (const line of lines) {
    const at = text.indexOf(line.trimStart())
    if (at >= 0) text = text.slice(0, at).trimEnd() + line + text.slice(at + line.trimStart().length)
  }
  return text
}
