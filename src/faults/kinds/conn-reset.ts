import { z } from 'zod'
import { strict } from '../../base/yaml-document.ts'
import { ConnectionError } from '../../kube/handler.ts'
import { defineFault } from '../fault-kind.ts'

/**
 * Resets the connection of a request: before it reaches the API server (`request`), or after the API server has
 * answered and before the client hears of it (`response`), which leaves a write ambiguous.
 */
export const connReset = defineFault({
  kind: 'conn.reset',
  plane: 'request',
  layer: 3,
  summary: 'resets the connection of a matching request, before it or after its answer',
  legality: 'ambient',
  unit: 'request',
  schema: strict(z.strictObject({ at: z.enum(['request', 'response']).default('request') })),
  example: { at: 'response' },
  async handle({ at }: { at: 'request' | 'response' }, exchange, next, { reset }) {
    if (at === 'response') {
      const reply = await next(exchange)
      if (reply.body.kind === 'watch') reply.body.stream.close()
    }
    reset()
    throw new ConnectionError('ECONNRESET', 'read: connection reset by peer')
  },
})
