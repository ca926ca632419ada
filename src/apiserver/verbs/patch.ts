/** PATCH: of every kind, server-side apply among them. */
import type { User } from '../access/authenticate.ts'
import type { Exchange, Reply } from '../../kube/handler.ts'
import { apiVersionOf, isRecord, kindText } from '../../kube/object.ts'
import {
  badRequest,
  conflict,
  failure,
  forbiddenValue,
  invalid,
  invalidValue,
  isConflict,
  required,
  type StatusError,
} from '../../kube/status.ts'
import { applyPatchType, jsonPatchType, mergePatchType, readPatch, strategicPatchType, type ReadBody } from '../body.ts'
import { TypeMismatch } from '../../kube/types/go-value.ts'
import { asPrinted, conformed, undecodable } from '../conform.ts'
import type { ResourceDefinition } from '../definition.ts'
import { admitInstance } from '../custom/termination.ts'
import { admitCreate } from '../namespaces.ts'
import { ownedAsApplied, ownersOf, writerOf } from '../ownership.ts'
import { invalidOptions } from '../request-options.ts'
import { withoutRepeatedOwners } from '../repeated-owners.ts'
import { wireType } from '../represent.ts'
import { identityLooks } from '../rules/metadata-update.ts'
import { viewIn } from '../versions.ts'
import { createObject, updateObject } from '../write.ts'
import { identified, placed, requireNamed, unrecognized, withMetadata } from '../identify.ts'
import { patchedText } from '../patch-text.ts'
import { KindProblem, requireBuiltIn, requireCustom, saidKind } from '../said-kind.ts'
import { appliedConfig, nameSaid, saysNoName } from './applied-config.ts'
import { keyOf, type VerbContext } from './context.ts'
import { applied } from './patched.ts'
import { requireStored, updates, writeOptions, writtenReply } from './written.ts'
import type { KubeObject } from '../types.ts'

/** A patch without a resourceVersion that another write overtakes is tried again this often. */
const patchAttempts = 5

export async function patch(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const strategic = definition.custom === true ? [] : [strategicPatchType]
  const body = await readPatch(exchange, [jsonPatchType, mergePatchType, ...strategic, applyPatchType])
  const once = body.type === applyPatchType ? apply : patchOnce
  if (body.type !== applyPatchType && exchange.request.query.has('force'))
    throw invalidOptions('PatchOptions', forbiddenValue('force', 'may not be specified for non-apply patch'))
  const locked = isRecord(body.value) && isRecord(body.value['metadata']) && 'resourceVersion' in body.value['metadata']
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(context, definition, exchange, user, body)
    } catch (error) {
      const overtaken = isConflict(error) && !locked && (error as StatusError).status.details?.causes === undefined
      if (!overtaken || attempt === patchAttempts) throw error
    }
  }
}

async function patchOnce(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
  body: ReadBody & { readonly type: string },
): Promise<Reply> {
  const { request } = exchange
  const before = requireStored(context, definition, exchange)
  const shown = viewIn(definition, before)
  const live = (shown instanceof Promise ? await shown : shown).value
  const patched = applied(definition, body.type, live, body.value)
  if (!isRecord(patched)) throw badRequest(unrecognized(definition))
  const whole = withMetadata(patched)
  requireSameKind(definition, exchange, whole, body)
  const { object: sent, warnings } = withoutRepeatedOwners(exchange, conformed(definition, exchange, whole, body, live))
  const { kind } = definition
  const object = { ...placed(definition, request, sent), apiVersion: apiVersionOf(definition), kind }
  const { name, uid } = object.metadata
  requireNamed(request, name)
  if (uid !== undefined && uid !== '' && uid !== live.metadata.uid) {
    const cause = invalidValue('metadata.uid', uid, 'field is immutable')
    throw invalid(
      definition,
      live.metadata.name,
      Array.from({ length: identityLooks(definition, request.subresource) }, () => cause),
    )
  }
  const own = updates(context, definition, exchange, live, object)
  const options = writeOptions(context, definition, exchange, user, 'UPDATE', own)
  // A patch without a resourceVersion is no optimistic lock: the merged object still holds the stored one.
  const after = await updateObject(context.store, definition, before, object, request.subresource, options)
  const { admission } = options
  return writtenReply(context, definition, exchange, { object: after, before: live, warnings, admission })
}

