/** An HTTPS server whose paths are webhooks, for tests beside the code. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { RealClock } from '../base/clock.ts'
import { x509Pki } from '../kube/pki.ts'
import type { WebhookClientConfig } from './webhook-call.ts'

export type Respond = (path: string, request: Record<string, unknown>) => Record<string, unknown>

export interface TestWebhooks {
  readonly clientConfig: (path: string) => WebhookClientConfig
  readonly close: () => void
}

/**
 * Answers a review of any kind with one of the same kind: the request's uid and what `respond` says. `/N/rest` sends
 * who asks to `/rest` with the status N.
 */
export async function testWebhooks(respond: Respond): Promise<TestWebhooks> {
  const pki = x509Pki(() => new RealClock().wallMs())
  const authority = await pki.createAuthority('webhooks')
  const serving = await pki.issueServer(authority, 'webhook', { dns: ['localhost'], ips: ['127.0.0.1'] })
  const server = createServer(serving, (req, res) => {
    const chunks: Buffer[] = []
    req.on('data', (chunk: Buffer) => chunks.push(chunk))
    req.on('end', () => {
      const [, status, elsewhere] = /^\/(\d+)(\/.*)$/.exec(req.url ?? '') ?? []
      if (elsewhere !== undefined) return res.writeHead(Number(status), { location: elsewhere }).end()
      if (req.method === 'GET') return res.writeHead(404).end('nobody asks so')
      const review = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { request: Record<string, unknown> }
      const path = (req.url ?? '').split('?')[0] as string
      const response = { uid: review.request['uid'], ...respond(path, review.request) }
      res.end(JSON.stringify({ ...review, request: undefined, response }))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const caBundle = Buffer.from(authority.cert).toString('base64')
  return {
    clientConfig: (path) => ({ url: `https://127.0.0.1:${port}${path}`, caBundle }),
    close: () => server.close(),
  }
}
