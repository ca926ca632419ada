/**
 * A client's connection without a network: function calls that can be refused, reset and frozen like sockets, so
 * that a rehearsal meets the same connection faults as a soak.
 */
import {
  carriedBy,
  ConnectionError,
  type Exchange,
  type Handler,
  type Reply,
  type WatchStream,
} from '../kube/handler.ts'
import type { Direction } from './connection.ts'
import type { FaultEngine } from './engine.ts'

/** A cluster's front door in a rehearsal. */
export class SimulatedListener {
  readonly handler: Handler
  #refusals = 0
  #close: (() => void) | undefined

  constructor(engine: FaultEngine, cluster: string, handler: Handler) {
    this.handler = handler
    this.#close = engine.listening(cluster, {
      refuse: () => {
        this.#refusals++
        return () => void this.#refusals--
      },
    })
  }

  get accepts(): boolean {
    return this.#close !== undefined && this.#refusals === 0
  }

  close(): void {
    this.#close?.()
    this.#close = undefined
  }
}

/** A client that connects on first use and again after every reset. `find` looks up who listens at the address now. */
export function simulatedClient(
  engine: FaultEngine,
  cluster: string,
  find: () => SimulatedListener | undefined,
): { handler: Handler; close(): void } {
  let connection: SimulatedConnection | undefined
  return {
    async handler(exchange) {
      const listener = find()
      if (connection === undefined || connection.listener !== listener || connection.ended) {
        connection?.reset()
        connection = undefined
        if (listener === undefined || !listener.accepts)
          throw new ConnectionError('ECONNREFUSED', `connect to ${cluster}`)
        connection = new SimulatedConnection(engine, cluster, listener)
      }
      return connection.send(exchange)
    },
    close() {
      connection?.reset()
      connection = undefined
    },
  }
}

class SimulatedConnection {
  readonly listener: SimulatedListener
  readonly #resets = new Set<() => void>()
  readonly #disconnected: () => void
  #frozen = 0
  #thawed: (() => void)[] = []
  ended = false

  constructor(engine: FaultEngine, cluster: string, listener: SimulatedListener) {
    this.listener = listener
    this.#disconnected = engine.connected(cluster, this)
  }

  reset(): void {
    if (this.ended) return
    this.ended = true
    this.#disconnected()
    for (const each of [...this.#resets]) each()
    this.#resets.clear()
  }

  freeze(_direction: Direction): () => void {
    this.#frozen++
    return () => {
      if (--this.#frozen > 0) return
      const waiting = this.#thawed
      this.#thawed = []
      for (const resume of waiting) resume()
    }
  }

  async send(exchange: Exchange): Promise<Reply> {
    const cut = new AbortController()
    const onLeave = (): void => cut.abort(exchange.signal.reason)
    const onReset = (): void => cut.abort(new ConnectionError('ECONNRESET', 'connection reset by peer'))
    exchange.signal.addEventListener('abort', onLeave, { once: true })
    this.#resets.add(onReset)
    const leave = (): void => {
      exchange.signal.removeEventListener('abort', onLeave)
      this.#resets.delete(onReset)
    }
    try {
      if (this.#frozen > 0) await this.#passage(cut.signal)
      const inner = carriedBy(exchange, this, cut.signal)
      const reply = await raceAbort(this.listener.handler(inner), cut.signal)
      if (this.#frozen > 0) await this.#passage(cut.signal)
      if (reply.body.kind !== 'watch') {
        leave()
        return reply
      }
      return { ...reply, body: { kind: 'watch', stream: this.#carry(reply.body.stream, cut.signal, leave) } }
    } catch (error) {
      leave()
      throw cut.signal.aborted ? cut.signal.reason : error
    }
  }

  /** A stream stalls with its connection and breaks with it. */
  #carry(source: WatchStream, signal: AbortSignal, leave: () => void): WatchStream {
    const onAbort = (): void => source.close()
    signal.addEventListener('abort', onAbort, { once: true })
    const end = (): void => {
      signal.removeEventListener('abort', onAbort)
      leave()
    }
    return {
      next: async () => {
        const batch = await source.next()
        if (this.#frozen > 0) await this.#passage(signal).catch(() => {})
        if (signal.aborted && signal.reason instanceof ConnectionError) {
          end()
          throw signal.reason
        }
        if (batch === undefined) end()
        return batch
      },
      close: () => {
        end()
        source.close()
      },
    }
  }

  #passage(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason as Error)
    if (this.#frozen === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const onAbort = (): void => reject(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      this.#thawed.push(() => {
        signal.removeEventListener('abort', onAbort)
        if (!signal.aborted) resolve(this.#passage(signal))
      })
    })
  }
}

function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
