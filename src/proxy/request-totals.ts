/** Counts what passes, by cluster, verb and code: unfaulted requests are totals, never journal entries of their own. */
import type { Handler } from '../kube/handler.ts'

export interface RequestTotal {
  readonly cluster: string
  readonly verb: string
  readonly code: number
  readonly count: number
}

export class RequestTotals {
  readonly #counts = new Map<string, Map<string, Map<number, number>>>()
  #listener: ((verb: string, code: number) => void) | undefined

  around(cluster: string, upstream: Handler): Handler {
    return async (exchange) => {
      const reply = await upstream(exchange)
      this.#add(cluster, exchange.request.verb, reply.status)
      return reply
    }
  }

  /** Tells one listener of every answer: the metrics endpoint, where there is one. */
  listen(listener: (verb: string, code: number) => void): void {
    this.#listener = listener
  }

  /** What was counted since the last call; forgets it. */
  take(): RequestTotal[] {
    const totals: RequestTotal[] = []
    for (const [cluster, verbs] of this.#counts) {
      for (const [verb, codes] of verbs) for (const [code, count] of codes) totals.push({ cluster, verb, code, count })
    }
    this.#counts.clear()
    return totals
  }

  #add(cluster: string, verb: string, code: number): void {
    let verbs = this.#counts.get(cluster)
    if (verbs === undefined) this.#counts.set(cluster, (verbs = new Map<string, Map<number, number>>()))
    let codes = verbs.get(verb)
    if (codes === undefined) verbs.set(verb, (codes = new Map<number, number>()))
    codes.set(code, (codes.get(code) ?? 0) + 1)
    this.#listener?.(verb, code)
  }
}
