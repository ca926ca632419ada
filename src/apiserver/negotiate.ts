/**
 * What a client wants to read: the first of its Accept header that the server can give for this kind.
 * Source: k8s.io/apiserver/pkg/endpoints/handlers/negotiation.
 */
import { createHash } from 'node:crypto'
import type { Exchange } from '../kube/handler.ts'
import { notAcceptable } from '../kube/status.ts'
import { protobufType } from '../kube/types/protobuf.ts'

export interface Wanted {
  readonly format: 'json' | 'yaml' | 'protobuf'
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  /** That of tables and of metadata alone. */
  readonly apiVersion: string
}

const metaVersions = ['v1', 'v1beta1']

const plainJson: Wanted = { format: 'json', as: 'object', apiVersion: 'meta.k8s.io/v1' }
const formats: Readonly<Record<string, Wanted['format']>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  [protobufType]: 'protobuf',
  '*/*': 'json',
  'application/*': 'json',
}

export const mediaTypes = { json: 'application/json', yaml: 'application/yaml', protobuf: protobufType } as const
export const wholeTypes: readonly string[] = Object.values(mediaTypes)
const streamTypes = [`application/json;stream=watch`, `${protobufType};stream=watch`]

const known = new Map<string, readonly Wanted[]>()

/** What of an object there is besides JSON and YAML. */
export interface Forms {
  readonly protobuf: boolean
  readonly tables: boolean
}

/** Throws 406 when nothing that the client accepts can be given. */
export function wantedOf({ headers, request }: Exchange, { protobuf, tables }: Forms): Wanted {
  const { accept } = headers
  if (typeof accept !== 'string' || accept === '' || accept === 'application/json') return plainJson
  const choices = choicesOf(accept)
  // Metadata alone has a protobuf form for every kind; tables have none.
  const wanted = choices.find(
    ({ format, as }) =>
      (format !== 'protobuf' || (as === 'object' ? protobuf : as !== 'Table')) && (as !== 'Table' || tables),
  )
  const streams = request.verb === 'watch' || (request.verb === 'list' && request.isResource)
  if (protobuf && !isRouted(accept, wholeTypes))
    throw notAcceptable([...wholeTypes, ...(streams ? streamTypes : [])], true)
  if (wanted === undefined) throw notAcceptable(wholeTypes, false)
  return wanted
}

/** 406 for a form that there is, in a type that no stream has. */
export const notStreamed = (): Error => notAcceptable(streamTypes, false)

/** The format of a media type without parameters; undefined for one that the server doesn't write. */
export const formatOf = (type: string): Wanted['format'] | undefined => formats[type.toLowerCase()]

/** The format of what has one form. Throws 406. */
export function wholeFormatOf({ headers: { accept } }: Exchange): Wanted['format'] {
  if (typeof accept !== 'string' || accept === '') return 'json'
  const wanted = choicesOf(accept).find(({ as }) => as === 'object')
  if (wanted === undefined) throw notAcceptable(wholeTypes, false)
  return wanted.format
}

/**
 * The format of what is no object of the request's kind; JSON for a client that accepts none of them. What went well
 * comes in that of tables, too; errors do not.
 */
export const plainFormatOf = (accept: string | string[], isGood: boolean): Wanted['format'] =>
  choicesOf(String(accept)).find(({ as }) => isGood || as === 'object')?.format ?? 'json'

function choicesOf(accept: string): readonly Wanted[] {
  let choices = known.get(accept)
  if (choices === undefined) {
    choices = parseAccept(accept)
    if (known.size < 1000) known.set(accept, choices)
  }
  return choices
}

/** The types that a client accepts, without their parameters. */
export const acceptedTypes = (accept: string): string[] =>
  accept.split(',').map((part) => (part.split(';')[0] as string).trim())

/** A router knows its types and the wildcard for all; whatever form of them it lets pass. */
export const isRouted = (accept: string, types: readonly string[]): boolean =>
  acceptedTypes(accept).some((type) => type === '*/*' || types.includes(type))

function parseAccept(accept: string): readonly Wanted[] {
  return accept
    .split(',')
    .map((part, index) => {
      const [type = '', ...parameters] = part.split(';').map((text) => text.trim())
      const value = (name: string): string | undefined =>
        parameters.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1)
      return {
        format: formats[type.toLowerCase()],
        as: value('as'),
        group: value('g'),
        version: value('v') ?? '',
        q: Number(value('q') ?? 1),
        index,
      }
    })
    .sort((a, b) => b.q - a.q || a.index - b.index)
    .flatMap(({ format, as = 'object', group, version }): Wanted[] => {
      if (format === undefined) return []
      if (as === 'object') return [{ ...plainJson, format }]
      const served = as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList'
      const known = group === 'meta.k8s.io' && metaVersions.includes(version)
      return served && known ? [{ format, as, apiVersion: `${group}/${version}` }] : []
    })
}

/** What ETags say of a document, and addresses that name its content. */
export const contentHash = (content: string | Buffer): string =>
  createHash('sha512').update(content).digest('hex').toUpperCase()
