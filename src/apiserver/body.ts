/** Reads what a request carries: limits, media types, the guarded decoder. */
import { parseDocument } from 'yaml'
import type { Exchange } from '../kube/handler.ts'
import { decodeJson, JsonError } from '../kube/json.ts'
import { badRequest, unsupportedMediaType } from '../kube/status.ts'

/** As kube-apiserver: etcd refuses more anyway. */
export const bodyBytesMax = 3 * 1024 * 1024

export const mergePatchType = 'application/merge-patch+json'
export const jsonPatchType = 'application/json-patch+json'
export const strategicPatchType = 'application/strategic-merge-patch+json'

export const applyPatchType = 'application/apply-patch+yaml'

export interface ReadBody {
  readonly value: unknown
  /** Keys that came twice, as the strict decoder words it: `duplicate field "spec.replicas"`. */
  readonly warnings: readonly string[]
}

const objectTypes = ['application/json', 'application/yaml']

export async function readObject(exchange: Exchange): Promise<ReadBody> {
  const type = mediaType(exchange)
  if (type !== '' && !objectTypes.includes(type)) throw unsupportedMediaType(type, objectTypes)
  return read(exchange, type === 'application/yaml')
}

export async function readPatch(
  exchange: Exchange,
  accepted: readonly string[],
): Promise<ReadBody & { readonly type: string }> {
  const type = mediaType(exchange)
  if (!accepted.includes(type)) throw unsupportedMediaType(type, accepted)
  return { ...(await read(exchange, type === applyPatchType)), type }
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

async function read(exchange: Exchange, yaml: boolean): Promise<ReadBody> {
  if (exchange.body.value !== undefined) return { value: exchange.body.value, warnings: [] }
  const text = (await exchange.body.read(bodyBytesMax)).toString('utf8')
  return yaml && !text.startsWith('{') ? parseYaml(text) : parse(text)
}

/** YAML is read through its JSON, so that everything after this has one decoder. */
function parseYaml(text: string): ReadBody {
  const document = parseDocument(text, { uniqueKeys: false, maxAliasCount: 100, prettyErrors: false } as object)
  const [problem] = document.errors
  if (problem !== undefined) throw badRequest(`error decoding YAML: ${problem.message.split('\n')[0]}`)
  return parse(JSON.stringify(document.toJS()))
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
