import { z } from 'zod'
import { duration } from '../../base/schema.ts'
import { strict } from '../../base/yaml-document.ts'
import { statusReply, textReply, type Reply } from '../../kube/handler.ts'
import type { Status } from '../../kube/status.ts'
import { defineFault } from '../fault-kind.ts'

interface Spec {
  readonly code: number
  readonly shape: 'status' | 'apf' | 'etcd'
  readonly message?: string | undefined
  readonly retryAfter: number
}

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

/**
 * An answer in the API server's stead. `status`: a Status with the code's reason. `apf`: 429 as API priority and
 * fairness sends it, text and no Status (k8s.io/apiserver/pkg/server/filters/priority-and-fairness.go).
 * `etcd`: 500 without a reason, carrying etcd's own words (responsewriters/status.go, etcd rpctypes/error.go).
 */
export const httpError = defineFault({
  kind: 'http.error',
  plane: 'request',
  layer: 2,
  summary: 'answers in the API server’s stead: a Status, a 429 of API priority and fairness, or an etcd error',
  legality: 'ambient',
  unit: 'request',
  schema: strict(
    z.strictObject({
      code: z.int().min(400).max(599).default(503),
      shape: z.enum(['status', 'apf', 'etcd']).default('status'),
      message: z.string().optional(),
      retryAfter: duration.default(1000),
    }),
  ),
  example: { code: 429, shape: 'apf', retryAfter: '1s' },
  handle: async (spec: Spec) => reply(spec),
})

function reply({ code, shape, message, retryAfter }: Spec): Reply {
  const seconds = Math.max(1, Math.round(retryAfter / 1000))
  if (shape === 'apf') {
    return textReply(429, 'Too many requests, please try again later.\n', {
      'retry-after': String(seconds),
      'x-kubernetes-pf-flowschema-uid': '7f0c2c5e-93a0-4a0d-9d0e-0d5f3c1a6f10',
      'x-kubernetes-pf-prioritylevel-uid': 'b5a1d2f4-1f5f-4c19-8a5b-6b9a2c7e4d21',
    })
  }
  const base = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure' } as const
  if (shape === 'etcd') return statusReply({ ...base, message: message ?? 'etcdserver: leader changed', code: 500 })
  const reason = reasons[code]
  const retries = code === 429 || code === 503
  const status: Status = {
    ...base,
    message:
      message ?? (code === 503 ? 'the server is currently unable to handle the request' : (reason ?? `code ${code}`)),
    ...(reason === undefined ? {} : { reason }),
    ...(retries ? { details: { retryAfterSeconds: seconds } } : {}),
    code,
  }
  return statusReply(status)
}
