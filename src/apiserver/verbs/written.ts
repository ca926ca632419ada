/** What every write has in common: whose it is, and how it is answered. */
import type { Exchange, Reply } from '../../kube/handler.ts'
import { objectKey } from '../../kube/object.ts'
import type { User } from '../access/authenticate.ts'
import type { Authorize } from '../access/escalation.ts'
import { bare, withOwners } from '../apply/changes.ts'
import type { Admission } from '../admission/admission.ts'
import type { ResourceDefinition } from '../definition.ts'
import { fitsWhereIgnored, ownedAsUpdated, writerOf } from '../ownership.ts'
import { podSecurityWarnings } from '../pod-security/admission.ts'
import { objectReply } from '../represent.ts'
import { Stored } from '../stored.ts'
import type { KubeObject } from '../types.ts'
import { viewIn } from '../versions.ts'
import { finalizerWarnings, noteWarnings, warningHeaders } from '../warnings.ts'
import type { Own, WriteOptions } from '../write.ts'
import { isDryRun, keyOf, type VerbContext } from './context.ts'
import { tableOptions, wantedIn } from './read.ts'

export async function valueReply(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  status: number,
  object: KubeObject,
  warnings: readonly string[],
): Promise<Reply> {
  const { headers } = warningHeaders(warnings)
  const current = context.store.get(definition, objectKey(object.metadata))
  // What a dry run made is in no store.
  const stored = current?.value === object ? current : new Stored(object, 0)
  const wanted = wantedIn(definition, exchange)
  const shown = viewIn(definition, stored)
  return objectReply(
    status,
    definition,
    shown instanceof Promise ? await shown : shown,
    wanted,
    () => tableOptions(context, exchange),
    headers,
  )
}

export const requireStored = (context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Stored =>
  context.store.require(definition, keyOf(definition, exchange))

/** Ownership of a plain write; undefined where nobody tracks it. */
export function updates(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  live: KubeObject | undefined,
  wanted: KubeObject,
): Own | undefined {
  if (!context.tracksOwnership) return undefined
  if (!fitsWhereIgnored(definition, exchange.request.subresource, live, wanted)) return bare
  const writer = writerOf(definition, exchange, context.clock, 'Update')
  const { managedFields: given } = wanted.metadata
  // Custom resources have no empty lists in their metadata once they are read.
  const managedFields = definition.custom === true && given?.length === 0 ? undefined : given
  return (after) => ownedAsUpdated(definition, live, withOwners(after, managedFields), writer)
}

/** How a request's write is done: whether at all, by whom, and past which webhooks. */
export const writeOptions = (
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
  operation: 'CREATE' | 'UPDATE',
  own: Own | undefined,
  name = exchange.request.name,
): WriteOptions => ({
  dryRun: isDryRun(exchange),
  verb: exchange.request.verb,
  own,
  admission: context.webhooks.for({ definition, operation, exchange, user, name }),
  ...validNote(definition, exchange),
  ...(definition.madeBy === undefined
    ? {}
    : { madeBy: (object: KubeObject) => definition.madeBy?.(object, user) ?? object }),
  ...(definition.authorize === undefined
    ? {}
    : { authorize: authorizing(definition.authorize, context, exchange, user) }),
})

const authorizing =
  (authorize: Authorize, { rbac }: VerbContext, { request }: Exchange, user: User) =>
  (object: KubeObject, before?: KubeObject): void => {
    const { namespace, name, subresource } = request
    authorize(object, before, { user, rbac, namespace, name, subresource })
  }

interface Written {
  readonly object: KubeObject
  /** What it replaces; absent where it is new. */
  readonly before?: KubeObject | undefined
  /** What its client sent, of a new one. */
  readonly asked?: KubeObject
  readonly warnings: readonly string[]
  readonly admission: Admission | undefined
}

/** The answer to a create, an update or a patch, with all that its client is told. */
export const writtenReply = (
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  { object, before, asked = object, warnings, admission }: Written,
): Promise<Reply> => {
  const { subresource } = exchange.request
  return valueReply(context, definition, exchange, before === undefined ? 201 : 200, object, [
    ...warnings,
    ...(tellerOf(definition, subresource)?.(object, before, asked) ?? []),
    ...podSecurityWarnings(definition, object, before, context.store, subresource),
    ...(admission?.warnings ?? []),
  ])
}

type Teller = (object: KubeObject, before: KubeObject | undefined, asked: KubeObject) => readonly string[]

function tellerOf({ custom, warn, warnStatus }: ResourceDefinition, subresource: string): Teller | undefined {
  if (subresource === 'status') return warnStatus
  if (subresource !== '') return undefined
  return custom === true ? finalizerWarnings : warn
}

/** What is told of something valid is told although somebody has something against it. */
function validNote(definition: ResourceDefinition, exchange: Exchange): Pick<WriteOptions, 'valid'> {
  const tell = tellerOf(definition, exchange.request.subresource)
  if (tell === undefined) return {}
  return {
    valid: (object, before, asked = object) =>
      // Of a custom resource there is next to nothing to work out.
      noteWarnings(
        exchange,
        definition.custom === true ? tell(object, before, asked) : () => tell(object, before, asked),
      ),
  }
}
