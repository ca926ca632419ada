/** What is written and not stored: questions, orders, evictions, token requests. Webhooks see all of them. */
import type { User } from '../access/authenticate.ts'
import type { Exchange } from '../../kube/handler.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import type { VerbContext } from './context.ts'
import { updates } from './written.ts'

interface Admitted {
  /** As mutating webhooks leave it, with whose it is. */
  readonly object: KubeObject
  /** Throws what validating webhooks say against it, as the server has made it. */
  readonly validate: (object: KubeObject) => Promise<void>
}

/** `kind`: what the objects below a resource are. */
export async function admitted(
  context: VerbContext,
  definition: ResourceDefinition,
  kind: ResourceDefinition,
  exchange: Exchange,
  user: User,
  sent: KubeObject,
): Promise<Admitted> {
  const name = exchange.request.name || (sent.metadata.name ?? '')
  const below = kind === definition ? {} : { kind }
  const admission = context.webhooks.for({ definition, ...below, operation: 'CREATE', exchange, user, name })
  const owned = (await updates(context, kind, exchange, undefined, sent)?.(sent)) ?? sent
  if (admission === undefined) return { object: owned, validate: async () => {} }
  const object = (await admission.mutate(owned, undefined)) as KubeObject
  return { object, validate: (made) => admission.validate(made, undefined) }
}
