/** What is served below an object, apart from its status: one file each. */
import type { Exchange, Reply } from '../../kube/handler.ts'
import type { User } from '../access/authenticate.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { VerbContext } from '../verbs/context.ts'

export interface Subresource {
  readonly kind: string
  readonly group: string
  readonly version: string
  readonly verbs: readonly string[]
  /** Its answers have no form of a table. */
  readonly isUntabled?: true
  readonly handle: (
    context: VerbContext,
    definition: ResourceDefinition,
    exchange: Exchange,
    user: User,
  ) => Reply | Promise<Reply>
}
