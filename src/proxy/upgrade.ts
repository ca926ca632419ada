/** Requests that ask for another protocol on their connection: port-forward, exec. They pass the same handlers as all others. */
import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { ConnectionError, errorReply, type Exchange, type RequestBody, type Upgrade } from '../kube/handler.ts'
import { parseRequest, type KubeRequest } from '../kube/request.ts'
import { writeReply } from './http-exchange.ts'
import type { SocketConnection } from './socket-connection.ts'

const noBody: RequestBody = { read: () => Promise.resolve(Buffer.alloc(0)) }

class UpgradeExchange implements Exchange {
  readonly request: KubeRequest
  readonly headers: Exchange['headers']
  readonly body = noBody
  readonly connection: SocketConnection
  readonly signal: AbortSignal
  readonly upgrade: Upgrade

  constructor(req: IncomingMessage, socket: Duplex, head: Buffer, connection: SocketConnection) {
    this.request = parseRequest(req.method ?? 'GET', req.url ?? '/')
    this.headers = req.headers
    this.connection = connection
    this.upgrade = { req, head }
    const abort = new AbortController()
    this.signal = abort.signal
    socket.once('close', () => abort.abort(new ConnectionError('ECONNRESET', 'the client left')))
  }

  get peer(): SocketConnection['peer'] {
    return this.connection.peer
  }
}

export async function serveUpgrade(
  req: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  connection: SocketConnection,
): Promise<void> {
  socket.on('error', () => {}) // a reset by the client; 'close' follows
  try {
    const exchange = new UpgradeExchange(req, socket, head, connection)
    const reply = await connection.endpoint.handler(exchange).catch(errorReply)
    if (socket.destroyed) return
    if (reply.body.kind === 'tunnel') return reply.body.accept(socket)
    const res = new ServerResponse(req)
    res.shouldKeepAlive = false
    res.assignSocket(socket as never)
    res.once('finish', () => socket.end())
    await writeReply(res, reply)
  } catch {
    socket.destroy() // no answer, as from a broken upstream
  }
}
