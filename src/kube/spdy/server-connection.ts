/**
 * The server's side of a SPDY/3.1 connection: streams that the client opens, each a Duplex with its headers.
 * As far as Kubernetes needs it: no server streams, no flow control (its clients have none), pings echoed.
 * Source: the SPDY protocol, draft 3.1; what github.com/moby/spdystream sends.
 */
import { Duplex } from 'node:stream'
import { controlTypes, encodeFrame, finFlag, FrameReader, type Frame } from './frames.ts'
import { HeaderCodec, type Headers } from './header-block.ts'

const streamsMax = 1000
const empty = Buffer.alloc(0)
const protocolError = 1
const cancelled = 5

type Send = (flags: number, payload: Buffer, done: () => void) => void

export class SpdyStream extends Duplex {
  readonly headers: Headers
  readonly #send: Send
  readonly #wanted: () => void
  /** The reader has enough for now. */
  full = false

  constructor(headers: Headers, send: Send, wanted: () => void) {
    super({ allowHalfOpen: true })
    this.headers = headers
    this.#send = send
    this.#wanted = wanted
  }

  received(payload: Buffer, fin: boolean): void {
    if (payload.length > 0) this.full = !this.push(payload)
    if (fin) this.push(null)
  }

  override _read(): void {
    this.full = false
    this.#wanted()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#send(0, chunk, done)
  }

  override _final(done: () => void): void {
    this.#send(finFlag, empty, done)
  }
}

/** Serves one connection until either end closes it. `onStream` gets each stream when it has been accepted. */
export function serveSpdy(transport: Duplex, onStream: (stream: SpdyStream) => void): void {
  const streams = new Map<number, SpdyStream>()
  const reader = new FrameReader()
  const codec = new HeaderCodec()
  let working = Promise.resolve()

  const send = (frame: Frame, done?: () => void): void => {
    if (transport.writable) transport.write(encodeFrame(frame), () => done?.())
    else done?.()
  }
  const control = (type: number, payload: Buffer, flags = 0): void => send({ kind: 'control', type, flags, payload })
  const close = (error?: Error): void => {
    for (const stream of streams.values()) stream.destroy(error)
    streams.clear()
    codec.close()
    transport.destroy()
  }
  const resume = (): void => {
    if (![...streams.values()].some(({ full }) => full)) transport.resume()
  }

  const open = async (payload: Buffer, flags: number): Promise<void> => {
    const id = payload.readUInt32BE(0) & 0x7fffffff
    const headers = await codec.decode(payload.subarray(10))
    if (streams.has(id) || streams.size >= streamsMax) return reset(id, protocolError)
    const stream = new SpdyStream(
      headers,
      (sent, bytes, done) => send({ kind: 'data', stream: id, flags: sent, payload: bytes }, done),
      resume,
    )
    streams.set(id, stream)
    stream.setMaxListeners(20) // a forwarded connection has a pipe, TLS and HTTP/2 above it
    stream.on('error', () => {}) // the connection's end says it to whoever uses the stream
    stream.once('close', () => {
      streams.delete(id)
      if (!stream.writableFinished) reset(id, cancelled)
    })
    const reply = Buffer.alloc(4)
    reply.writeUInt32BE(id)
    control(controlTypes.synReply, Buffer.concat([reply, await codec.encode({})]))
    if ((flags & finFlag) !== 0) stream.received(empty, true)
    onStream(stream)
  }
  const reset = (id: number, status: number): void => {
    const payload = Buffer.alloc(8)
    payload.writeUInt32BE(id)
    payload.writeUInt32BE(status, 4)
    control(controlTypes.rstStream, payload)
  }
  const handle = async (frame: Frame): Promise<void> => {
    if (frame.kind === 'data') {
      const stream = streams.get(frame.stream)
      stream?.received(frame.payload, (frame.flags & finFlag) !== 0)
      if (stream?.full === true) transport.pause()
    } else if (frame.type === controlTypes.synStream) await open(frame.payload, frame.flags)
    else if (frame.type === controlTypes.rstStream)
      streams.get(frame.payload.readUInt32BE(0) & 0x7fffffff)?.destroy(new Error('the client reset the stream'))
    else if (frame.type === controlTypes.ping) {
      if (frame.payload.readUInt32BE(0) % 2 === 1) control(controlTypes.ping, frame.payload) // odd: the client asks
    } else if (frame.type === controlTypes.goAway) transport.end()
  }

  transport.on('data', (chunk: Buffer) => {
    working = working
      .then(async () => {
        for (const frame of reader.push(chunk)) await handle(frame)
      })
      .catch((error: unknown) => close(error as Error))
  })
  transport.once('end', () => void working.then(() => close()))
  transport.once('close', () => close())
  transport.on('error', (error) => close(error))
}
