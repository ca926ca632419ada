/**
 * What Kubernetes says of its own types: read, where somebody asks for it, from the declarations of the published
 * JavaScript client, which is made from the same documents. A type or field that it doesn't describe has no prose.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export interface Prose {
  /** Of the type itself; '' where nothing is said. */
  readonly text: string
  readonly fields: ReadonlyMap<string, string>
}

const silence: Prose = { text: '', fields: new Map() }
const known = new Map<string, Prose>()

/** Of a type by its name in the tables, `core-v1.Pod`. */
export function proseOf(message: string): Prose {
  let prose = known.get(message)
  if (prose === undefined) known.set(message, (prose = read(message)))
  return prose
}

function read(message: string): Prose {
  const [, group = '', version = '', type = ''] = /^(\w+)-(\w+)\.(\w+)$/.exec(message) ?? []
  const versioned = capital(version) + type
  // Names that several groups have begin with the group there.
  for (const name of [capital(group) + versioned, versioned]) {
    const url = new URL(`gen/models/${name}.d.ts`, import.meta.resolve('@kubernetes/client-node'))
    try {
      return parse(readFileSync(fileURLToPath(url), 'utf8'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return silence
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const commented = /\/\*\*\n\s*\* (.*)\n\s*\*\/\n\s*(?:export declare class|'(\w+)'\??:)/g

/** A comment of one line stands before the class, and before every field that has something to say. */
function parse(declarations: string): Prose {
  const fields = new Map<string, string>()
  let text = ''
  for (const [, comment = '', field] of declarations.matchAll(commented)) {
    const said = comment.replaceAll(/\\(.)/g, '$1')
    // What is a word of the language has an underscore there.
    if (field === undefined) text = said
    else fields.set(field.replace(/^_/, ''), said)
  }
  return { text, fields }
}
