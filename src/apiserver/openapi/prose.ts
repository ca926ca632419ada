/**
 * What Kubernetes says of its own types: read, where somebody asks for it, from the declarations of the published
 * package kubernetes-models, which is made from the real server's documents. What it doesn't describe has no prose.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Prose {
  /** Of the type itself; '' where nothing is said. */
  readonly text: string
  readonly fields: ReadonlyMap<string, string>
}

const known = new Map<string, Prose>([
  // Not a type that the package has.
  [
    'meta-v1.Patch',
    {
      text: 'Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.',
      fields: new Map(),
    },
  ],
])

/** Of a type by its name in the tables, `core-v1.Pod`. */
export function proseOf(message: string): Prose {
  let prose = known.get(message)
  if (prose === undefined) known.set(message, (prose = parse(declarationsOf(message))))
  return prose
}

/** Of a type by its name in the documents, `io.k8s.apimachinery.pkg.util.intstr.IntOrString`. */
export function proseOfNamed(name: string): Prose {
  const [, path, group, version, type] =
    /^io\.k8s\.(?:apimachinery\.pkg\.(.+)|.*?(\w+)\.(\w+)\.(\w+))$/.exec(name) ?? []
  if (path === undefined) return proseOf(`${group}-${version}.${type}`)
  return parse(contentOf('@kubernetes-models/apimachinery', path.replaceAll('.', '/')))
}

/** The file of a type: `v1/Pod`, `flowcontrol.apiserver.k8s.io/v1/FlowSchema`, those of meta in a package of their own. */
function declarationsOf(message: string): string {
  const [, group = '', version = '', type = ''] = /^(\w+)-(\w+)\.(\w+)$/.exec(message) ?? []
  if (group === 'meta') return contentOf('@kubernetes-models/apimachinery', `apis/meta/${version}/${type}`)
  const folder = group === 'core' ? '' : `${(folders ??= foldersOfGroups()).get(group) ?? group}/`
  return contentOf('kubernetes-models', `${folder}${version}/${type}`)
}

let folders: ReadonlyMap<string, string> | undefined

/** By the first word of the group, which is all that the tables have of it. */
const foldersOfGroups = (): ReadonlyMap<string, string> =>
  new Map(readdirSync(new URL('.', import.meta.resolve('kubernetes-models'))).map((name) => [firstWord(name), name]))

const firstWord = (name: string): string => name.split('.')[0] ?? ''

function contentOf(parcel: string, path: string): string {
  try {
    return readFileSync(fileURLToPath(new URL(`${path}.d.ts`, import.meta.resolve(parcel))), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return ''
  }
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const commented = /\/\*\*\n((?:\s*\*(?!\/).*\n)*)\s*\*\/\n\s*(?:export (?:interface|type)|"?([\w$-]+)"?\??:)/g

/** A comment stands before the type, and before every field that has something to say. */
function parse(declarations: string): Prose {
  const fields = new Map<string, string>()
  let text = ''
  for (const [, comment = '', field] of declarations.matchAll(commented)) {
    const said = plain(comment)
    if (field === undefined) text ||= said
    else if (!fields.has(field)) fields.set(field, said)
  }
  return { text, fields }
}

/** Without what the comment's form has added. */
const plain = (comment: string): string =>
  comment
    .replaceAll(/^\s*\* ?/gm, '')
    .replace(/\n(@deprecated\n)?$/, '')
    .replaceAll(/\\([*/])/g, '$1')
