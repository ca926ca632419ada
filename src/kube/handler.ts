/**
 * The one shape: whatever answers a Kubernetes request is a {@link Handler}. The in-memory API server is one, a
 * real upstream is one, a traffic fault is a function around one, the proxy is a listener in front of one.
 */
import type { Duplex } from 'node:stream'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import type { KubeRequest } from './request.ts'
import { StatusError, type Status } from './status.ts'

/** Lower-cased names; a repeated header is joined as Node joins it. */
export type RequestHeaders = Readonly<Record<string, string | string[] | undefined>>

/** Who asks, as far as the transport knows. `certificate: 'invalid'` is one that the cluster's CA did not sign. */
export interface Peer {
  readonly certificate?:
    | {
        readonly user: string
        readonly groups: readonly string[]
        /** SHA-256 of the certificate, in lower-case hexadecimal digits. */
        readonly fingerprint?: string
      }
    | 'invalid'
}

/** Whoever calls an API server in this process, around the proxy, is its administrator. */
export const insider: Peer = { certificate: { user: 'capstorm', groups: ['system:masters'] } }

export interface RequestBody {
  /** The whole body; throws 413 beyond `limit` bytes. */
  read(limit: number): Promise<Buffer>
  /** The value itself where the caller is in this process: no bytes are made or parsed. */
  readonly value?: unknown
}

export interface Exchange {
  readonly request: KubeRequest
  readonly headers: RequestHeaders
  readonly body: RequestBody
  readonly peer: Peer
  /** Aborts when the client leaves or the server stops. Made on first use. */
  readonly signal: AbortSignal
  /** The connection that carries it, for faults that end it. */
  readonly connection?: { reset(): void }
  /** The sockets' own request and response, where there are any: network upstreams need them. */
  readonly raw?: RawExchange
  /** Set where the client asks for another protocol on its connection: the answer may be a tunnel. */
  readonly upgrade?: Upgrade
}

export interface Upgrade {
  readonly req: IncomingMessage
  /** What the client sent behind its request. */
  readonly head: Buffer
}

export interface RawExchange {
  readonly req: IncomingMessage | Http2ServerRequest
  readonly res: ServerResponse | Http2ServerResponse
}

/** A value with its one encoding: bytes are made at most once and shared by everybody. */
export interface EncodedValue {
  readonly value: unknown
  bytes(): Buffer
}

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  readonly object: unknown
  /** The event as one JSON line, newline included. */
  frame(): Buffer
}

/** Consecutive events; watchers that are at the same place share one batch and its bytes. */
export interface WatchBatch {
  readonly events: readonly WatchEvent[]
  bytes(): Buffer
}

/** A stream of watch events for one consumer, which pulls: what it has not pulled stays in the server's bounded history. */
export interface WatchStream {
  /** The next events, undefined when the stream has ended. One call at a time. */
  next(): Promise<WatchBatch | undefined>
  /** Ends the stream; a pending `next` resolves with undefined. */
  close(): void
}

export type ReplyBody =
  | { readonly kind: 'empty' }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'value'; readonly value: EncodedValue }
  | { readonly kind: 'stream'; readonly chunks: AsyncIterable<Uint8Array> }
  | { readonly kind: 'watch'; readonly stream: WatchStream }
  /** The connection from here on: `accept` answers the upgrade on it and speaks what was agreed. */
  | { readonly kind: 'tunnel'; readonly accept: (client: Duplex) => void }

export interface Reply {
  readonly status: number
  /** Lower-cased; `content-type` defaults to application/json where there is a body. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body: ReplyBody
}

export type Handler = (exchange: Exchange) => Promise<Reply>

/** The same exchange over another connection, which may cancel it by itself. */
export const carriedBy = (
  exchange: Exchange,
  connection: NonNullable<Exchange['connection']>,
  signal: AbortSignal,
): Exchange => ({
  request: exchange.request,
  headers: exchange.headers,
  body: exchange.body,
  peer: exchange.peer,
  signal,
  connection,
  ...(exchange.raw === undefined ? {} : { raw: exchange.raw }),
  ...(exchange.upgrade === undefined ? {} : { upgrade: exchange.upgrade }),
})

export const encoded = (value: unknown): EncodedValue => {
  let bytes: Buffer | undefined
  return { value, bytes: () => (bytes ??= Buffer.from(`${JSON.stringify(value)}\n`)) }
}

export const jsonReply = (status: number, value: unknown, headers?: Reply['headers']): Reply => ({
  status,
  ...(headers === undefined ? {} : { headers }),
  body: { kind: 'value', value: encoded(value) },
})

export const typedReply = (type: string, text: string | Buffer, headers: Record<string, string> = {}): Reply => ({
  status: 200,
  headers: { 'content-type': type, ...headers },
  body: { kind: 'bytes', bytes: Buffer.isBuffer(text) ? text : Buffer.from(text) },
})

export const plainText = 'text/plain; charset=utf-8'

/** As Go's http.Error writes text. */
export const textReply = (status: number, text: string, headers: Record<string, string> = {}): Reply => ({
  ...typedReply(plainText, text, { 'x-content-type-options': 'nosniff', ...headers }),
  status,
})

/** A Status as a reply; `Retry-After` follows `details.retryAfterSeconds` as in the real response writer. */
export function statusReply(status: Status): Reply {
  const retryAfter = status.details?.retryAfterSeconds
  return jsonReply(status.code, status, {
    'cache-control': 'no-cache, private',
    ...(retryAfter === undefined || retryAfter <= 0 ? {} : { 'retry-after': String(retryAfter) }),
  })
}

/** The reply to something thrown by a handler: a Status for what Kubernetes knows, else a 500. */
export function errorReply(error: unknown): Reply {
  if (error instanceof StatusError) return statusReply(error.status)
  throw error
}

/** The connection itself failed: refused, reset, timed out. There is no reply. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: 'ECONNREFUSED' | 'ECONNRESET' | 'ETIMEDOUT'

  constructor(code: 'ECONNREFUSED' | 'ECONNRESET' | 'ETIMEDOUT', message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options)
    this.code = code
  }
}
