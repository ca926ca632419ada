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
  /** The forms that its answers have: as a table, too, or not. Absent where they are no objects. */
  readonly forms?: 'object' | 'table'
  readonly handle: (
    context: VerbContext,
    definition: ResourceDefinition,
    exchange: Exchange,
    user: User,
  ) => Reply | Promise<Reply>
}
