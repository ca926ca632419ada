import { z } from 'zod'
import { strict } from '../../base/yaml-document.ts'
import type { Direction } from '../connection.ts'
import { defineFault } from '../fault-kind.ts'

interface Spec {
  readonly direction: Direction
  readonly streams: 'both' | 'new' | 'existing'
}

/** Nothing arrives and nothing is refused: connections stay open, silent below TLS, HTTP/2 pings unanswered. */
export const connBlackhole = defineFault({
  kind: 'conn.blackhole',
  plane: 'connection',
  summary: 'lets connections go silent without closing them: the unreachable cluster',
  legality: 'ambient',
  unit: 'connection',
  schema: strict(
    z.strictObject({
      direction: z.enum(['both', 'clientToServer', 'serverToClient']).default('both'),
      streams: z.enum(['both', 'new', 'existing']).default('both'),
    }),
  ),
  example: { direction: 'both' },
  freezes: true,
  strike: ({ direction }: Spec, connection) => connection.freeze(direction),
})
