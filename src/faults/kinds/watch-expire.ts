import { z } from 'zod'
import { strict } from '../../base/yaml-document.ts'
import { statusReply } from '../../kube/handler.ts'
import { expired } from '../../kube/status.ts'
import { defineFault } from '../fault-kind.ts'

interface Spec {
  readonly variant: 'inStream' | 'http'
}

/**
 * The watch is too old. `inStream` as the watch cache says it: HTTP 200, one ERROR event with a 410 Status, a
 * clean end (k8s.io/apiserver/pkg/storage/cacher/cacher.go). `http`: a 410 answer to the opening, as aggregated
 * servers and proxies do.
 */
export const watchExpire = defineFault({
  kind: 'watch.expire',
  plane: 'stream',
  summary: 'ends watches with 410 Expired, in the stream or as the answer to the opening',
  legality: 'legal',
  unit: 'stream',
  schema: strict(z.strictObject({ variant: z.enum(['inStream', 'http']).default('inStream') })),
  example: { variant: 'inStream' },
  strike({ variant }: Spec, stream) {
    if (variant === 'http') stream.close()
    else
      stream.expire(
        expired(
          `too old resource version: ${stream.facts.resourceVersion} (${Number(stream.facts.resourceVersion) + 1})`,
        ).status,
      )
    return undefined
  },
  refuse({ variant }: Spec) {
    return variant === 'http'
      ? statusReply(expired('The resourceVersion for the provided watch is too old.').status)
      : undefined
  },
})
