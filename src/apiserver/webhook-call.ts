/** Puts a review (of admission, of conversion) to a webhook over HTTPS. Source: k8s.io/apiserver/pkg/util/webhook/client.go. */
import { X509Certificate } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { Clock } from '../base/clock.ts'
import type { WebhookAnswer } from './webhook-answer.ts'

/** Connections are kept per CA: a webhook is called on every write of its kinds. */
const agents = new Map<string, Agent>()

/** A conversion carries a whole page of a list. */
const answerBytesMax = 64 * 1024 * 1024

const redirectsMax = 10

export interface WebhookClientConfig {
  readonly url?: string
  readonly caBundle?: string
  readonly service?: {
    readonly namespace: string
    readonly name: string
    readonly path?: string
    readonly port?: number
  }
}

/**
 * What the webhook answers to a review in JSON, wherever it sends us, within `timeout` seconds. Rejects with the words
 * of Go's HTTP client where it can't be had.
 */
export async function callWebhook(
  config: WebhookClientConfig,
  timeout: number,
  body: string,
  clock: Clock,
): Promise<WebhookAnswer> {
  const { caBundle = '' } = config
  const ending = new AbortController()
  const timer = clock.after(timeout * 1000, () => ending.abort())
  let asked: Asked = { method: 'POST', url: addressOf(config, timeout), body }
  try {
    for (let hops = 0; hops <= redirectsMax; hops++) {
      const response = await ask(asked, agentFor(caBundle), ending.signal)
      const next = redirected(asked, response)
      if (next === undefined) return await whole(response)
      response.resume()
      asked = next
    }
    throw new Error(`stopped after ${redirectsMax} redirects`)
  } catch (error) {
    const verb = asked.method === 'POST' ? 'Post' : 'Get'
    throw new Error(`${verb} ${JSON.stringify(asked.url)}: ${inGoWords(error as Error, caBundle)}`, { cause: error })
  } finally {
    timer.cancel()
  }
}

function agentFor(caBundle: string): Agent {
  let agent = agents.get(caBundle)
  if (agent === undefined) {
    agent = new Agent({ keepAlive: true, ...(caBundle === '' ? {} : { ca: Buffer.from(caBundle, 'base64') }) })
    agents.set(caBundle, agent)
  }
  return agent
}

interface Asked {
  readonly method: string
  readonly url: string
  readonly body: string
}

function ask({ method, url, body }: Asked, agent: Agent, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const sent = body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  const call = request(url, { method, agent, signal, headers: { ...sent, accept: 'application/json, */*' } })
  call.on('error', reject)
  call.on('response', resolve)
  call.end(body)
  return promise
}

/** Go's HTTP client goes where it is sent: with a GET, or with what it had, as the status says. */
function redirected(asked: Asked, { statusCode = 0, headers: { location } }: IncomingMessage): Asked | undefined {
  if (location === undefined || ![301, 302, 303, 307, 308].includes(statusCode)) return undefined
  const url = new URL(location, asked.url).href
  return statusCode > 303 ? { ...asked, url } : { method: 'GET', url, body: '' }
}

async function whole(response: IncomingMessage): Promise<WebhookAnswer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > answerBytesMax) throw new Error('the answer is larger than 64 MiB')
    chunks.push(chunk)
  }
  const { statusCode: status = 0, headers } = response
  return { status, type: headers['content-type'] ?? '', body: Buffer.concat(chunks) }
}

/** Where a webhook is called. */
export function addressOf({ url, service }: WebhookClientConfig, timeout: number): string {
  const target =
    url ?? `https://${service?.name}.${service?.namespace}.svc:${service?.port ?? 443}${service?.path ?? '/'}`
  return `${target}${target.includes('?') ? '&' : '?'}timeout=${timeout}s`
}

const untrusted = 'tls: failed to verify certificate: x509: certificate signed by unknown authority'

/** Another authority of the same name has signed, as after a rotation that the configuration hasn't followed. */
function hintOf(caBundle: string): string {
  const { subject, publicKey } = new X509Certificate(Buffer.from(caBundle, 'base64'))
  const why =
    publicKey.asymmetricKeyType === 'rsa' ? 'crypto/rsa: verification error' : 'x509: ECDSA verification failure'
  const name = /^CN=(.*)$/m.exec(subject)?.[1] ?? ''
  return `${JSON.stringify(why)} while trying to verify candidate authority certificate ${JSON.stringify(name)}`
}

/** As Go's dialer and TLS client word what people meet. */
function inGoWords(
  error: Error & { code?: string; address?: string; port?: number; hostname?: string },
  caBundle: string,
): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return `dial tcp ${error.address}:${error.port}: connect: connection refused`
    case 'ENOTFOUND':
      return `dial tcp: lookup ${error.hostname}: no such host`
    case 'ABORT_ERR':
      return 'context deadline exceeded'
    case 'ECONNRESET':
      return 'EOF'
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return untrusted
    case 'CERT_SIGNATURE_FAILURE':
      // Without a bundle the authorities are the system's, and nobody says which was meant.
      return caBundle === '' ? untrusted : `${untrusted} (possibly because of ${hintOf(caBundle)})`
    case 'CERT_HAS_EXPIRED':
      return 'tls: failed to verify certificate: x509: certificate has expired or is not yet valid'
    default:
      return error.message
  }
}
