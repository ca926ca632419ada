/** create, update and patch, generic over the resource. */
import type { User } from '../access/authenticate.ts'
import type { Exchange, Reply } from '../../kube/handler.ts'
import { notUnmarshaled } from '../../kube/go-print.ts'
import { apiVersionOf, isRecord, objectKey } from '../../kube/object.ts'
import {
  badRequest,
  conflict,
  forbiddenValue,
  invalid,
  invalidValue,
  isConflict,
  methodNotAllowed,
  notFound,
  required,
  type StatusCause,
  type StatusError,
} from '../../kube/status.ts'
import type { Admission } from '../admission/admission.ts'
import {
  applyPatchType,
  jsonPatchType,
  MalformedBody,
  mergePatchType,
  quoted,
  readObject,
  readPatch,
  strategicPatchType,
  type ReadBody,
} from '../body.ts'
import { asPrinted, conformed, type Conformed } from '../conform.ts'
import type { ResourceDefinition } from '../definition.ts'
import { admitCreate } from '../namespaces.ts'
import { ownedApply, ownedUpdate, ownersOf, writerOf } from '../ownership.ts'
import { invalidOptions } from '../request-options.ts'
import { wireType, objectReply } from '../represent.ts'
import { Stored } from '../stored.ts'
import { finalizerWarnings, warningHeaders } from '../warnings.ts'
import type { KubeObject } from '../types.ts'
import { viewIn } from '../versions.ts'
import { createObject, identified, updateObject, type Own } from '../write.ts'
import { appliedConfig, nameSaid } from './applied-config.ts'
import { isDryRun, keyOf, type VerbContext } from './context.ts'
import { applied } from './patched.ts'
import { tableOptions, wantedIn } from './read.ts'

