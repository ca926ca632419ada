/**
 * Unary gRPC over connections that arrive by port-forward: TLS with a certificate of the member's, HTTP/2, and frames
 * of a five-byte head. One HTTP/2 server, which never listens, serves every member of every cluster (ADR 8).
 * Source: grpc.io PROTOCOL-HTTP2.md.
 */
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Duplex } from 'node:stream'
import { createSecureContext, TLSSocket, type SecureContext } from 'node:tls'
import { X509Certificate } from 'node:crypto'
import type { KeyPair } from '../../kube/pki.ts'

export type GrpcMethods = Readonly<Record<string, (request: Buffer) => Uint8Array>>

export interface GrpcIdentity {
  readonly context: SecureContext
  readonly authority: X509Certificate
}

export class GrpcError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

const unimplemented = 12
const internal = 13
const unauthenticated = 16
const messageBytesMax = 1 << 20

export class GrpcServer {
  readonly #http: Http2SecureServer

  constructor() {
    this.#http = createSecureServer()
    this.#http.on('stream', (stream, headers) => void this.#serve(stream, headers))
    this.#http.on('sessionError', () => {}) // the tunnel broke: the client knows
  }

  /** Takes over a connection. Clients without a certificate of the authority get no answer, as from etcd. */
  accept(connection: Duplex, identity: GrpcIdentity, methods: GrpcMethods): void {
    const tls = new TLSSocket(connection, {
      isServer: true,
      server: this.#http,
      secureContext: identity.context,
      requestCert: true,
      rejectUnauthorized: false,
      ALPNProtocols: ['h2'],
    })
    tls.on('error', () => connection.destroy())
    connection.on('close', () => tls.destroy())
    tls.once('secure', () => {
      const certificate = tls.getPeerX509Certificate()
      if (certificate === undefined || !certificate.verify(identity.authority.publicKey))
        return void connection.destroy()
      ;(tls as unknown as { secureConnecting: boolean }).secureConnecting = false // else the HTTP/2 session waits for ever
      ;(tls as unknown as Record<symbol, GrpcMethods>)[marker] = methods
      this.#http.emit('secureConnection', tls)
    })
  }

  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on('error', () => {})
    const methods = (stream.session?.socket as unknown as Record<symbol, GrpcMethods> | undefined)?.[marker]
    try {
      if (methods === undefined) throw new GrpcError(unauthenticated, 'who is it?')
      const method = methods[String(headers[':path'])]
      const request = await readMessage(stream)
      if (method === undefined) throw new GrpcError(unimplemented, `unknown method ${String(headers[':path'])}`)
      const answer = method(request)
      const head = Buffer.alloc(5)
      head.writeUInt32BE(answer.length, 1)
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
      stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
      stream.end(Buffer.concat([head, answer]))
    } catch (error) {
      if (stream.destroyed) return
      const code = error instanceof GrpcError ? error.code : internal
      const message = encodeURIComponent((error as Error).message)
      const trailersOnly = {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': String(code),
        'grpc-message': message,
      }
      stream.respond(trailersOnly, { endStream: true })
    }
  }
}

const marker = Symbol('methods')

async function readMessage(stream: ServerHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > messageBytesMax) throw new GrpcError(8, 'the message is too large')
    chunks.push(chunk)
  }
  const bytes = Buffer.concat(chunks)
  if (bytes.length < 5 || bytes[0] !== 0 || bytes.readUInt32BE(1) !== bytes.length - 5)
    throw new GrpcError(internal, 'one uncompressed message was expected')
  return bytes.subarray(5)
}

/** The member's certificate, and the authority that signs its clients (PEM). */
export const grpcIdentity = (serving: KeyPair, authority: string): GrpcIdentity => ({
  context: createSecureContext({ cert: serving.cert, key: serving.key, ca: authority }),
  authority: new X509Certificate(authority),
})
