/** What every verb works with. */
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Exchange, Reply } from '../../kube/handler.ts'
import { objectKey } from '../../kube/object.ts'
import type { Authenticators, User } from '../access/authenticate.ts'
import type { RoleBasedAccess } from '../access/rbac.ts'
import type { DynamicAdmission } from '../admission/admission.ts'
import type { ResourceDefinition } from '../definition.ts'
import { requireStorable } from '../storage-key.ts'
import type { ObjectStore } from '../store.ts'
import type { PortDialer } from '../subresources/port-forward.ts'
import type { Watcher } from '../watcher.ts'

export interface VerbContext {
  readonly store: ObjectStore
  readonly clock: Clock
  readonly random: Random
  readonly watchers: Set<Watcher>
  /** Whether writes are recorded in managedFields: rehearsals have no use for them. */
  readonly tracksOwnership: boolean
  readonly access: Authenticators
  readonly rbac: RoleBasedAccess
  readonly webhooks: DynamicAdmission
  /** Where pods listen; absent where they have no ports. */
  readonly dialPort: PortDialer | undefined
}

export type VerbHandler = (
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
) => Reply | Promise<Reply>

/** Where the object of a request is stored. Throws where no object can be. */
export function keyOf(definition: ResourceDefinition, { request }: Exchange): string {
  requireStorable(definition, request)
  return objectKey(request)
}

/** Whether nothing is to be stored, as the query says. */
export const isDryRun = ({ request }: Exchange): boolean => request.query.get('dryRun') === 'All'

/** The same of a deletion, whose options are not only in the query. */
export const isDryDeletion = ({ dryRun }: { readonly dryRun?: readonly string[] }): boolean =>
  dryRun?.includes('All') === true
