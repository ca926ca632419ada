import { z } from 'zod'
import { defineFault } from '../fault-kind.ts'

/** Nobody listens any more: existing connections are reset, new ones refused. */
export const connRefuse = defineFault({
  kind: 'conn.refuse',
  plane: 'connection',
  summary: 'refuses new connections and resets existing ones: the API server is down',
  legality: 'ambient',
  unit: 'connection',
  schema: z.strictObject({}),
  example: {},
  refuses: true,
  strike(_spec: object, connection) {
    connection.reset()
    return undefined
  },
})
