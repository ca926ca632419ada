import { z } from 'zod'
import { sleep } from '../../base/clock.ts'
import { duration } from '../../base/schema.ts'
import { strict } from '../../base/yaml-document.ts'
import { defineFault } from '../fault-kind.ts'

/** Holds a request for `delay` ± `jitter` (uniform) before it reaches the API server. Drawn once per request. */
export const latency = defineFault({
  kind: 'latency',
  plane: 'request',
  layer: 1,
  summary: 'holds each request before it reaches the API server',
  legality: 'legal',
  unit: 'request',
  schema: strict(z.strictObject({ delay: duration, jitter: duration.default(0) })),
  example: { delay: '250ms', jitter: '50ms' },
  async handle({ delay, jitter }: { delay: number; jitter: number }, exchange, next, { clock, draw }) {
    await sleep(clock, Math.max(0, delay + jitter * (2 * draw('jitter') - 1)), exchange.signal)
    return next(exchange)
  },
})
