/** Puts a review (of admission, of conversion) to a webhook over HTTPS. Source: k8s.io/apiserver/pkg/util/webhook/client.go. */
import { Agent, request } from 'node:https'
import type { Clock } from '../base/clock.ts'
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
  { url, service, caBundle = '' }: WebhookClientConfig,
  timeout: number,
  body: string,
  clock: Clock,
): Promise<unknown> {
  const target =
    url ?? `https://${service?.name}.${service?.namespace}.svc:${service?.port ?? 443}${service?.path ?? '/'}`
  let agent = agents.get(caBundle)
  if (agent === undefined) {
    agent = new Agent({ keepAlive: true, ...(caBundle === '' ? {} : { ca: Buffer.from(caBundle, 'base64') }) })
    agents.set(caBundle, agent)
  }
  const separator = target.includes('?') ? '&' : '?'
  const path = `${target}${separator}timeout=${timeout}s`
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
      fail(error.message)
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
        if (response.statusCode !== 200) return fail(`the server answered ${response.statusCode}`)
        try {
          resolve(decodeJson(Buffer.concat(chunks).toString('utf8')).value)
        } catch (error) {
          fail((error as Error).message)
        }
      })
    })
    call.end(body)
  })
}
