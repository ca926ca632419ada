/** Reads what a request carries: limits, media types, the guarded decoder. */
import type { Exchange } from '../kube/handler.ts'
import { decodeJson, JsonError } from '../kube/json.ts'
import { badRequest, unsupportedMediaType } from '../kube/status.ts'

/** As kube-apiserver: etcd refuses more anyway. */
export const bodyBytesMax = 3 * 1024 * 1024

export const mergePatchType = 'application/merge-patch+json'
export const jsonPatchType = 'application/json-patch+json'
export const strategicPatchType = 'application/strategic-merge-patch+json'

export interface ReadBody {
  readonly value: unknown
  /** What a client is told in `Warning` headers. */
  readonly warnings: readonly string[]
}

export async function readObject(exchange: Exchange): Promise<ReadBody> {
  const type = mediaType(exchange)
  if (type !== '' && type !== 'application/json') throw unsupportedMediaType(type, ['application/json'])
  return read(exchange)
}

export async function readPatch(
  exchange: Exchange,
  accepted: readonly string[],
): Promise<ReadBody & { readonly type: string }> {
  const type = mediaType(exchange)
  if (!accepted.includes(type)) throw unsupportedMediaType(type, accepted)
  return { ...(await read(exchange)), type }
}

/** An empty body is undefined: DELETE may come without options. */
export async function readOptions(exchange: Exchange): Promise<unknown> {
  if (exchange.body.value !== undefined) return exchange.body.value
  const bytes = await exchange.body.read(bodyBytesMax)
  if (bytes.length === 0) return undefined
  const type = mediaType(exchange)
  if (type !== '' && type !== 'application/json') throw unsupportedMediaType(type, ['application/json'])
  return parse(bytes.toString('utf8')).value
}

async function read(exchange: Exchange): Promise<ReadBody> {
  if (exchange.body.value !== undefined) return { value: exchange.body.value, warnings: [] }
  const bytes = await exchange.body.read(bodyBytesMax)
  return parse(bytes.toString('utf8'))
}

function parse(text: string): ReadBody {
  try {
    const { value, duplicates } = decodeJson(text)
    return { value, warnings: duplicates.map((path) => `duplicate field "${path}"`) }
  } catch (error) {
    if (error instanceof JsonError) throw badRequest(`couldn't get version/kind; json parse error: ${error.message}`)
    throw error
  }
}

function mediaType(exchange: Exchange): string {
  const header = exchange.headers['content-type']
  return typeof header === 'string' ? (header.split(';')[0] as string).trim().toLowerCase() : ''
}