async function valueReply(
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

const requireStored = (context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Stored =>
  context.store.require(definition, keyOf(exchange))

/** Ownership of a plain write; undefined where nobody tracks it. */
function updates(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  live: KubeObject | undefined,
  wanted: KubeObject,
): Own | undefined {
  if (!context.tracksOwnership) return undefined
  const writer = writerOf(definition, exchange, context.clock, 'Update')
  const { managedFields } = wanted.metadata
  return (after) =>
    ownedUpdate(
      definition,
      live,
      { ...after, metadata: { ...after.metadata, ...(managedFields === undefined ? {} : { managedFields }) } },
      writer,
    )
}

/** The object that a create or an update sends, as the kind has it. */
async function readWhole(definition: ResourceDefinition, exchange: Exchange): Promise<Conformed> {
  const unrecognized = `the object provided is unrecognized (must be of type ${definition.kind}): `
  const body = await readObject(exchange, wireType(definition)).catch((error: unknown) => {
    throw error instanceof MalformedBody
      ? badRequest(`${unrecognized}${error.message} (${error.quoted})`)
      : (error as Error)
  })
  const whole = body.value === null ? {} : body.value
  if (!isRecord(whole)) {
    const problem = notUnmarshaled(whole, typeMetaText)
    const sent = Buffer.from(quoted(body.text ?? '')).toString('hex')
    throw badRequest(`${unrecognized}couldn't get version/kind; json parse error: ${problem} (${sent})`)
  }
  // Built-in kinds are known by their path, custom ones have to say what they are.
  if (definition.custom === true && body.text !== undefined && !whole['kind'])
    throw badRequest(`${unrecognized}Object 'Kind' is missing in '${body.text}' (${quoted(body.text)})`)
  return conformed(definition, exchange, identified(definition, exchange.request, whole), body)
}

/** The struct that Go reads the kind with. */
const typeMetaText =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

export async function create(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const { request } = exchange
  if (request.name !== '')
    throw request.subresource === '' ? methodNotAllowed() : subresourceMissing(definition, exchange)
  const { object: sent, warnings } = await readWhole(definition, exchange)
  const object = withoutSystemFields(definition.madeBy?.(sent, user) ?? sent)
  if (definition.review !== undefined) {
    const { rbac, access: authenticators } = context
    const own = updates(context, definition, exchange, undefined, object)
    const asked = own?.(object) ?? object
    const answer = definition.review(asked, { rbac, authenticators, user, namespace: request.namespace })
    const { kind } = definition
    return valueReply(
      context,
      definition,
      exchange,
      201,
      { ...answer, kind, apiVersion: apiVersionOf(definition) },
      warnings,
    )
  }
  admitCreate(context.store, definition, object)
  const own = updates(context, definition, exchange, undefined, object)
  const admission = context.webhooks.for({ definition, operation: 'CREATE', exchange, user })
  const options = { dryRun: isDryRun(exchange), own, admission }
  const created = await createObject(context.store, definition, object, options)
  return valueReply(context, definition, exchange, 201, created, warned(said(definition, warnings, created), admission))
}

/** Of a new object's metadata the server says these, whatever the client says. Source: WipeObjectMetaSystemFields. */
function withoutSystemFields(object: KubeObject): KubeObject {
  const { selfLink, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, ...metadata } =
    object.metadata as KubeObject['metadata'] & { selfLink?: string }
  const none = [selfLink, uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds].every(
    (value) => value === undefined,
  )
  return none ? object : { ...object, metadata }
}

const warned = (warnings: readonly string[], admission: Admission | undefined): readonly string[] =>
  admission === undefined ? warnings : [...warnings, ...admission.warnings]

/** What a write of the object is told besides: `before` is what it replaces. */
const said = (
  definition: ResourceDefinition,
  warnings: readonly string[],
  object: KubeObject,
  before?: KubeObject,
): readonly string[] =>
  definition.custom === true
    ? [...warnings, ...finalizerWarnings(object, before)]
    : definition.warn === undefined
      ? warnings
      : [...warnings, ...definition.warn(object, before)]

export async function update(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const { request } = exchange
  const { object, warnings } = await readWhole(definition, exchange)
  const { name = '' } = object.metadata
  if (name !== request.name) {
    throw badRequest(
      name === ''
        ? `the name of the object (${request.name} based on URL) was undeterminable: name must be provided`
        : `the name of the object (${name}) does not match the name on the URL (${request.name})`,
    )
  }
  const before = requireStored(context, definition, exchange)
  const shown = viewIn(definition, before)
  const live = (shown instanceof Promise ? await shown : shown).value
  if (definition.custom === true && (object.metadata.resourceVersion ?? '') === '') {
    // The resource stands where the kind would: so it is.
    throw invalid({ group: definition.group, kind: definition.resource }, name, [
      {
        reason: 'FieldValueInvalid',
        field: 'metadata.resourceVersion',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ])
  }
  const own = updates(context, definition, exchange, live, object)
  const admission = context.webhooks.for({ definition, operation: 'UPDATE', exchange, user })
  const options = { dryRun: isDryRun(exchange), own, admission }
  const after = await updateObject(context.store, definition, before, object, request.subresource, options)
  const told = said(definition, warnings, after, live)
  return valueReply(context, definition, exchange, 200, after, warned(told, admission))
}

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
  const { object, warnings } = conformed(definition, exchange, identified(definition, request, patched), body, live)
  const { name, uid } = object.metadata
  if (name !== undefined && name !== live.metadata.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${request.name})`)
  if (uid !== undefined && uid !== live.metadata.uid)
    throw invalid(definition, live.metadata.name, immutableUid(definition, uid))
  const own = updates(context, definition, exchange, live, object)
  const admission = context.webhooks.for({ definition, operation: 'UPDATE', exchange, user })
  const options = { dryRun: isDryRun(exchange), own, admission }
  // A patch without a resourceVersion is no optimistic lock: the merged object still holds the stored one.
  const after = await updateObject(context.store, definition, before, object, request.subresource, options)
  const told = said(definition, warnings, after, live)
  return valueReply(context, definition, exchange, 200, after, warned(told, admission))
}

function immutableUid({ custom }: ResourceDefinition, uid: string): Required<StatusCause>[] {
  const cause = invalidValue('metadata.uid', uid, 'field is immutable')
  return custom === true ? [cause, cause] : [cause] // looked at twice, as in write.ts
}

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
  const before = store.get(definition, keyOf(exchange))
  if (before === undefined && request.subresource !== '') requireStored(context, definition, exchange)
  const shown = before === undefined ? undefined : viewIn(definition, before)
  const live = (shown instanceof Promise ? await shown : shown)?.value
  if (before === undefined && (config.metadata.uid ?? '') !== '') {
    throw conflict(
      { group: definition.group, resource: definition.resource, name: request.name },
      `uid mismatch: the provided object specified uid ${config.metadata.uid}, and no existing object was found`,
    )
  }
  const writer = writerOf(definition, exchange, clock, 'Apply')
  const owned = ownedApply(
    definition,
    live,
    config,
    writer,
    request.query.get('force') === 'true',
    nameSaid(body.value),
  )
  const operation = before === undefined ? 'CREATE' : 'UPDATE'
  const admission = context.webhooks.for({ definition, operation, exchange, user })
  const options = { dryRun: isDryRun(exchange), own: ownersOf(owned), admission }
  const object = identified(definition, request, owned === live ? owned : asPrinted(definition, owned))
  if (before === undefined) {
    admitCreate(store, definition, object)
    const created = await createObject(store, definition, object, options)
    const told = said(definition, body.warnings, created)
    return valueReply(context, definition, exchange, 201, created, warned(told, admission))
  }
  const after = await updateObject(store, definition, before, object, request.subresource, options)
  const told = said(definition, body.warnings, after, live)
  return valueReply(context, definition, exchange, 200, after, warned(told, admission))
}

function subresourceMissing(definition: ResourceDefinition, exchange: Exchange): Error {
  return notFound({ group: definition.group, resource: definition.resource, name: exchange.request.name })
}
