/** Owners that an object names twice are kept once. Source: k8s.io/apiserver/pkg/endpoints/handlers/rest.go, dedupOwnerReferencesAndAddWarning. */
import type { Exchange } from '../kube/handler.ts'
import { deepEqual, type OwnerReference } from '../kube/object.ts'
import type { Conformed } from './conform.ts'
import { noteWarnings } from './warnings.ts'

/** A patch is looked at when webhooks have seen it, another write when it comes. */
export function withoutRepeatedOwners(exchange: Exchange, { object, warnings }: Conformed): Conformed {
  const { ownerReferences } = object.metadata
  if (!Array.isArray(ownerReferences) || ownerReferences.length < 2) return { object, warnings }
  const owners = ownerReferences as readonly OwnerReference[]
  const isRepeated = (owner: OwnerReference, index: number): boolean =>
    owners.slice(0, index).some((other) => deepEqual(other, owner))
  const repeated = owners.filter(isRepeated)
  if (repeated.length === 0) return { object, warnings }
  const when = exchange.request.verb === 'patch' ? ' after mutating admission happens' : ''
  const uids = repeated.map(({ uid = '' }) => uid).join(', ')
  const told = [
    ...warnings,
    `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${uids}`,
  ]
  noteWarnings(exchange, told)
  const kept = owners.filter((owner, index) => !isRepeated(owner, index))
  return { object: { ...object, metadata: { ...object.metadata, ownerReferences: kept } }, warnings: told }
}
