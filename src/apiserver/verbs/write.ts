/** create, update, patch, delete and deletecollection, generic over the resource. */
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { isRecord, objectKey } from '../../kube/object.ts'
import { jsonPatch, mergePatch, PatchError } from '../../kube/patch.ts'
import { badRequest, conflict, failure, invalid, methodNotAllowed, notFound } from '../../kube/status.ts'
import { jsonPatchType, mergePatchType, readObject, readOptions, readPatch, strategicPatchType } from '../body.ts'
import type { ResourceDefinition } from '../definition.ts'
import { deleteObject, type Propagation } from '../garbage-collector.ts'
import { admitCreate, admitDelete } from '../namespaces.ts'
import { selectionOf } from '../selection.ts'
import { strategicMergePatch } from '../strategic-merge.ts'
import type { KubeObject } from '../types.ts'
import { createObject, identified, updateObject } from '../write.ts'
import { keyOf, type VerbContext } from './context.ts'
import { EncodedList } from './read.ts'

const isDryRun = (exchange: Exchange): boolean => exchange.request.query.get('dryRun') === 'All'

const warningHeaders = (warnings: readonly string[]): { headers?: Record<string, string[]> } =>
  warnings.length === 0
    ? {}
    : { headers: { warning: warnings.map((text) => `299 - "${text.replaceAll('"', '\\"')}"`) } }

const valueReply = (
  context: VerbContext,
  definition: ResourceDefinition,
  status: number,
  object: KubeObject,
  warnings: readonly string[] = [],
): Reply => {
  const stored = context.store.get(definition, objectKey(object.metadata))
  if (stored?.value === object) return { status, ...warningHeaders(warnings), body: { kind: 'value', value: stored } }
  return { ...jsonReply(status, object), ...warningHeaders(warnings) }
}

export async function create(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const { request } = exchange
  if (request.name !== '')
    throw request.subresource === '' ? methodNotAllowed('create') : subresourceMissing(definition, exchange)
  const { value, warnings } = await readObject(exchange)
  const object = identified(definition, request, value)
  admitCreate(context.store, definition, object)
  return valueReply(
    context,
    definition,
    201,
    createObject(context.store, definition, object, isDryRun(exchange)),
    warnings,
  )
}

export async function update(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const { request } = exchange
  const { value, warnings } = await readObject(exchange)
  const object = identified(definition, request, value)
  const { name = '' } = object.metadata
  if (name !== request.name) {
    throw badRequest(
      name === ''
        ? 'name must be provided'
        : `the name of the object (${name}) does not match the name on the URL (${request.name})`,
    )
  }
  const before = context.store.require(definition, keyOf(exchange))
  if (definition.custom === true && (object.metadata.resourceVersion ?? '') === '') {
    throw invalid(definition, name, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ])
  }
  const after = updateObject(context.store, definition, before, object, request.subresource, isDryRun(exchange))
  return valueReply(context, definition, 200, after, warnings)
}

export async function patch(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const { request } = exchange
  const accepted = [jsonPatchType, mergePatchType, ...(definition.custom === true ? [] : [strategicPatchType])]
  const { value, type, warnings } = await readPatch(exchange, accepted)
  const before = context.store.require(definition, keyOf(exchange))
  const object = identified(definition, request, applied(type, before.value, value))
  // A patch without a resourceVersion is no optimistic lock: the merged object still holds the stored one.
  const after = updateObject(context.store, definition, before, object, request.subresource, isDryRun(exchange))
  return valueReply(context, definition, 200, after, warnings)
}

function applied(type: string, target: KubeObject, change: unknown): unknown {
  if (type === jsonPatchType) {
    try {
      return jsonPatch(target, change)
    } catch (error) {
      if (error instanceof PatchError)
        throw failure(
          422,
          'Invalid',
          `the server rejected our request due to an error in our request: ${error.message}`,
        )
      throw error
    }
  }
  if (!isRecord(change)) throw badRequest('json: cannot unmarshal patch: it must be an object')
  return type === mergePatchType ? mergePatch(target, change) : strategicMergePatch(target, change)
}

function subresourceMissing(definition: ResourceDefinition, exchange: Exchange): Error {
  return notFound({ group: definition.group, resource: definition.resource, name: exchange.request.name })
}

interface DeleteOptions {
  readonly propagationPolicy?: string
  readonly orphanDependents?: boolean
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly dryRun?: readonly string[]
}

async function deleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const options = await readOptions(exchange)
  const policy = exchange.request.query.get('propagationPolicy')
  return {
    ...(isRecord(options) ? options : {}),
    ...(policy === null ? {} : { propagationPolicy: policy }),
  }
}

const propagationOf = (options: DeleteOptions): Propagation =>
  options.orphanDependents === true ? 'Orphan' : ((options.propagationPolicy ?? 'Background') as Propagation)

export async function remove(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const options = await deleteOptions(exchange)
  const { store } = context
  const key = keyOf(exchange)
  const before = store.require(definition, key)
  admitDelete(definition, before.value)
  const { uid, resourceVersion } = options.preconditions ?? {}
  const ref = { group: definition.group, resource: definition.resource, name: exchange.request.name }
  const actual = before.value.metadata
  if (uid !== undefined && uid !== actual.uid) {
    throw conflict(ref, `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actual.uid}`)
  }
  if (resourceVersion !== undefined && resourceVersion !== actual.resourceVersion) {
    throw conflict(
      ref,
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${actual.resourceVersion}`,
    )
  }
  if (isDryRun(exchange) || options.dryRun?.includes('All') === true)
    return { status: 200, body: { kind: 'value', value: before } }
  const after = deleteObject(store, definition, key, propagationOf(options))
  if (store.get(definition, key) !== undefined) return { status: 200, body: { kind: 'value', value: after } }
  return jsonReply(200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: actual.name,
      ...(definition.group === '' ? {} : { group: definition.group }),
      kind: definition.resource,
      uid: actual.uid,
    },
  })
}

export async function removeCollection(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
): Promise<Reply> {
  const options = await deleteOptions(exchange)
  const { store } = context
  const selection = selectionOf(definition, exchange.request, false)
  const chosen = store
    .collection(definition)
    .list(exchange.request.namespace)
    .filter((stored) => selection === undefined || selection(stored.value))
  if (!isDryRun(exchange)) {
    for (const stored of chosen) {
      admitDelete(definition, stored.value)
      deleteObject(store, definition, stored.key, propagationOf(options))
    }
  }
  return { status: 200, body: { kind: 'value', value: new EncodedList(definition, chosen, store.revision) } }
}
