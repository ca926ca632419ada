/**
 * A Duplex between the raw socket and TLS that can hold bytes in either direction. It exists because `pause()` on
 * the raw socket does not freeze what TLS has taken over; it costs HTTP/1.1 a third of its requests/s, so only
 * connections of clusters that a loaded plan may freeze pass one.
 */
import { Duplex } from 'node:stream'
import type { Socket } from 'node:net'
import type { Direction } from '../faults/connection.ts'

export class Gate extends Duplex {
  readonly #raw: Socket
  readonly #frozen = { clientToServer: 0, serverToClient: 0 }
  #held: { chunk: Buffer; done: (error?: Error | null) => void } | undefined
  #wantsMore = false

  constructor(raw: Socket) {
    super({ allowHalfOpen: true })
    this.#raw = raw
    raw.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) raw.pause()
    })
    raw.on('end', () => this.push(null))
    raw.on('error', (error) => this.destroy(error))
    raw.on('close', () => this.destroy())
    raw.pause()
  }

  freeze(direction: Direction): () => void {
    const held = (['clientToServer', 'serverToClient'] as const).filter(
      (each) => direction === 'both' || direction === each,
    )
    for (const each of held) this.#frozen[each]++
    if (this.#frozen.clientToServer > 0) this.#raw.pause()
    let done = false
    return () => {
      if (done) return
      done = true
      for (const each of held) this.#frozen[each]--
      this.#thaw()
    }
  }

  override _read(): void {
    this.#wantsMore = true
    if (this.#frozen.clientToServer === 0) this.#raw.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#frozen.serverToClient > 0) this.#held = { chunk, done }
    else this.#raw.write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#raw.end(() => done())
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#raw.destroy()
    const held = this.#held
    this.#held = undefined
    held?.done(error)
    done(error)
  }

  #thaw(): void {
    if (this.destroyed) return
    if (this.#frozen.clientToServer === 0 && this.#wantsMore) this.#raw.resume()
    if (this.#frozen.serverToClient > 0 || this.#held === undefined) return
    const { chunk, done } = this.#held
    this.#held = undefined
    this.#raw.write(chunk, done)
  }
}
