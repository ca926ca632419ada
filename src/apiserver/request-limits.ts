/** How many requests at once: kube-apiserver's 429. Source: k8s.io/apiserver/pkg/server/filters/maxinflight.go. */
import type { Clock } from '../base/clock.ts'
import { textReply, type Exchange, type Reply } from '../kube/handler.ts'
import { RequestMetrics, type InFlight } from './request-metrics.ts'

export class RequestLimits {
  readonly metrics = new RequestMetrics()
  readonly #clock: Clock
  readonly #max: number
  readonly #inFlight = { mutating: 0, readOnly: 0 }

  constructor(clock: Clock, max = Number.POSITIVE_INFINITY) {
    this.#clock = clock
    this.#max = max
  }

  get inFlight(): InFlight {
    return this.#inFlight
  }

  /** Runs a request within the limit; watches are long and don't count. */
  async around(exchange: Exchange, run: () => Promise<Reply>): Promise<Reply> {
    const { request } = exchange
    const started = this.#clock.now()
    const counted = (reply: Reply): Reply => {
      this.metrics.count(exchange, reply.status, (this.#clock.now() - started) / 1000)
      return reply
    }
    if (request.verb === 'watch') return counted(await run())
    const { mutating, readOnly } = this.#inFlight
    if (mutating + readOnly >= this.#max)
      return counted(textReply(429, 'Too many requests, please try again later.\n', { 'retry-after': '1' }))
    const kind = request.method === 'GET' || request.method === 'HEAD' ? 'readOnly' : 'mutating'
    this.#inFlight[kind]++
    try {
      return counted(await run())
    } finally {
      this.#inFlight[kind]--
    }
  }
}
