import { duplexPair, type Duplex } from 'node:stream'
import { createDeflate } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { RealClock, sleep } from '../../base/clock.ts'
import { controlTypes, encodeFrame, finFlag, FrameReader, type Frame } from './frames.ts'
import { dictionary, HeaderCodec, type Headers } from './header-block.ts'
import { serveSpdy, type SpdyStream } from './server-connection.ts'

const control = (type: number, payload: Buffer, flags = 0): Frame => ({ kind: 'control', type, flags, payload })
const data = (stream: number, text: string, flags = 0): Frame => ({
  kind: 'data',
  stream,
  flags,
  payload: Buffer.from(text),
})

const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({
    kind: fc.constant('data' as const),
    stream: fc.integer({ min: 1, max: 0x7fffffff }),
    flags: fc.integer({ min: 0, max: 255 }),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  }),
  fc.record({
    kind: fc.constant('control' as const),
    type: fc.integer({ min: 1, max: 9 }),
    flags: fc.integer({ min: 0, max: 255 }),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  }),
)

describe('frames', () => {
  it('are the same whatever pieces they arrive in', () => {
    fc.assert(
      fc.property(
        fc.array(anyFrame, { maxLength: 8 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (frames, sizes) => {
          const reader = new FrameReader()
          const read: Frame[] = []
          let bytes = Buffer.concat(frames.map(encodeFrame))
          for (const size of sizes) {
            if (bytes.length === 0) break
            read.push(...reader.push(bytes.subarray(0, size)))
            bytes = bytes.subarray(size)
          }
          expect(read).toEqual(frames)
        },
      ),
    )
  })

  it('of another version or beyond a MiB are refused', () => {
    const other = encodeFrame(control(1, Buffer.alloc(0)))
    other[1] = 2
    expect(() => new FrameReader().push(other)).toThrow('version 2, not 3')
    const huge = Buffer.from('0000000100ffffff', 'hex')
    expect(() => new FrameReader().push(huge)).toThrow('too large')
  })
})

describe('header blocks', () => {
  it('use the dictionary that the protocol fixes', () => {
    expect(dictionary.length).toBe(1423)
    // The dictionary's Adler-32 is what zlib writes behind its head: other ends look it up by that.
    const deflate = createDeflate({ dictionary })
    deflate.end('x')
    return new Promise<void>((resolve) => {
      deflate.once('readable', () => {
        expect((deflate.read() as Buffer).readUInt32BE(2)).toBe(0xe3c6a7c2)
        resolve()
      })
    })
  })

  it('one after the other come out as they went in', async () => {
    const headers = fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,20}$/), fc.stringMatching(/^[ -~]{0,40}$/), {
      maxKeys: 6,
    })
    await fc.assert(
      fc.asyncProperty(fc.array(headers, { maxLength: 6 }), async (blocks) => {
        const [from, to] = [new HeaderCodec(), new HeaderCodec()]
        for (const block of blocks) expect({ ...(await to.decode(await from.encode(block))) }).toEqual({ ...block })
        from.close()
        to.close()
      }),
      { numRuns: 40 },
    )
  })

  it('that are none are refused', async () => {
    const codec = new HeaderCodec()
    await expect(codec.decode(Buffer.from('not zlib at all'))).rejects.toThrow()
  })
})

/** The client's side, as far as a test needs it. */
class Client {
  readonly #transport: Duplex
  readonly #codec = new HeaderCodec()
  readonly #reader = new FrameReader()
  readonly frames: Frame[] = []

  constructor(transport: Duplex) {
    this.#transport = transport
    transport.on('data', (chunk: Buffer) => this.frames.push(...this.#reader.push(chunk)))
  }

  send(frame: Frame): void {
    this.#transport.write(encodeFrame(frame))
  }

  async open(id: number, headers: Headers, flags = 0): Promise<void> {
    const head = Buffer.alloc(10)
    head.writeUInt32BE(id)
    this.send(control(controlTypes.synStream, Buffer.concat([head, await this.#codec.encode(headers)]), flags))
  }

  async until(found: (frames: readonly Frame[]) => boolean): Promise<void> {
    for (let i = 0; i < 2000 && !found(this.frames); i++) await sleep(new RealClock(), 1)
    expect(found(this.frames)).toBe(true)
  }
}

describe('a server connection', () => {
  function connected(): { client: Client; near: Duplex; far: Duplex; streams: SpdyStream[] } {
    const [near, far] = duplexPair()
    const streams: SpdyStream[] = []
    serveSpdy(near, (stream) => streams.push(stream))
    return { client: new Client(far), near, far, streams }
  }

  it('accepts streams, carries bytes both ways, and closes each half by itself', async () => {
    const { client, streams } = connected()
    await client.open(1, { streamType: 'error', requestID: '0' }, finFlag)
    await client.open(3, { streamType: 'data', requestID: '0' })
    await client.until(() => streams.length === 2)
    expect(streams.map(({ headers }) => headers['streamtype'])).toEqual(['error', 'data'])
    const [, stream] = streams as [SpdyStream, SpdyStream]
    stream.setEncoding('utf8')
    let received = ''
    stream.on('data', (text: string) => (received += text))
    const ended = new Promise((resolve) => stream.once('end', resolve))
    client.send(data(3, 'hello'))
    client.send(data(3, ' there', finFlag))
    await ended
    expect(received).toBe('hello there')
    stream.end('and back')
    await client.until((frames) => frames.some((frame) => frame.kind === 'data' && (frame.flags & finFlag) !== 0))
    const back = client.frames.filter((frame) => frame.kind === 'data')
    expect(Buffer.concat(back.map(({ payload }) => payload)).toString()).toBe('and back')
  })

  it('echoes the pings of its client and no others', async () => {
    const { client } = connected()
    client.send(control(controlTypes.ping, Buffer.from('00000001', 'hex')))
    client.send(control(controlTypes.ping, Buffer.from('00000002', 'hex')))
    client.send(control(controlTypes.ping, Buffer.from('00000003', 'hex')))
    await client.until((frames) => frames.length >= 2)
    expect(client.frames.map(({ payload }) => payload.toString('hex'))).toEqual(['00000001', '00000003'])
  })

  it('ends every stream with the connection, also when it is broken by bytes that are no frame', async () => {
    const { client, near, far, streams } = connected()
    await client.open(1, { streamType: 'data' })
    await client.until(() => streams.length === 1)
    const closed = [near, streams[0] as Duplex].map((end) => new Promise((resolve) => end.once('close', resolve)))
    far.write(Buffer.from('80020001000000ff', 'hex'))
    await Promise.all(closed)
    expect(streams[0]?.destroyed).toBe(true)
  })

  it('resets a stream whose number is taken', async () => {
    const { client, streams } = connected()
    await client.open(1, { streamType: 'data' })
    await client.open(1, { streamType: 'data' })
    await client.until((frames) =>
      frames.some((frame) => frame.kind === 'control' && frame.type === controlTypes.rstStream),
    )
    expect(streams.length).toBe(1)
  })
})
