/**
 * All that is served in one document, for clients that know of it; not again while it is the same.
 * Source: k8s.io/apiserver/pkg/endpoints/discovery/aggregated, KEP-3352.
 */
import type { Exchange, Reply } from '../../kube/handler.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { contentHash, formatOf, mediaTypes, type Wanted } from '../negotiate.ts'
import { wholeReply } from '../represent.ts'

/** The answer with `groups`; undefined for a client that asks for the plain form first. */
export function aggregatedReply({ headers }: Exchange, groups: () => readonly object[]): Reply | undefined {
  const wanted = wantedIn(headers.accept)
  if (wanted === undefined) return undefined
  const { version, format } = wanted
  const document = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: groups(),
  }
  const etag = `"${contentHash(JSON.stringify(document))}"`
  const said = {
    'content-type': `${mediaTypes[format]};g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    etag,
    vary: 'Accept',
    'cache-control': 'public',
  }
  if (headers['if-none-match'] === etag) return { status: 304, headers: said, body: { kind: 'empty' } }
  // Both versions are of one shape.
  return wholeReply(200, format, messageOf('apidiscovery-v2.APIGroupDiscoveryList'), document, said)
}

function wantedIn(
  accept: string | string[] | undefined,
): { readonly version: string; readonly format: Wanted['format'] } | undefined {
  if (typeof accept !== 'string') return undefined
  for (const part of accept.split(',')) {
    if (!part.includes('as=APIGroupDiscoveryList')) return undefined
    const format = formatOf((part.split(';')[0] as string).trim())
    const version = /;\s*v=(v2|v2beta1)\b/.exec(part)?.[1]
    if (part.includes('g=apidiscovery.k8s.io') && version !== undefined && format !== undefined)
      return { version, format }
  }
  return undefined
}
