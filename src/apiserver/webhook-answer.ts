/**
 * What a webhook answers over HTTP, read as the review that it was sent.
 * Source: k8s.io/client-go/rest/request.go (transformResponse, Into), k8s.io/apimachinery/pkg/{api/errors,runtime/serializer}.
 */
import { goQuoted, notUnmarshaled, typeMetaStruct } from '../kube/go-print.ts'
import { isRecord, kindText } from '../kube/object.ts'
import { StatusError, type Status } from '../kube/status.ts'
import { normalize } from '../kube/types/normalize.ts'
import { messageOf, messageOfKind } from '../kube/types/tables.ts'
import { parse, parseYaml } from './body.ts'
import { namedBy, saidKind, unregistered, versionText } from './said-kind.ts'

export interface WebhookAnswer {
  readonly status: number
  /** Its content type, empty where it names none. */
  readonly type: string
  readonly body: Buffer
}

/** A kind of review, which is in v1 what it is in v1beta1. */
export interface ReviewKind {
  readonly group: string
  readonly kind: string
  /** Its type in the tables. */
  readonly type: string
}

export interface ReadReview {
  /** What it says that it is, empty where it doesn't. */
  readonly apiVersion: string
  readonly kind: string
  readonly response: Readonly<Record<string, unknown>> | undefined
}

/** The review in an answer to one of `version`. Throws what Go's REST client says of any other answer. */
export function readReview(answer: WebhookAnswer, review: ReviewKind, version: string): ReadReview {
  const { status, type, body } = answer
  if (status < 200 || status > 206) throw new Error(statusIn(body) ?? refusal(answer))
  if (body.length === 0)
    throw new Error(`0-length response with status code: ${status} and content type: ${type || 'application/json'}`)
  const value = decoded(body)
  const said = saidKind(value)
  const asked = { group: review.group, version, kind: review.kind }
  const named = namedBy(said, asked)
  if (named.group === '' && named.version === 'v1' && named.kind === 'Status') return outcome(value)
  const isKnown =
    ['v1', 'v1beta1'].includes(named.version) && messageOfKind(named.group, 'v1', named.kind) !== undefined
  if (named.group !== asked.group || !isKnown) throw new Error(unregistered(named.kind, versionText(named)))
  if (named.version !== version || named.kind !== asked.kind)
    throw new Error(`converting (${named.version}.${named.kind}) to (${version}.${asked.kind}): unknown conversion`)
  const { response } = normalize(messageOf(review.type), value, () => {})
  return { apiVersion: versionText(said), kind: said.kind, response: isRecord(response) ? response : undefined }
}

/** The version of the review that is sent to a webhook which understands those. */
export const reviewVersion = (understood: readonly string[]): string =>
  understood.find((each) => each === 'v1' || each === 'v1beta1') ?? 'v1'

/** What is wrong with a review of v1 that answers another; before, nobody looked. */
export function strayUid({ response }: ReadReview, uid: string): string | undefined {
  const said = response?.['uid'] ?? ''
  return said === uid ? undefined : `expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(said)}`
}

/** And with one that says that it is something else. */
export function strayReview({ apiVersion, kind }: ReadReview, review: ReviewKind): string | undefined {
  const expected = kindText(`${review.group}/v1`, review.kind)
  const got = kindText(apiVersion, kind)
  return got === expected ? undefined : `expected webhook response of ${expected}, got ${got}`
}

/** A status is no review: one of success says nothing. */
function outcome(value: Record<string, unknown>): ReadReview {
  const { status, message = '' } = normalize(messageOf('meta-v1.Status'), value, () => {}) as Partial<Status>
  if (status !== 'Success') throw new Error(message)
  return { apiVersion: '', kind: '', response: undefined }
}

/** JSON or YAML; null is an object without anything. */
function decoded(body: Buffer): Record<string, unknown> {
  const text = body.toString('utf8')
  let value: unknown
  try {
    value = (text.trimStart().startsWith('{') ? parse(text) : parseYaml(body)).value ?? {}
  } catch (error) {
    throw error instanceof StatusError ? new Error(error.message) : error
  }
  if (!isRecord(value))
    throw new Error(`couldn't get version/kind; json parse error: ${notUnmarshaled(value, typeMetaStruct)}`)
  return value
}

/** The message of a status of failure. */
function statusIn(body: Buffer): string | undefined {
  if (body.length === 0) return undefined
  try {
    const value = decoded(body)
    const { group, version, kind } = saidKind(value)
    if (group !== '' || !['', 'v1'].includes(version) || kind !== 'Status') return undefined
    const { status, message = '' } = normalize(messageOf('meta-v1.Status'), value, () => {}) as Partial<Status>
    return status === 'Failure' ? message : undefined
  } catch {
    return undefined
  }
}

const textBytesMax = 2048

const refusals: Readonly<Record<number, string>> = {
  400: 'the server rejected our request for an unknown reason',
  401: 'the server has asked for the client to provide credentials',
  404: 'the server could not find the requested resource',
  405: 'the server does not allow this method on the requested resource',
  409: 'the server reported a conflict',
  422: 'the server rejected our request due to an error in our request',
  429: 'the server has received too many requests and has asked us to try again later',
  503: 'the server is currently unable to handle the request',
  504: 'the server was unable to return a response in the time allotted, but may still be processing the request',
}

function refusal({ status, type, body }: WebhookAnswer): string {
  const isText = type === '' || /^\s*text\//i.test(type)
  const said = isText ? body.subarray(0, textBytesMax).toString('utf8').trim() : 'unknown'
  if (status === 403 || status === 415) return said
  if (status === 406)
    return said === '' || said === 'unknown'
      ? 'the server was unable to respond with a content type that the client supports'
      : said
  return (
    refusals[status] ??
    (status >= 500
      ? `an error on the server (${goQuoted(said)}) has prevented the request from succeeding`
      : `the server responded with the status code ${status} but did not return more information`)
  )
}
