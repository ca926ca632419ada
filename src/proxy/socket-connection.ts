/** One client's TCP connection: the raw socket in our hands, TLS above it, and what faults may do to both. */
import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Connection, Direction } from '../faults/connection.ts'
import { certificateUser } from '../kube/pki.ts'
import type { Handler, Peer } from '../kube/handler.ts'
import type { Gate } from './gate.ts'

/** What answers on a cluster's port. */
export interface Endpoint {
  readonly cluster: string
  readonly handler: Handler
}

export class SocketConnection implements Connection {
  readonly endpoint: Endpoint
  readonly #raw: Socket
  readonly #gate: Gate | undefined
  peer: Peer = {}

  constructor(endpoint: Endpoint, raw: Socket, gate: Gate | undefined) {
    this.endpoint = endpoint
    this.#raw = raw
    this.#gate = gate
  }

  reset(): void {
    this.#raw.resetAndDestroy()
    this.#gate?.destroy()
  }

  /** Without a gate the connection can't be held below TLS: it is reset, and the one that follows has a gate. */
  freeze(direction: Direction): () => void {
    if (this.#gate !== undefined) return this.#gate.freeze(direction)
    this.reset()
    return () => {}
  }

  /** Reads who the client is, once, when its handshake is done. */
  identify(tls: TLSSocket, clientCa: X509Certificate, wallMs: number): void {
    const certificate = tls.getPeerX509Certificate()
    if (certificate === undefined) return
    const trusted =
      certificate.checkIssued(clientCa) &&
      certificate.verify(clientCa.publicKey) &&
      Date.parse(certificate.validFrom) <= wallMs &&
      wallMs <= Date.parse(certificate.validTo)
    this.peer = { certificate: trusted ? certificateUser(certificate) : 'invalid' }
  }
}

const connections = new WeakMap<object, SocketConnection>()
const marker = Symbol('connection')

/** HTTP/2 requests see a proxy of their socket, which passes properties through but is another object. */
export function attach(socket: TLSSocket, connection: SocketConnection): void {
  connections.set(socket, connection)
  ;(socket as unknown as Record<symbol, SocketConnection>)[marker] = connection
}

export function connectionOf(socket: object): SocketConnection {
  return connections.get(socket) ?? ((socket as Record<symbol, SocketConnection>)[marker] as SocketConnection)
}
