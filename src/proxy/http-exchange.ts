/** A request on a socket as an Exchange, and a Reply written back to it: streaming, with back-pressure and cancellation. */
import { promisify } from 'node:util'
import { gzip, type ZlibOptions } from 'node:zlib'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2'
import {
  ConnectionError,
  type Exchange,
  type RawExchange,
  type Reply,
  type RequestBody,
  type RequestHeaders,
  type WatchBatch,
  type WatchStream,
} from '../kube/handler.ts'
import { parseRequest, type KubeRequest } from '../kube/request.ts'
import { entityTooLarge } from '../kube/status.ts'
import { protobufFrames, protobufWatchType } from '../kube/types/watch-frames.ts'
import type { SocketConnection } from './socket-connection.ts'

type Request = IncomingMessage | Http2ServerRequest
type Response = ServerResponse | Http2ServerResponse

export class SocketExchange implements Exchange {
  readonly request: KubeRequest
  readonly headers: RequestHeaders
  readonly raw: RawExchange
  readonly connection: SocketConnection
  #abort: AbortController | undefined

  constructor(req: Request, res: Response, connection: SocketConnection) {
    this.request = parseRequest(req.method ?? 'GET', req.url ?? '/')
    this.headers = req.headers
    this.raw = { req, res }
    this.connection = connection
  }

  get peer(): SocketConnection['peer'] {
    return this.connection.peer
  }

  get body(): RequestBody {
    return { read: (limit) => readBody(this.raw.req, limit) }
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController()
      this.#abort = abort
      const { res } = this.raw
      const onClose = (): void => {
        if (!res.writableEnded) abort.abort(new ConnectionError('ECONNRESET', 'the client left'))
      }
      if (res.destroyed) onClose()
      else res.once('close', onClose)
    }
    return this.#abort.signal
  }
}

async function readBody(req: Request, limit: number): Promise<Buffer> {
  if (Number(req.headers['content-length'] ?? 0) > limit) throw entityTooLarge(limit)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > limit) throw entityTooLarge(limit)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks)
}

/** Headers that belong to one hop of HTTP/1.1 and must not be passed on. */
const hopHeaders = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection'])

/** As kube-apiserver (APIResponseCompression): large answers only, at the lowest level. */
const gzipBytesMin = 128 * 1024
const compressed = promisify<Buffer, ZlibOptions, Buffer>(gzip)

export async function writeReply(res: Response, reply: Reply, acceptsGzip = false): Promise<void> {
  if (res.destroyed) {
    if (reply.body.kind === 'watch') reply.body.stream.close()
    return
  }
  const headers: Record<string, string | readonly string[] | number> = {}
  for (const name in reply.headers) if (!hopHeaders.has(name)) headers[name] = reply.headers[name] as string
  const { body } = reply
  if (body.kind === 'value' || body.kind === 'bytes') {
    const plain = body.kind === 'value' ? body.value.bytes() : body.bytes
    const compress =
      acceptsGzip && plain.length >= gzipBytesMin && reply.status === 200 && headers['content-encoding'] === undefined
    const bytes = compress ? await compressed(plain, { level: 1 }) : plain
    if (compress) {
      if (res.destroyed) return
      headers['content-encoding'] = 'gzip'
      if (!String(headers['vary']).includes('Accept-Encoding')) headers['vary'] = 'Accept-Encoding'
    }
    headers['content-type'] ??= 'application/json'
    headers['content-length'] = bytes.length
    writeHead(res, reply.status, headers)
    res.end(bytes)
  } else if (body.kind === 'watch') {
    headers['content-type'] ??= 'application/json'
    headers['cache-control'] ??= 'no-cache, private'
    writeHead(res, reply.status, headers)
    ;(res as ServerResponse).flushHeaders()
    await pump(res, body.stream, headers['content-type'] === protobufWatchType ? protobufFrames : jsonFrames)
  } else if (body.kind === 'stream') {
    writeHead(res, reply.status, headers)
    ;(res as ServerResponse).flushHeaders()
    for await (const chunk of body.chunks) {
      if (res.destroyed) break
      if (!(res as ServerResponse).write(chunk)) await drained(res)
    }
    res.end()
  } else {
    writeHead(res, reply.status, headers)
    res.end()
  }
}

function writeHead(res: Response, status: number, headers: Record<string, string | readonly string[] | number>): void {
  ;(res as ServerResponse).writeHead(status, headers as Record<string, string | string[] | number>)
}

const jsonFrames = (batch: WatchBatch): Buffer => batch.bytes()

/**
 * Watch events as they come, many at a time; a client that reads slowly is waited for, one that left ends the stream. No
 * function waits here with the last events in its hands: an idle watch would keep them and the 64 KiB that they are cut of.
 */
function pump(res: Response, stream: WatchStream, frames: (batch: WatchBatch) => Buffer): Promise<void> {
  const onClose = (): void => stream.close()
  res.once('close', onClose)
  return new Promise<void>((resolve, reject) => {
    const pull = (): void => void stream.next().then(deliver).catch(reject)
    const deliver = (batch: WatchBatch | undefined): void => {
      if (batch === undefined || res.destroyed) resolve()
      else if ((res as ServerResponse).write(frames(batch))) pull()
      else void drained(res).then(pull)
    }
    pull()
  })
    .then(() => void res.end())
    .finally(() => {
      res.off('close', onClose)
      stream.close()
    })
}

function drained(res: Response): Promise<void> {
  if (res.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done)
      res.off('close', done)
      resolve()
    }
    res.once('drain', done)
    res.once('close', done)
  })
}
