/** Puts a review (of admission, of conversion) to a webhook over HTTPS. Source: k8s.io/apiserver/pkg/util/webhook/client.go. */
import { X509Certificate } from 'node:crypto'
import { Agent, request } from 'node:https'
import type { Clock } from '../base/clock.ts'
import { goJsonProblem } from '../kube/go-json.ts'
import { typeMetaStruct } from '../kube/go-print.ts'
import { decodeJson } from '../kube/json.ts'

/** Connections are kept per CA: a webhook is called on every write of its kinds. */
const agents = new Map<string, Agent>()

/** A conversion carries a whole page of a list. */
const answerBytesMax = 64 * 1024 * 1024

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
 * The webhook's answer to a review in JSON, decoded, within `timeout` seconds. Rejects with the words of Go's HTTP
 * client where it can't be had.
 */
export function callWebhook(
  config: WebhookClientConfig,
  timeout: number,
  body: string,
  clock: Clock,
): Promise<unknown> {
  const { caBundle = '' } = config
  const path = addressOf(config, timeout)
  let agent = agents.get(caBundle)
  if (agent === undefined) {
    agent = new Agent({ keepAlive: true, ...(caBundle === '' ? {} : { ca: Buffer.from(caBundle, 'base64') }) })
    agents.set(caBundle, agent)
  }
  return new Promise((resolve, reject) => {
    const fail = (problem: string): void => reject(new Error(`Post ${JSON.stringify(path)}: ${problem}`))
    const call = request(path, {
      method: 'POST',
      agent,
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        accept: 'application/json',
      },
    })
    const timer = clock.after(timeout * 1000, () => {
      call.destroy()
      fail('context deadline exceeded')
    })
    call.on('error', (error) => {
      timer.cancel()
      fail(inGoWords(error, caBundle))
    })
    call.on('response', (response) => {
      const chunks: Buffer[] = []
      let length = 0
      response.on('data', (chunk: Buffer) => {
        length += chunk.length
        if (length > answerBytesMax) call.destroy(new Error('the answer is larger than 64 MiB'))
        else chunks.push(chunk)
      })
      response.on('end', () => {
        timer.cancel()
        try {
          resolve(
            decoded(response.statusCode ?? 0, response.headers['content-type'], Buffer.concat(chunks).toString('utf8')),
          )
        } catch (error) {
          reject(error)
        }
      })
    })
    call.end(body)
  })
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

/** Source: k8s.io/apimachinery/pkg/api/errors, NewGenericServerResponse. */
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

function decoded(status: number, type: string | undefined, text: string): unknown {
  if (status < 200 || status > 206) {
    const said = refusals[status]
    if (said !== undefined) throw new Error(said)
    throw new Error(
      status >= 500
        ? `an error on the server (${JSON.stringify(text === '' ? 'unknown' : text)}) has prevented the request from succeeding`
        : `the server responded with the status code ${status} but did not return more information`,
    )
  }
  if (text === '')
    throw new Error(`0-length response with status code: ${status} and content type: ${type ?? 'application/json'}`)
  const problem = text.trimStart().startsWith('{')
    ? goJsonProblem(text)
    : `json: cannot unmarshal string into Go value of type ${typeMetaStruct}`
  if (problem !== undefined) throw new Error(`couldn't get version/kind; json parse error: ${problem}`)
  return decodeJson(text).value
}
