/** delete and deletecollection, generic over the resource. */
import { rfc3339, type Clock } from '../../base/clock.ts'
import type { User } from '../access/authenticate.ts'
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { isRecord } from '../../kube/object.ts'
import { isTrue } from '../../kube/request.ts'
import { badRequest, invalidValue } from '../../kube/status.ts'
import type { Admission } from '../admission/admission.ts'
import { readOptions } from '../body.ts'
import { afterDeletion, deleteObject, type Propagation } from '../controllers/deletion.ts'
import type { ResourceDefinition } from '../definition.ts'
import { admitDelete } from '../namespaces.ts'
import { listReply, objectReply } from '../represent.ts'
import { requireStorable } from '../storage-key.ts'
import { Stored } from '../stored.ts'
import type { KubeObject } from '../types.ts'
import { noteWarnings, withNoted } from '../warnings.ts'
import { selectionOf } from '../selection.ts'
import { convertAhead, inVersion, viewIn } from '../versions.ts'
import { checkDryRun, checkPropagation, invalidOptions } from '../request-options.ts'
import { isDryDeletion, keyOf, type VerbContext } from './context.ts'
import { checkPreconditions, type Preconditions } from './preconditions.ts'
import { EncodedList, tableOptions, wantedIn } from './read.ts'

interface DeleteOptions extends Preconditions {
  readonly propagationPolicy?: string
  readonly orphanDependents?: boolean
  readonly dryRun?: readonly string[]
  readonly gracePeriodSeconds?: number
}

async function deleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const options = await readOptions(exchange)
  const { kind = 'DeleteOptions', apiVersion = 'v1' } = isRecord(options) ? options : {}
  if (kind !== 'DeleteOptions')
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    )
  const all: DeleteOptions = isRecord(options) ? options : queryOptions(exchange.request.query)
  if (all.orphanDependents !== undefined && (all.propagationPolicy ?? '') !== '')
    throw invalidOptions(
      'DeleteOptions',
      invalidValue(
        'propagationPolicy',
        all.propagationPolicy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    )
  checkPropagation(all.propagationPolicy)
  checkDryRun('DeleteOptions', all.dryRun ?? [])
  return all
}

/** What the query says counts where there is no body. */
function queryOptions(query: URLSearchParams): DeleteOptions {
  const policy = query.get('propagationPolicy')
  const grace = query.get('gracePeriodSeconds')
  const orphan = query.get('orphanDependents')
  return {
    ...(policy === null ? {} : { propagationPolicy: policy }),
    ...(grace === null ? {} : { gracePeriodSeconds: Number(grace) }),
    ...(orphan === null ? {} : { orphanDependents: isTrue(orphan) }),
    ...(query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {}),
  }
}

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
  const options = await deleteOptions(exchange)
  noteWarnings(exchange, orphanWarnings(definition, options))
  const { store } = context
  const key = keyOf(definition, exchange)
  const before = store.require(definition, key)
  admitDelete(definition, before.value)
  checkPreconditions(definition, before.value, options)
  const admission = admissionOf(context, definition, exchange, user, options)
  if (admission !== undefined) await admitRemoval(admission, definition, before)
  const dryRun = isDryDeletion(options)
  const [propagation, grace] = [propagationOf(definition, options), options.gracePeriodSeconds]
  const deleted = dryRun ? before : deleteObject(store, definition, key, propagation, grace)
  const left = dryRun
    ? afterDeletion(store, definition, before.value, propagation, grace)
    : store.get(definition, key)?.value
  if (left === undefined && definition.returnsDeleted !== true)
    return withNoted(exchange, goneReply(definition, deleted.value))
  const last = new Stored(left ?? gone(definition, deleted.value, context.clock), deleted.revision)
  const wanted = wantedIn(definition, exchange)
  const shown = await viewIn(definition, last)
  return withNoted(
    exchange,
    objectReply(200, definition, shown, wanted, () => tableOptions(context, exchange)),
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

/** What goes after a grace says that there was none. */
function gone(definition: ResourceDefinition, object: KubeObject, clock: Clock): KubeObject {
  if (definition.gracePeriod === undefined) return object
  const { deletionTimestamp: begun, generation = 0 } = object.metadata
  const deletionTimestamp = begun ?? rfc3339(clock.wallMs())
  const counted = generation > 0 && begun === undefined ? { generation: generation + 1 } : {}
  return { ...object, metadata: { ...object.metadata, ...counted, deletionTimestamp, deletionGracePeriodSeconds: 0 } }
}

export async function removeCollection(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const options = await deleteOptions(exchange)
  noteWarnings(exchange, orphanWarnings(definition, options))
  const { store } = context
  const selection = selectionOf(definition, exchange.request, false)
  requireStorable(definition, exchange.request)
  const chosen = store
    .collection(definition)
    .list(exchange.request.namespace)
    .filter((stored) => selection === undefined || selection(stored.value))
  const admission = admissionOf(context, definition, exchange, user, options)
  const dryRun = isDryDeletion(options)
  for (const stored of chosen) {
    admitDelete(definition, stored.value)
    checkPreconditions(definition, stored.value, options)
    if (admission !== undefined) await admitRemoval(admission, definition, stored)
    if (!dryRun && store.get(definition, stored.key) !== undefined)
      deleteObject(store, definition, stored.key, propagationOf(definition, options), options.gracePeriodSeconds)
  }
  await convertAhead(
    definition,
    chosen.map(({ value }) => value),
  )
  const head = { resourceVersion: String(store.revision) }
  const shown = chosen.map((stored) => inVersion(definition, stored))
  return withNoted(
    exchange,
    listReply(
      definition,
      shown,
      head,
      wantedIn(definition, exchange),
      () => tableOptions(context, exchange),
      () => new EncodedList(definition, shown, head),
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
