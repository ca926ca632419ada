/**
 * The proxy's sockets. Every cluster has a port of its own, because clients of an IP address send no server name:
 * the port selects certificate and CA. One HTTP server, which never listens, serves them all, HTTP/1.1 and HTTP/2.
 */
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { X509Certificate } from 'node:crypto'
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { FaultEngine } from '../faults/engine.ts'
import { ConnectionError, errorReply } from '../kube/handler.ts'
import { http2SessionMiB } from '../kube/http2-session.ts'
import type { KeyPair } from '../kube/pki.ts'
import { SocketExchange, writeReply } from './http-exchange.ts'
import { attach, connectionOf, SocketConnection, type Endpoint } from './socket-connection.ts'
import { Gate } from './gate.ts'
import { serveUpgrade } from './upgrade.ts'

export interface ListenOptions {
  readonly endpoint: Endpoint
  readonly host: string
  readonly port: number
  readonly serving: KeyPair
  /** PEM; client certificates are verified against it. */
  readonly clientCa: string
}

export interface ProxyServerOptions {
  readonly engine: FaultEngine
  readonly log: Log
  readonly clock: Clock
  /** Whether a loaded plan may freeze connections of this cluster: only those pass a gate below TLS. */
  readonly mayFreeze: (cluster: string) => boolean
}

export interface OpenListener {
  readonly port: number
  close(): Promise<void>
}

/** A handshake that takes longer is given up. */
const handshakeTimeoutMs = 10_000

/** As kube-apiserver's server. */
const headerBytesMax = 1 << 20
/** Options of HTTP/1.1 that Node takes here and its types leave out. */
const http1: object = { maxHeaderSize: headerBytesMax }

export class ProxyServer implements AsyncDisposable {
  readonly #options: ProxyServerOptions
  readonly #http: Http2SecureServer
  readonly #listeners = new Set<PortListener>()

