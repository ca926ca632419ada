/**
 * What a client wants to read: the first of its Accept header that the server can give for this kind.
 * Source: k8s.io/apiserver/pkg/endpoints/handlers/negotiation.
 */
import type { Exchange } from '../kube/handler.ts'
import { notAcceptable } from '../kube/status.ts'
import { protobufType } from '../kube/types/protobuf.ts'

export interface Wanted {
  readonly format: 'json' | 'yaml' | 'protobuf'
  readonly as: 'object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
}

const plainJson: Wanted = { format: 'json', as: 'object' }
const formats: Readonly<Record<string, Wanted['format']>> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  [protobufType]: 'protobuf',
  '*/*': 'json',
  'application/*': 'json',
}

const known = new Map<string, readonly Wanted[]>()

/** Throws 406 when nothing that the client accepts can be given. */
export function wantedOf({ headers }: Exchange, protobuf: boolean): Wanted {
  const { accept } = headers
  if (typeof accept !== 'string' || accept === '' || accept === 'application/json') return plainJson
  let choices = known.get(accept)
  if (choices === undefined) {
    choices = parseAccept(accept)
    if (known.size < 1000) known.set(accept, choices)
  }
  // Metadata alone has a protobuf form for every kind; tables have none.
  const wanted = choices.find(
    ({ format, as }) => format !== 'protobuf' || (as === 'object' ? protobuf : as !== 'Table'),
  )
  // A format that is known in a form that isn't: the router lets it pass.
  const routed = protobuf && !accept.split(',').some((part) => (part.split(';')[0] as string).trim() in formats)
  if (wanted === undefined) throw notAcceptable(['application/json', 'application/yaml', protobufType], routed)
  return wanted
}

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
        q: Number(value('q') ?? 1),
        index,
      }
    })
    .sort((a, b) => b.q - a.q || a.index - b.index)
    .flatMap(({ format, as = 'object', group }): Wanted[] => {
      if (format === undefined) return []
      if (as === 'object') return [{ format, as }]
      const served = as === 'Table' || as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList'
      return served && group === 'meta.k8s.io' ? [{ format, as }] : []
    })
}
