/** Reads what a request carries: limits, media types, the guarded decoder. */
import { parseDocument, type YAMLParseError } from 'yaml'
import { goJsonProblem } from '../kube/go-json.ts'
import type { Exchange } from '../kube/handler.ts'
import { decodeJson, JsonError } from '../kube/json.ts'
import { badRequest, failure, StatusError, unsupportedMediaType } from '../kube/status.ts'
import { decodeMessage, openEnvelope, ProtobufError, protobufType } from '../kube/types/protobuf.ts'
import { messageOf, type Message } from '../kube/types/tables.ts'

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
  /** As it was sent, where that was text. */
  readonly text?: string
}

/** `message` is the kind's type where it has one: then protobuf is understood too. */
export async function readObject(exchange: Exchange, message: Message | undefined): Promise<ReadBody> {
  const type = mediaType(exchange)
  const accepted = ['application/json', 'application/yaml', ...(message === undefined ? [] : [protobufType])]
  if (type !== '' && !accepted.includes(type)) throw unsupportedMediaType(accepted)
  return type === protobufType && message !== undefined
    ? readProtobuf(exchange, message)
    : read(exchange, type === 'application/yaml')
}

async function readProtobuf(exchange: Exchange, message: Message): Promise<ReadBody> {
  return { value: openProtobuf(await exchange.body.read(bodyBytesMax), message), warnings: [] }
}

function openProtobuf(bytes: Buffer, message: Message): unknown {
  let problem = (why: string): StatusError => new MalformedBody(why, why, quotedBytes(bytes))
  try {
    const { apiVersion, kind, raw } = openEnvelope(bytes)
    if (kind !== '') {
      const what = message.name.split('.')[1]
      const from = `${kind} in version ${JSON.stringify(apiVersion.split('/').at(-1))} cannot be handled as a ${what}`
      problem = (why) => badRequest(`${from}: ${why}`)
    }
    return { ...(kind === '' ? {} : { kind, apiVersion }), ...decodeMessage(message, raw) }
  } catch (error) {
    if (error instanceof ProtobufError || error instanceof JsonError) throw problem(error.message)
    throw error
  }
}

export async function readPatch(
  exchange: Exchange,
  accepted: readonly string[],
): Promise<ReadBody & { readonly type: string }> {
  const type = mediaType(exchange)
  if (!accepted.includes(type))
    throw accepted.includes(strategicPatchType)
      ? failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {}) // a built-in kind's: the router refuses
      : unsupportedMediaType(accepted)
  try {
    return { ...(await read(exchange, type === applyPatchType)), type }
  } catch (error) {
    if (!(error instanceof MalformedBody)) throw error
    throw badRequest(
      type === applyPatchType
        ? `error decoding YAML: error converting YAML to JSON: ${error.problem}`
        : type === strategicPatchType
          ? error.problem
          : `error decoding patch: ${error.problem}`,
    )
  }
}

/** An empty body is undefined: DELETE may come without options. */
export async function readOptions(exchange: Exchange): Promise<unknown> {
  if (exchange.body.value !== undefined) return exchange.body.value
  const bytes = await exchange.body.read(bodyBytesMax)
  if (bytes.length === 0) return undefined
  const type = mediaType(exchange)
  if (type === protobufType) return openProtobuf(bytes, messageOf('meta-v1.DeleteOptions'))
  const accepted = ['application/json', 'application/yaml', protobufType]
  if (type !== '' && !accepted.includes(type)) throw unsupportedMediaType(accepted)
  const text = bytes.toString('utf8')
  return (type === 'application/yaml' ? parseYaml(text) : parse(text)).value
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
  if (problem !== undefined) throw malformedYaml(yamlInGoWords(problem, text), text)
  const { value, warnings } = parse(JSON.stringify(document.toJS()))
  return { value, warnings, text }
}

function parse(text: string): ReadBody {
  try {
    const { value, duplicates } = decodeJson(text)
    return { value, warnings: duplicates.map((path) => `duplicate field "${path}"`), text }
  } catch (error) {
    // Nesting beyond the limit is no mistake of syntax, and would be too deep for the second look.
    if (error instanceof JsonError)
      throw malformedJson((error.cause === undefined ? undefined : goJsonProblem(text)) ?? error.message, text)
    throw error
  }
}

/** A body that can't be read; how that is said depends on what it was to be. */
export class MalformedBody extends StatusError {
  readonly problem: string
  /** The text as far as a message quotes it. */
  readonly quoted: string

  constructor(message: string, problem: string, quoted: string) {
    super(badRequest(message).status)
    this.problem = problem
    this.quoted = quoted
  }
}

const malformedJson = (problem: string, text: string): MalformedBody =>
  new MalformedBody(`couldn't get version/kind; json parse error: ${problem}`, problem, quoted(text))

const malformedYaml = (problem: string, text: string): MalformedBody =>
  new MalformedBody(problem, problem, quoted(text))

/** A text as far as messages quote it. */
export const quoted = (text: string): string => quotedBytes(Buffer.from(text))

/** What is JSON as it is, anything else in hexadecimal. Source: k8s.io/apiserver/pkg/endpoints/handlers/rest.go. */
function quotedBytes(bytes: Buffer): string {
  if (bytes.length === 0) return '<empty>'
  const start = bytes.subarray(0, 30)
  return `${start.toString(bytes[0] === 0x7b ? 'utf8' : 'hex')}${bytes.length > 30 ? ' ...' : ''}`
}

/** What go-yaml's scanner finds; all else its parser finds. */
const scannerWords: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  TAB_AS_INDENT: 'found character that cannot start any token',
  BAD_SCALAR_START: 'found character that cannot start any token',
  MISSING_CHAR: 'found unexpected end of stream',
}

/**
 * As go-yaml words the mistakes that people make: its scanner counts lines
 * from one, its parser from zero, the end of the text is on a line of its
 * own, and neither names the first line.
 */
function yamlInGoWords({ code, pos: [at] }: YAMLParseError, text: string): string {
  const line = (at >= text.length && !text.endsWith('\n') ? `${text}\n` : text.slice(0, at)).split('\n').length - 1
  const words = scannerWords[code]
  const named = words === undefined || line === 0 ? line : line + 1
  return `yaml: ${named === 0 ? '' : `line ${named}: `}${words ?? 'did not find expected node content'}`
}

function mediaType(exchange: Exchange): string {
  const header = exchange.headers['content-type']
  return typeof header === 'string' ? (header.split(';')[0] as string).trim().toLowerCase() : ''
}