  constructor(options: ProxyServerOptions) {
    this.#options = options
    this.#http = createSecureServer({
      allowHTTP1: true,
      maxSessionMemory: http2SessionMiB,
      settings: { maxConcurrentStreams: 250, initialWindowSize: 1 << 20, maxHeaderListSize: headerBytesMax },
      ...http1,
    })
    // Idle connections stay, as with a real API server: clients of it keep theirs for minutes.
    ;(this.#http as unknown as { keepAliveTimeout: number }).keepAliveTimeout = 0
    this.#http.on('request', (req, res) => void this.#serve(req, res))
    this.#http.on(
      'upgrade',
      (req: IncomingMessage, socket: Duplex, head: Buffer) =>
        void serveUpgrade(req, socket, head, connectionOf(req.socket)),
    )
    this.#http.on('sessionError', () => {}) // the client's connection broke: its requests say so
    this.#http.on('clientError', refuseUnreadable)
  }

  /** Open ports, by cluster. */
  get listeners(): readonly { readonly cluster: string; readonly port: number }[] {
    return [...this.#listeners].map(({ cluster, port }) => ({ cluster, port }))
  }

  get connectionCount(): number {
    let count = 0
    for (const listener of this.#listeners) count += listener.connectionCount
    return count
  }

  /** Binds a port; rejects with the socket's error (EADDRINUSE, EACCES). */
  async listen(options: ListenOptions): Promise<OpenListener> {
    const listener = new PortListener(options, this.#options, this.#http)
    await listener.open()
    this.#listeners.add(listener)
    const close = async (): Promise<void> => {
      this.#listeners.delete(listener)
      await listener.close()
    }
    return { port: options.port, close }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#listeners].map((listener) => listener.close()))
    this.#listeners.clear()
  }

  async #serve(req: IncomingMessage | Http2ServerRequest, res: ServerResponse | Http2ServerResponse): Promise<void> {
    const connection = connectionOf(req.socket)
    const exchange = new SocketExchange(req, res, connection)
    try {
      const reply = await connection.endpoint.handler(exchange).catch(errorReply)
      await writeReply(res, reply, /\bgzip\b/.test(String(req.headers['accept-encoding'] ?? '')))
    } catch (error) {
      if (!(error instanceof ConnectionError) && !res.destroyed)
        this.#options.log.debug({ err: error, url: req.url }, 'an exchange ended without an answer')
      // No answer is what a broken upstream looks like from here; the client sees its stream or connection end.
      if ('stream' in req) req.stream.close(2)
      else req.socket.destroy()
    }
  }
}

/** One cluster's port: accepts, wraps in TLS, hands over to the shared HTTP server. */
class PortListener {
  readonly #options: ListenOptions
  readonly #proxy: ProxyServerOptions
  readonly #http: Http2SecureServer
  readonly #connections = new Set<SocketConnection>()
  readonly #context: SecureContext
  readonly #clientCa: X509Certificate
  #server: Server | undefined
  #notListening: (() => void) | undefined
  #refusals = 0
  #reopening: Promise<void> = Promise.resolve()

  constructor(options: ListenOptions, proxy: ProxyServerOptions, http: Http2SecureServer) {
    this.#options = options
    this.#proxy = proxy
    this.#http = http
    const { serving, clientCa } = options
    this.#context = createSecureContext({
      cert: serving.cert,
      key: serving.key,
      ca: clientCa,
      sessionIdContext: String(options.port), // without one OpenSSL refuses clients that resume a session
    })
    this.#clientCa = new X509Certificate(clientCa)
  }

  get cluster(): string {
    return this.#options.endpoint.cluster
  }

  get port(): number {
    return this.#options.port
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  async open(): Promise<void> {
    await this.#bind()
    this.#notListening = this.#proxy.engine.listening(this.cluster, { refuse: () => this.#refuse() })
  }

  async close(): Promise<void> {
    this.#notListening?.()
    this.#notListening = undefined
    await this.#reopening
    const server = this.#server
    this.#server = undefined
    for (const connection of [...this.#connections]) connection.reset()
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()))
  }

  #bind(): Promise<void> {
    const { host, port } = this.#options
    const server = createServer({ noDelay: true, keepAlive: true }, (raw) => this.#accept(raw))
    this.#server = server
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, backlog: 1024 }, () => {
        server.off('error', reject)
        server.on('error', (error) => this.#proxy.log.error({ err: error, cluster: this.cluster }, 'a listener failed'))
        resolve()
      })
    })
  }

  /** The port closes, so that clients get ECONNREFUSED as from a host without a listener. */
  #refuse(): () => void {
    if (this.#refusals++ === 0) {
      this.#server?.close()
      this.#server = undefined
    }
    return () => {
      if (--this.#refusals > 0 || this.#notListening === undefined) return
      this.#reopening = this.#bind().catch((error: unknown) => {
        this.#proxy.log.error(
          { err: error, cluster: this.cluster, port: this.port },
          'a refused port could not be opened again',
        )
      })
    }
  }

  #accept(raw: Socket): void {
    const { endpoint } = this.#options
    const frozenNow = this.#proxy.engine.active.some(
      ({ kind, clusters }) => kind.plane === 'connection' && 'freezes' in kind && clusters.includes(endpoint.cluster),
    )
    const gate = this.#proxy.mayFreeze(endpoint.cluster) || frozenNow ? new Gate(raw) : undefined
    const connection = new SocketConnection(endpoint, raw, gate)
    this.#connections.add(connection)
    const disconnected = this.#proxy.engine.connected(endpoint.cluster, connection)
    raw.on('error', () => {}) // a reset by the client; 'close' follows
    raw.once('close', () => {
      this.#connections.delete(connection)
      disconnected()
    })
    if (raw.destroyed) return
    const tls = new TLSSocket(gate ?? raw, {
      isServer: true,
      server: this.#http,
      secureContext: this.#context,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2', 'http/1.1'],
    })
    const patience = this.#proxy.clock.after(handshakeTimeoutMs, () => raw.destroy())
    tls.on('error', () => raw.destroy()) // no TLS at the other end, or a certificate that it does not like
    tls.once('close', () => patience.cancel())
    tls.once('secure', () => {
      patience.cancel()
      connection.identify(tls, this.#clientCa, this.#proxy.clock.wallMs())
      attach(tls, connection)
      ;(tls as unknown as { secureConnecting: boolean }).secureConnecting = false // else the HTTP/2 session waits for ever
      this.#http.emit('secureConnection', tls)
    })
  }
}

/** What Go's server says to an HTTP/1.1 request that it can't read; it listens on, or the client would see a reset instead. */
function refuseUnreadable(error: Error & { code?: string }, socket: Duplex): void {
  if (!socket.writable) return void socket.destroy()
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request'
  socket.resume()
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${status}`)
}
