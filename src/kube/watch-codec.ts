/** Watch frames on the wire: one JSON object a line. Splitting frames is this file's job and nobody else's. */
import type { WatchBatch, WatchEvent, WatchStream } from './handler.ts'
import { decodeJson } from './json.ts'
import type { Status } from './status.ts'

/** One event's frame must fit in this; a real server's objects are below 3 MiB. */
const frameBytesMax = 8 * 1024 * 1024

export function encodeFrame(type: WatchEvent['type'], object: Buffer): Buffer {
  const head = `{"type":"${type}","object":`
  // An object's bytes end with the newline of a response body; a frame wants it after the closing brace.
  const length = object[object.length - 1] === 0x0a ? object.length - 1 : object.length
  const frame = Buffer.allocUnsafe(head.length + length + 2)
  frame.write(head, 0, 'latin1')
  object.copy(frame, head.length, 0, length)
  frame[head.length + length] = 0x7d
  frame[head.length + length + 1] = 0x0a
  return frame
}

/** An event made here rather than read from a store: bookmarks, errors, replays. */
export function watchEvent(type: WatchEvent['type'], object: unknown): WatchEvent {
  let frame: Buffer | undefined
  return { type, object, frame: () => (frame ??= Buffer.from(`${JSON.stringify({ type, object })}\n`)) }
}

export const errorEvent = (status: Status): WatchEvent => watchEvent('ERROR', status)

export function batchOf(events: readonly WatchEvent[]): WatchBatch {
  let bytes: Buffer | undefined
  return {
    events,
    bytes() {
      if (bytes !== undefined) return bytes
      bytes =
        events.length === 1 ? (events[0] as WatchEvent).frame() : Buffer.concat(events.map((event) => event.frame()))
      return bytes
    },
  }
}

/** Cuts a byte stream, however it is chunked, into its newline-terminated frames. */
export class FrameSplitter {
  #rest: Buffer = Buffer.alloc(0)

  push(chunk: Uint8Array): Buffer[] {
    const data =
      this.#rest.length === 0
        ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
        : Buffer.concat([this.#rest, chunk])
    const frames: Buffer[] = []
    let start = 0
    for (let end = data.indexOf(0x0a); end >= 0; end = data.indexOf(0x0a, start)) {
      if (end > start) frames.push(data.subarray(start, end + 1))
      start = end + 1
    }
    this.#rest = Buffer.from(data.subarray(start))
    if (this.#rest.length > frameBytesMax) throw new Error(`watch frame larger than ${frameBytesMax} bytes`)
    return frames
  }
}

/** Reads a network answer as a watch. A stream that breaks ends with the error; a clean end ends it. */
export function decodeWatch(chunks: AsyncIterable<Uint8Array>, cancel: () => void): WatchStream {
  const iterator = chunks[Symbol.asyncIterator]()
  const splitter = new FrameSplitter()
  let closed = false
  return {
    async next() {
      while (!closed) {
        const step = await iterator.next()
        if (step.done === true || closed) return undefined
        const frames = splitter.push(step.value)
        if (frames.length > 0) return batchOf(frames.map(decodeFrame))
      }
      return undefined
    },
    close() {
      closed = true
      cancel()
    },
  }
}

function decodeFrame(frame: Buffer): WatchEvent {
  const { type, object } = decodeJson(frame.toString('utf8')).value as { type: WatchEvent['type']; object: unknown }
  return { type, object, frame: () => frame }
}
