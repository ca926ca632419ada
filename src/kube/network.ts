/**
 * A remote API server as a {@link Handler}: one HTTP/2 connection, opened on first use, opened again after it
 * ended, and given up when it stops answering pings as Go's client does (30 s idle, 15 s for the pong;
 * k8s.io/apimachinery/pkg/util/net/http.go). It never retries.
 */
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2'
import type { Clock, Timer } from '../base/clock.ts'
import { ConnectionError, type Exchange, type Handler, type Reply } from './handler.ts'
import { http2SessionMiB } from './http2-session.ts'

export interface NetworkOptions {
  readonly server: string
  readonly ca: string
  readonly cert?: string
  readonly key?: string
  readonly token?: string
  /** The server's certificate is not checked. */
  readonly insecure?: boolean
  readonly clock: Clock
  readonly pingIdle?: number
  readonly pingTimeout?: number
}

export interface NetworkHandler extends AsyncDisposable {
  readonly handler: Handler
}

export function networkHandler(options: NetworkOptions): NetworkHandler {
  let session: ClientHttp2Session | undefined
  const current = (): ClientHttp2Session => {
    if (session === undefined || session.closed || session.destroyed) session = openSession(options)
    return session
  }
  return {
    handler: (exchange) => send(current(), exchange, options.token),
    async [Symbol.asyncDispose]() {
      session?.destroy()
    },
  }
}

function openSession(options: NetworkOptions): ClientHttp2Session {
  const { server, ca, cert, key, clock, pingIdle = 30_000, pingTimeout = 15_000 } = options
  const session = connect(server, {
    ...(ca === '' ? {} : { ca }), // without one, those that the system trusts
    rejectUnauthorized: options.insecure !== true,
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ALPNProtocols: ['h2'],
    maxSessionMemory: http2SessionMiB,
    settings: { enablePush: false, initialWindowSize: 1 << 20 },
  })
  session.on('error', () => {}) // every stream of it reports the error to its own request
  let timer: Timer | undefined
  const arm = (): void => {
    timer = clock.after(pingIdle, () => {
      const deadline = clock.after(pingTimeout, () =>
        session.destroy(new ConnectionError('ETIMEDOUT', 'http2: client connection lost')),
      )
      timer = deadline
      if (session.destroyed || session.connecting) return
      session.ping((error) => {
        deadline.cancel()
        if (error === null && !session.destroyed) arm()
      })
    })
  }
  arm()
  session.on('close', () => timer?.cancel())
  session.unref()
  return session
}

async function send(session: ClientHttp2Session, exchange: Exchange, token: string | undefined): Promise<Reply> {
  const { request, headers, signal } = exchange
  const body = await exchange.body.read(Infinity)
  const stream = session.request(
    {
      ':method': request.method,
      ':path': request.url,
      ...headers,
      ...(body.length > 0 ? { 'content-length': String(body.length) } : {}),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    { endStream: body.length === 0 },
  )
  if (body.length > 0) stream.end(body)
  const onAbort = (): void => stream.close(8) // CANCEL
  signal.addEventListener('abort', onAbort, { once: true })
  stream.on('close', () => signal.removeEventListener('abort', onAbort))
  const [status, received] = await responseOf(stream)
  return { status, headers: received, body: { kind: 'stream', chunks: stream as AsyncIterable<Uint8Array> } }
}

function responseOf(stream: ClientHttp2Stream): Promise<[number, Record<string, string>]> {
  return new Promise((resolve, reject) => {
    stream.once('response', (headers: IncomingHttpHeaders & { ':status'?: number }) => {
      const plain: Record<string, string> = {}
      for (const [name, value] of Object.entries(headers))
        if (typeof value === 'string' && !name.startsWith(':')) plain[name] = value
      resolve([headers[':status'] ?? 0, plain])
    })
    stream.on('error', (cause: NodeJS.ErrnoException) => reject(asConnectionError(cause)))
    stream.once('close', () => reject(new ConnectionError('ECONNRESET', 'the connection ended before the answer')))
  })
}

function asConnectionError(cause: NodeJS.ErrnoException): Error {
  if (cause instanceof ConnectionError) return cause
  const code = cause.code === 'ECONNREFUSED' || cause.code === 'ETIMEDOUT' ? cause.code : 'ECONNRESET'
  return new ConnectionError(code, cause.message, { cause })
}