/** Throws where a patch makes another kind of an object; a strategic merge can't, whatever it says. */
function requireSameKind(
  definition: ResourceDefinition,
  exchange: Exchange,
  patched: KubeObject,
  body: ReadBody & { readonly type: string },
): void {
  if (body.type === strategicPatchType) {
    const [field] = [patched.apiVersion, patched.kind].filter(
      (said: unknown) => said !== undefined && typeof said !== 'string',
    )
    if (field === undefined) return
    const problem = Number.isInteger(field) ? 'cannot convert int64 to string' : 'unrecognized type: string'
    throw undecodable(definition, exchange, patched, body, problem)
  }
  try {
    const { group, version, kind } = saidKind(patched)
    if (definition.custom === true) {
      if (kind === '') throw new KindProblem(`Object 'Kind' is missing in '${patchedText(patched, {}, undefined)}'`)
      requireCustom(definition, patched, patched.metadata.name, true)
    } else {
      if (group === '' && version === '') requireNamed(exchange.request, '')
      requireBuiltIn(definition, patched, () => patchedText(patched, body.value, wireType(definition)))
    }
  } catch (error) {
    throw error instanceof KindProblem
      ? undecodable(definition, exchange, patched, body, error.message)
      : (error as Error)
  }
}

/** The applied object as the type has it; throws 500 for what the schema lets through and the type doesn't. */
function converted(definition: ResourceDefinition, object: KubeObject, said: string, isNew: boolean): KubeObject {
  try {
    const printed = asPrinted(definition, object, true)
    return definition.custom === true ? { ...printed, metadata: asTyped(printed.metadata, isNew) } : printed
  } catch (error) {
    if (!(error instanceof TypeMismatch)) throw error
    const kind = kindText(apiVersionOf(definition), definition.kind)
    throw failure(
      500,
      undefined,
      `failed to convert new object (${said}; ${kind}) to proper version: unable to convert unstructured object to ${kind}: ${error.unstructured}`,
    )
  }
}

const listed = ['labels', 'annotations', 'finalizers', 'ownerReferences']

/** Metadata has its type in custom resources, too: nothing is no map, no list and no text. A new object has no empty ones. */
function asTyped(metadata: KubeObject['metadata'], isNew: boolean): KubeObject['metadata'] {
  const typed = Object.entries(metadata).flatMap(([name, value]: [string, unknown]) => {
    if (!listed.includes(name)) return [[name, value]]
    if (value === null || (isNew && Object.keys(value as object).length === 0)) return []
    return [[name, isRecord(value) ? texts(value) : value]]
  })
  return Object.fromEntries(typed) as KubeObject['metadata']
}

const texts = (map: Record<string, unknown>): Record<string, unknown> =>
  Object.values(map).includes(null)
    ? Object.fromEntries(Object.entries(map).map(([key, value]) => [key, value ?? '']))
    : map

/** Server-side apply: creates what isn't there, unless through a subresource. */
async function apply(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
  body: ReadBody,
): Promise<Reply> {
  const { request } = exchange
  const { store, clock } = context
  if ((request.query.get('fieldManager') ?? '') === '')
    throw invalidOptions('PatchOptions', required('fieldManager', 'is required for apply patch'))
  const config = appliedConfig(definition, exchange, body.value)
  const before = store.get(definition, keyOf(definition, exchange))
  const creates =
    request.subresource === '' || (request.subresource === 'status' && definition.createdByStatus !== undefined)
  if (before === undefined && !creates) requireStored(context, definition, exchange)
  const shown = before === undefined ? undefined : viewIn(definition, before)
  const live = (shown instanceof Promise ? await shown : shown)?.value
  const { uid } = config.metadata
  if (before === undefined && typeof uid === 'string' && uid !== '') {
    throw conflict(
      { group: definition.group, resource: definition.resource, name: request.name },
      `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    )
  }
  const said = nameSaid(body.value)
  const writer = writerOf(definition, exchange, clock, 'Apply')
  const owning = ownedAsApplied(definition, live, config, writer, request.query.get('force') === 'true', said)
  const owned = owning instanceof Promise ? await owning : owning
  if (said.endsWith('/') && (before === undefined || saysNoName(body.value))) requireNamed(request, '')
  const operation = before === undefined ? 'CREATE' : 'UPDATE'
  const options = {
    ...writeOptions(context, definition, exchange, user, operation, ownersOf(owned)),
    keepsNulls: true,
    allocatesNothing: request.subresource !== '',
  }
  const { admission } = options
  const wanted = identified(
    definition,
    request,
    owned === live ? owned : converted(definition, owned, said, live === undefined),
  )
  const { object, warnings } = withoutRepeatedOwners(exchange, { object: wanted, warnings: body.warnings })
  if (before === undefined) {
    admitInstance(store, definition, object)
    admitCreate(store, definition, object.metadata)
    const created = await createObject(store, definition, object, options)
    return writtenReply(context, definition, exchange, { object: created, asked: object, warnings, admission })
  }
  const after = await updateObject(store, definition, before, object, request.subresource, options)
  return writtenReply(context, definition, exchange, { object: after, before: live, warnings, admission })
}
