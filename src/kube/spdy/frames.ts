/** SPDY/3.1 frames on a byte stream. Source: the SPDY protocol, draft 3.1, section 2.2. */

export const controlTypes = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const

export const finFlag = 0x01

export type Frame =
  | { readonly kind: 'data'; readonly stream: number; readonly flags: number; readonly payload: Buffer }
  | { readonly kind: 'control'; readonly type: number; readonly flags: number; readonly payload: Buffer }

/** Clients cut their data into chunks of 32 KiB; a frame beyond this is not theirs. */
const payloadBytesMax = 1 << 20

export function encodeFrame(frame: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(8 + frame.payload.length)
  bytes.writeUInt32BE(frame.kind === 'data' ? frame.stream : 0x80030000 + frame.type)
  bytes.writeUInt32BE(frame.flags * 0x1000000 + frame.payload.length, 4)
  frame.payload.copy(bytes, 8)
  return bytes
}

/** Cuts bytes that arrive in any pieces into frames. Throws for what can't be a frame. */
export class FrameReader {
  #pending: Buffer = Buffer.alloc(0)

  push(chunk: Buffer): Frame[] {
    let bytes = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk])
    const frames: Frame[] = []
    while (bytes.length >= 8) {
      const head = bytes.readUInt32BE(0)
      const length = bytes.readUIntBE(5, 3)
      if (head >= 0x80000000 && head >>> 16 !== 0x8003)
        throw new Error(`a SPDY frame of version ${(head >>> 16) & 0x7fff}, not 3`)
      if (length > payloadBytesMax) throw new Error(`a SPDY frame of ${length} bytes is too large`)
      if (bytes.length < 8 + length) break
      const flags = bytes[4] as number
      const payload = bytes.subarray(8, 8 + length)
      if (head < 0x80000000) frames.push({ kind: 'data', stream: head, flags, payload })
      else frames.push({ kind: 'control', type: head & 0xffff, flags, payload })
      bytes = bytes.subarray(8 + length)
    }
    this.#pending = bytes
    return frames
  }
}
