/**
 * SPDY/3.1 header blocks: name–value pairs in one zlib stream per direction, which lasts as long as the connection.
 * Source: the SPDY protocol, draft 3.1, section 2.6.10.
 */
import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib'

export type Headers = Readonly<Record<string, string>>

/** What both ends know before the first header, as the protocol fixes it: length-prefixed words, then plain text. */
const dictionaryWords = [
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow',
  'authorization cache-control connection content-base content-encoding content-language content-length',
  'content-location content-md5 content-range content-type date etag expect expires from host if-match',
  'if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma',
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade',
  'user-agent vary via warning www-authenticate method get status',
]
  .join(' ')
  .split(' ')
  .concat('200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin')
const dictionaryText = [
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505',
  '203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized403 Forbidden',
  '404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable',
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT',
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,text/javascript,',
  'publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.',
].join('')
export const dictionary = Buffer.concat([...dictionaryWords.map(counted), Buffer.from(dictionaryText)])

/** A block that unpacks to more is an attack, not a header. */
const blockBytesMax = 64 * 1024

/** Packs and unpacks the blocks of one connection; the calls of one direction have to follow one another. */
export class HeaderCodec {
  readonly #inflate: Inflate
  readonly #deflate: Deflate
  /** Rejects the call that is under way: zlib does not answer a write that it failed on, nor one that it was closed in. */
  #fail: ((error: Error) => void) | undefined

  constructor() {
    const options = { dictionary, flush: constants.Z_SYNC_FLUSH }
    this.#inflate = createInflate(options)
    this.#deflate = createDeflate(options)
    for (const stream of [this.#inflate, this.#deflate]) {
      stream.on('error', (error) => this.#fail?.(error))
      stream.on('close', () => this.#fail?.(new Error('the SPDY connection is closed')))
    }
  }

  async encode(headers: Headers): Promise<Buffer> {
    const entries = Object.entries(headers)
    return this.#pass(
      this.#deflate,
      Buffer.concat([
        uint32(entries.length),
        ...entries.flatMap(([name, value]) => [counted(name.toLowerCase()), counted(value)]),
      ]),
    )
  }

  /** Rejects for what is no header block. */
  async decode(block: Buffer): Promise<Headers> {
    const plain = await this.#pass(this.#inflate, block)
    const headers: Record<string, string> = {}
    let at = 4
    const text = (): string => {
      const length = plain.readUInt32BE(at)
      at += 4 + length
      if (at > plain.length) throw new Error('a SPDY header is longer than its block')
      return plain.toString('latin1', at - length, at)
    }
    for (let left = plain.readUInt32BE(0); left > 0; left--) {
      const name = text()
      headers[name] = text()
    }
    return headers
  }

  close(): void {
    this.#inflate.destroy()
    this.#deflate.destroy()
  }

  async #pass(stream: Inflate | Deflate, input: Buffer): Promise<Buffer> {
    if (stream.destroyed) throw new Error('the SPDY connection is closed')
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject
      stream.write(input, () => resolve())
    })
    const chunks: Buffer[] = []
    let length = 0
    for (let chunk: Buffer | null; (chunk = stream.read() as Buffer | null) !== null;) {
      length += chunk.length
      if (length > blockBytesMax) throw new Error('a SPDY header block is too large')
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
}

function counted(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  return Buffer.concat([uint32(bytes.length), bytes])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}
