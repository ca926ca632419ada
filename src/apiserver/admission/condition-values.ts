/** The variables of match conditions, with their values. Source: k8s.io/apiserver/pkg/admission/plugin/cel/condition.go. */
import { isRecord } from '../../kube/object.ts'
import { Authorizer, type Access } from '../cel/library/authorizer.ts'
import type { KubeObject } from '../types.ts'
import type { AdmissionRequest } from './admission.ts'
import { conditionRequest } from './review.ts'

/** An object without a schema: whole numbers are ints. */
export function untyped(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(untyped)
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, untyped(item)]))
}

/** What a condition is asked of. */
export interface Subject {
  readonly object: KubeObject | undefined
  readonly old: KubeObject | undefined
  readonly dryRun: boolean
  readonly access: Access
}

export function conditionValues(
  request: AdmissionRequest,
  { object, old, dryRun, access }: Subject,
): Record<string, unknown> {
  const { group, resource } = request.definition
  const { namespace, subresource } = request.exchange.request
  const { name } = (object ?? old)?.metadata ?? { name: request.exchange.request.name }
  return {
    object: untyped(object ?? null),
    oldObject: untyped(old ?? null),
    request: untyped(conditionRequest(request, object ?? old, dryRun)),
    // Webhooks' conditions may name it, and find it empty.
    namespaceObject: {},
    authorizer: new Authorizer(access, request.user, { group, resource, subresource, namespace, name }),
  }
}
