import { z } from 'zod'
import { strict } from '../../base/yaml-document.ts'
import { expired } from '../../kube/status.ts'
import { defineFault } from '../fault-kind.ts'

interface Spec {
  readonly mode: 'stream'
  readonly onStop: 'close' | 'resume' | 'expire'
}

/**
 * A frozen stream: the connection is fine and answers pings, health checks are green, and no event comes.
 * `onStop` says what follows: a clean end, the held events in order, or 410. (A frozen socket is conn.blackhole.)
 */
export const watchHang = defineFault({
  kind: 'watch.hang',
  plane: 'stream',
  summary: 'holds back every event of a watch while everything else stays green',
  legality: 'ambient',
  unit: 'stream',
  schema: strict(
    z.strictObject({
      mode: z.enum(['stream']).default('stream'),
      onStop: z.enum(['close', 'resume', 'expire']).default('close'),
    }),
  ),
  example: { mode: 'stream', onStop: 'close' },
  strike({ onStop }: Spec, stream) {
    const resume = stream.hang()
    return () => {
      if (onStop === 'close') stream.close()
      if (onStop === 'expire')
        stream.expire(
          expired(
            `too old resource version: ${stream.facts.resourceVersion} (${Number(stream.facts.resourceVersion) + 1})`,
          ).status,
        )
      resume()
    }
  },
})
