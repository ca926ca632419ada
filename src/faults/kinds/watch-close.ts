import { z } from 'zod'
import { defineFault } from '../fault-kind.ts'

/** The server ends a watch early and cleanly, as it may at any time; clients resume where they were. */
export const watchClose = defineFault({
  kind: 'watch.close',
  plane: 'stream',
  summary: 'ends watches early and cleanly',
  legality: 'legal',
  unit: 'stream',
  schema: z.strictObject({}),
  example: {},
  strike(_spec: object, stream) {
    stream.close()
    return undefined
  },
})
