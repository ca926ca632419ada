/** Reads what a request carries: limits, media types, the guarded decoder. */
import { goJsonProblem } from '../kube/go-json.ts'
import type { Exchange } from '../kube/handler.ts'
import { decodeJson, JsonError } from '../kube/json.ts'
import { badRequest, StatusError, unsupportedMediaType } from '../kube/status.ts'
import { openEnvelope, protobufType } from '../kube/types/protobuf.ts'
import { decodeMessage } from '../kube/types/protobuf-decode.ts'
import { ProtobufError } from '../kube/types/wire-reader.ts'
import { messageOf, type Message } from '../kube/types/tables.ts'
import { utf8Problem } from '../kube/yaml/utf8.ts'
import { decodeYaml, YamlProblem } from '../kube/yaml/yaml.ts'

/** As kube-apiserver: etcd refuses more anyway. */
export const bodyBytesMax = 3 * 1024 * 1024

export interface ReadBody {
  readonly value: unknown
  /** Keys that came twice, as the strict decoder words it: `duplicate field "spec.replicas"`. */
  readonly warnings: readonly string[]
  /** How it words them where it takes them for errors, if in another way. */
  readonly errors?: readonly string[]
  /** As it was sent, where that was text. */
  readonly text?: string
}

const objectTypes = ['application/json', 'application/yaml', protobufType]

/** Throws 415 for a body in what no object is sent in. */
export function objectTypeOf(exchange: Exchange): string {
  const type = mediaType(exchange)
  const isUnsaid = (exchange.headers['content-type'] ?? '') === ''
  if (!isUnsaid && !objectTypes.includes(type)) throw unsupportedMediaType(objectTypes)
  return type
}

/** `message` is the kind's type where it has one: then protobuf is understood. */
export async function readObject(exchange: Exchange, message: Message | undefined): Promise<ReadBody> {
  const type = objectTypeOf(exchange)
  if (type === protobufType && message === undefined) throw unsupportedMediaType(objectTypes)
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

/** An empty body is undefined: DELETE may come without options. */
export async function readOptions(exchange: Exchange): Promise<unknown> {
  if (exchange.body.value !== undefined) return exchange.body.value
  const bytes = await exchange.body.read(bodyBytesMax)
  if (bytes.length === 0) return undefined
  const type = mediaType(exchange)
  if (type === protobufType) return openProtobuf(bytes, messageOf('meta-v1.DeleteOptions'))
  if (type !== '' && !objectTypes.includes(type)) throw unsupportedMediaType(objectTypes)
  return (type === 'application/yaml' ? parseYaml(bytes) : parse(bytes.toString('utf8'))).value
}

async function read(exchange: Exchange, yaml: boolean): Promise<ReadBody> {
  if (exchange.body.value !== undefined) return { value: exchange.body.value, warnings: [] }
  const bytes = await exchange.body.read(bodyBytesMax)
  return yaml ? parseYaml(bytes) : parse(bytes.toString('utf8'))
}

/** What this doesn't see isn't read in the same way by everybody: JSON escapes what YAML can't. */
const readsAsYaml = (text: string): boolean => text.startsWith('{') && !/\\(?:\/|u[dD][89abAB])/.test(text)

/** JSON that is whole is decoded as that: most clients send it for YAML. */
export function parseYaml(bytes: Buffer): ReadBody {
  const text = bytes.toString('utf8')
  if (readsAsYaml(text)) {
    try {
      const { value, duplicates } = decodeJson(text)
      if (duplicates.length === 0) return { value, warnings: [], text }
    } catch (error) {
      if (!(error instanceof JsonError)) throw error
    }
  }
  const problem = utf8Problem(bytes)
  if (problem !== undefined) throw malformedYaml(`yaml: ${problem}`, text)
  try {
    const { value, repeated } = decodeYaml(text)
    if (repeated.length === 0) return { value, warnings: [], text }
    return { value, warnings: repeated, errors: [`yaml: unmarshal errors:\n  ${repeated.join('\n  ')}`], text }
  } catch (error) {
    throw error instanceof YamlProblem ? malformedYaml(error.message, text) : (error as Error)
  }
}

export function parse(text: string): ReadBody {
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

/** Empty where there is none, and where its parameters are none. */
function mediaType(exchange: Exchange): string {
  const header = exchange.headers['content-type']
  if (typeof header !== 'string') return ''
  return (/^\s*([^;\s]+)\s*(?:;\s*[^;=\s]+=[^;]*)*;?\s*$/.exec(header)?.[1] ?? '').toLowerCase()
}
