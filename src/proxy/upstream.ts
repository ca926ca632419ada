/**
 * A real API server as a Handler, through http-proxy: requests and answers are passed on as they stream, nothing is
 * retried, and the upstream's request ends when the client's does.
 */
import { Agent } from 'node:https'
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { createProxyServer } from 'http-proxy'
import { ConnectionError, type Handler, type Reply } from '../kube/handler.ts'
import type { KubeconfigFacts } from '../kube/kubeconfig.ts'
import { decodeWatch } from '../kube/watch-codec.ts'

export interface NetworkUpstream {
  /** Upgrades (exec, port-forward) pass through untouched. */
  readonly handler: Handler
  close(): void
}

export function networkUpstream(facts: KubeconfigFacts): NetworkUpstream {
  const url = new URL(facts.server)
  const credentials = {
    ...(facts.cert === undefined ? {} : { cert: facts.cert }),
    ...(facts.key === undefined ? {} : { key: facts.key }),
    ...(facts.ca === '' ? {} : { ca: facts.ca }),
  }
  // Without a keep-alive agent every request opens a connection of its own.
  const agent = new Agent({ keepAlive: true, ...credentials })
  const target = { protocol: 'https:', host: url.host, hostname: url.hostname, port: url.port || '443', ...credentials }
  const proxy = createProxyServer({
    target: target as never,
    agent,
    selfHandleResponse: true,
    changeOrigin: true,
    secure: facts.insecure !== true,
  })
  const waiting = new WeakMap<object, (answer: IncomingMessage) => void>()
  const started = new WeakMap<object, (request: ClientRequest) => void>()
  proxy.on('proxyReq', (request, req) => {
    request.removeHeader('accept-encoding') // answers are read here, so they come uncompressed
    if (facts.token !== undefined) request.setHeader('authorization', `Bearer ${facts.token}`)
    started.get(req)?.(request)
  })
  proxy.on('proxyRes', (answer, req) => waiting.get(req)?.(answer))
  proxy.on('error', () => {}) // each request has its own handler; upgrades end with their sockets

  return {
    handler: (exchange) =>
      new Promise<Reply>((resolve, reject) => {
        const { raw, signal, request, upgrade } = exchange
        if (upgrade !== undefined) {
          const accept = (client: Duplex): void => proxy.ws(upgrade.req, client, upgrade.head)
          resolve({ status: 101, body: { kind: 'tunnel', accept } })
          return
        }
        if (raw === undefined) {
          reject(new Error('a network upstream needs a request from a socket'))
          return
        }
        let upstream: ClientRequest | undefined
        const onAbort = (): void => {
          upstream?.destroy()
          reject(signal.reason as Error)
        }
        signal.addEventListener('abort', onAbort, { once: true })
        started.set(raw.req, (sent) => {
          upstream = sent
          if (signal.aborted) sent.destroy()
        })
        waiting.set(raw.req, (answer) => {
          const headers: Record<string, string | string[]> = {}
          for (const [name, value] of Object.entries(answer.headers)) if (value !== undefined) headers[name] = value
          answer.once('close', () => signal.removeEventListener('abort', onAbort))
          const status = answer.statusCode ?? 502
          const isWatch =
            request.verb === 'watch' &&
            status === 200 &&
            String(headers['content-type'] ?? '').startsWith('application/json')
          const body = isWatch
            ? ({ kind: 'watch', stream: decodeWatch(answer, () => upstream?.destroy()) } as const)
            : ({ kind: 'stream', chunks: answer as AsyncIterable<Uint8Array> } as const)
          resolve({ status, headers, body })
        })
        proxy.web(raw.req as IncomingMessage, raw.res as ServerResponse, {}, (cause) => {
          signal.removeEventListener('abort', onAbort)
          const { code } = cause as NodeJS.ErrnoException
          reject(
            new ConnectionError(
              code === 'ECONNREFUSED' || code === 'ETIMEDOUT' ? code : 'ECONNRESET',
              `upstream: ${cause.message}`,
              { cause },
            ),
          )
        })
      }),
    close() {
      agent.destroy()
      proxy.close()
    },
  }
}
