/** delete and deletecollection, generic over the resource. */
import type { User } from '../access/authenticate.ts'
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import type { Admission } from '../admission/admission.ts'
import { afterDeletion, deleteObject, type Propagation } from '../controllers/deletion.ts'
import type { ResourceDefinition } from '../definition.ts'
import { deleteOptionsOf, type DeleteOptions } from '../delete-options.ts'
import { ended } from '../deleting.ts'
import { listOptionsOf } from '../list-options.ts'
import { admitDelete } from '../namespaces.ts'
import { pageOf } from '../paging.ts'
import { listReply, objectReply } from '../represent.ts'
import { requireStorable } from '../storage-key.ts'
import { Stored } from '../stored.ts'
import type { KubeObject } from '../types.ts'
import { noteWarnings, withNoted } from '../warnings.ts'
import { convertAhead, inVersion, viewIn } from '../versions.ts'
import { isDryDeletion, keyOf, type VerbContext } from './context.ts'
import { checkPreconditions } from './preconditions.ts'
import { EncodedList, tableOptions, wantedIn } from './read.ts'

const isSaid = ({ propagationPolicy, orphanDependents }: DeleteOptions): boolean =>
  propagationPolicy !== undefined || orphanDependents !== undefined

function propagationOf(definition: ResourceDefinition, options: DeleteOptions): Propagation | undefined {
  if (definition.uncollected === true) return 'Background'
  if (!isSaid(options)) return definition.orphansDependents === true ? 'Orphan' : undefined
  return options.orphanDependents === true ? 'Orphan' : ((options.propagationPolicy ?? 'Background') as Propagation)
}

/** Of kinds that warn that their dependents stay, where nobody has said so. */
const orphanWarnings = ({ orphanWarning }: ResourceDefinition, options: DeleteOptions): readonly string[] =>
  orphanWarning === undefined || isSaid(options) ? [] : [orphanWarning]

export async function remove(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const options = await deleteOptionsOf(exchange)
  noteWarnings(exchange, orphanWarnings(definition, options))
  const { store } = context
  const key = keyOf(definition, exchange)
  const before = store.require(definition, key)
  await convertAhead(definition, [before.value])
  admitDelete(definition, before.value)
  checkPreconditions(definition, before.value, options)
  const admission = admissionOf(context, definition, exchange, user, options)
  if (admission !== undefined) await admitRemoval(admission, definition, before)
  const dryRun = isDryDeletion(options)
  const nowMs = context.clock.wallMs()
  const [propagation, grace] = [propagationOf(definition, options), options.gracePeriodSeconds]
  const deleted = dryRun ? before : deleteObject(store, definition, key, propagation, grace)
  const left = dryRun
    ? afterDeletion(definition, before.value, propagation, grace, nowMs)
    : store.get(definition, key)?.value
  if (left === undefined && definition.returnsDeleted !== true)
    return withNoted(exchange, goneReply(definition, deleted.value))
  const last = new Stored(left ?? ended(definition, deleted.value, nowMs), deleted.revision)
  const wanted = wantedIn(definition, exchange)
  const shown = await viewIn(definition, last)
  const status = left !== undefined && options.orphanDependents === false ? 202 : 200
  return withNoted(
    exchange,
    objectReply(status, definition, shown, wanted, () => tableOptions(context, exchange)),
  )
}

function goneReply(definition: ResourceDefinition, object: KubeObject): Reply {
  const { name, uid } = object.metadata
  const { group, resource } = definition
  return jsonReply(200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: resource, uid },
  })
}

export async function removeCollection(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const { request } = exchange
  const listOptions = listOptionsOf(definition, request)
  const options = await deleteOptionsOf(exchange)
  noteWarnings(exchange, orphanWarnings(definition, options))
  const { store } = context
  requireStorable(definition, request)
  // The real server takes pages of its own making where none is asked for, which decides what version they are of.
  const paged = { ...listOptions, limit: listOptions.limit === 0 ? Infinity : listOptions.limit }
  const page = pageOf(store, definition, request.namespace, paged)
  const admission = admissionOf(context, definition, exchange, user, options)
  await convertAhead(
    definition,
    page.items.map(({ value }) => value),
  )
  const dryRun = isDryDeletion(options)
  for (const stored of page.items) {
    admitDelete(definition, stored.value)
    checkPreconditions(definition, stored.value, options)
    if (admission !== undefined) await admitRemoval(admission, definition, stored)
    if (!dryRun && store.get(definition, stored.key) !== undefined)
      deleteObject(store, definition, stored.key, propagationOf(definition, options), options.gracePeriodSeconds)
  }
  const shown = page.items.map((stored) => inVersion(definition, stored))
  return withNoted(
    exchange,
    listReply(
      definition,
      shown,
      page.head,
      wantedIn(definition, exchange),
      () => tableOptions(context, exchange),
      () => new EncodedList(definition, shown, page.head),
    ),
  )
}

const admissionOf = (
  { webhooks }: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
  options: DeleteOptions,
): Admission | undefined => {
  const { name } = exchange.request
  return webhooks.for({ definition, operation: 'DELETE', exchange, user, name, deletion: { ...options } })
}

async function admitRemoval(admission: Admission, definition: ResourceDefinition, stored: Stored): Promise<void> {
  const { value } = await viewIn(definition, stored)
  await admission.mutate(undefined, value)
  await admission.validate(undefined, value)
}
