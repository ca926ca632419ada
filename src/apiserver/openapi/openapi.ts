/**
 * The paths below /openapi: version 3 by group and version, version 2 in one document, each in JSON and in protobuf,
 * with what lets clients keep them: ETags, and addresses that name their content.
 * Source: k8s.io/kube-openapi/pkg/{handler,handler3}.
 */
import { plainText, typedReply, type Exchange, type Reply } from '../../kube/handler.ts'
import type { ResourceDefinition } from '../definition.ts'
import { acceptedTypes } from '../negotiate.ts'
import { documentOf, rootsOf, servedAt, wholeDocument } from './documents.ts'
import { kept, type Kept } from './kept.ts'
import { protobufOfVersionTwo } from './protobuf-v2.ts'
import { protobufOfVersionThree } from './protobuf-v3.ts'

export const openApiPaths: readonly string[] = ['/openapi/v2', '/openapi/v3', '/openapi/v3/']

const below = '/openapi/v3/'
const ranges = { 'accept-ranges': 'bytes' }

/** The answer to a path below /openapi; undefined for anything else. */
export function openApiReply(exchange: Exchange, definitions: readonly ResourceDefinition[]): Reply | undefined {
  const { path, query } = exchange.request
  if (path === '/openapi/v2') return documentReply(exchange, wholeOf(definitions), versionTwo)
  if (path === '/openapi/v3') return typedReply(plainText, JSON.stringify({ paths: indexOf(definitions) }), ranges)
  if (!path.startsWith(below)) return undefined
  const root = path.slice(below.length)
  if (!rootsOf(definitions).includes(root)) return { status: 404, body: { kind: 'empty' } }
  const document = partOf(root, definitions)
  const reply = documentReply(exchange, document, versionThree)
  const wanted = query.get('hash') ?? ''
  if (wanted === '' || reply.status === 406) return reply
  if (wanted === document.hash) return { ...reply, headers: { ...reply.headers, 'cache-control': 'public, immutable' } }
  return { status: 301, headers: { ...reply.headers, location: addressOf(root, document) }, body: { kind: 'empty' } }
}

const wholeOf = (definitions: readonly ResourceDefinition[]): Kept =>
  kept('v2', definitions, () => wholeDocument(definitions))

/** Other kinds may come and go meanwhile. */
function partOf(root: string, definitions: readonly ResourceDefinition[]): Kept {
  const served = servedAt(root, definitions)
  return kept(root, served, () => documentOf(root, served))
}

const indexOf = (definitions: readonly ResourceDefinition[]): Record<string, object> =>
  Object.fromEntries(
    rootsOf(definitions).map((root) => [root, { serverRelativeURL: addressOf(root, partOf(root, definitions)) }]),
  )

const addressOf = (root: string, { hash }: Kept): string => `${below}${root}?hash=${hash}`

interface Version {
  readonly vary: string
  /** The first is the one that answers name. */
  readonly protobufTypes: readonly string[]
  readonly protobuf: (document: object) => Buffer
}

const versionTwo: Version = {
  vary: 'Accept-Encoding, Accept',
  protobufTypes: protobufTypesOf('v2'),
  protobuf: protobufOfVersionTwo,
}
const versionThree: Version = { vary: 'Accept', protobufTypes: protobufTypesOf('v3'), protobuf: protobufOfVersionThree }

function protobufTypesOf(version: string): readonly string[] {
  return ['.', '@'].map((mark) => `application/com.github.proto-openapi.spec.${version}${mark}v1.0+protobuf`)
}

function documentReply({ headers }: Exchange, document: Kept, { vary, protobufTypes, protobuf }: Version): Reply {
  const type = acceptable(headers.accept, ['application/json', ...protobufTypes])
  if (type === undefined) return { status: 406, headers: { vary }, body: { kind: 'empty' } }
  const etag = `"${document.hash}"`
  if (headers['if-none-match'] === etag) return { status: 304, headers: { etag, vary }, body: { kind: 'empty' } }
  const shown = { etag, vary, ...ranges }
  return type === 'application/json'
    ? typedReply(type, document.json(), shown)
    : typedReply(protobufTypes[0] as string, protobuf(document.value()), shown)
}

/** The first type of those that a client prefers which there is. */
function acceptable(accept: string | string[] | undefined, types: readonly string[]): string | undefined {
  for (const type of acceptedTypes(String(accept ?? '*/*'))) {
    const found = type === '*/*' || type === 'application/*' ? types[0] : types.find((each) => each === type)
    if (found !== undefined) return found
  }
  return undefined
}
