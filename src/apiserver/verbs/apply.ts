/** Server-side apply. Source: k8s.io/apiserver/pkg/endpoints/handlers/patch.go, apimachinery/pkg/util/managedfields. */
import type { User } from '../access/authenticate.ts'
import type { Exchange, Reply } from '../../kube/handler.ts'
import { apiVersionOf, isRecord, kindText } from '../../kube/object.ts'
import { isTrue } from '../../kube/request.ts'
import { badRequest, conflict, failure } from '../../kube/status.ts'
import { TypeMismatch } from '../../kube/types/go-value.ts'
import { normalize } from '../../kube/types/normalize.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { asPrinted } from '../conform.ts'
import type { ResourceDefinition } from '../definition.ts'
import { admitInstance } from '../custom/termination.ts'
import { requireRevision } from '../lock.ts'
import { admitCreate } from '../namespaces.ts'
import { ownedAsApplied, ownersOf, writerOf } from '../ownership.ts'
import type { PatchBody } from '../patch-body.ts'
import { withoutRepeatedOwners } from '../repeated-owners.ts'
import { viewIn } from '../versions.ts'
import { noteWarnings } from '../warnings.ts'
import { createObject, updateObject } from '../write.ts'
import { identified, requireNamed } from '../identify.ts'
import type { KubeObject } from '../types.ts'
import { appliedConfig, nameSaid, saysNoName } from './applied-config.ts'
import { keyOf, type VerbContext } from './context.ts'
import { writeOptions, writtenReply } from './written.ts'

/** Whether an apply makes what isn't there: through a subresource it seldom does. */
export const appliesToNothing = ({ createdByStatus }: ResourceDefinition, { request }: Exchange): boolean =>
  request.subresource === '' || (request.subresource === 'status' && createdByStatus !== undefined)

/** Creates what isn't there, where that {@link appliesToNothing}. */
export async function apply(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
  body: PatchBody,
): Promise<Reply> {
  const { request } = exchange
  const { store, clock } = context
  const config = appliedConfig(definition, body.value, request.name)
  const before = store.get(definition, keyOf(definition, exchange))
  const shown = before === undefined ? undefined : viewIn(definition, before)
  const live = (shown instanceof Promise ? await shown : shown)?.value
  const { name, said } = nameSaid(body.value)
  const writer = writerOf(definition, exchange, clock, 'Apply')
  const owning = ownedAsApplied(definition, live, config, writer, isTrue(request.query.get('force')), said)
  const owned = owning instanceof Promise ? await owning : owning
  const repeated = repeatedWarnings(exchange, body)
  const wanted = identified(definition, request, owned === live ? owned : converted(definition, owned, said, live))
  if (before === undefined) requireNoUid(definition, exchange, config)
  if (name !== '' || before === undefined || saysNoName(body.value)) requireNamed(request, name)
  const operation = before === undefined ? 'CREATE' : 'UPDATE'
  const options = {
    ...writeOptions(context, definition, exchange, user, operation, ownersOf(owned)),
    keepsNulls: true,
    allocatesNothing: request.subresource !== '',
  }
  const { admission } = options
  const { object, warnings } = withoutRepeatedOwners(exchange, { object: wanted, warnings: repeated })
  if (before === undefined) {
    requireRevision(object.metadata.resourceVersion)
    const { selfLink: _, ...metadata } = object.metadata
    admitInstance(store, definition, object)
    admitCreate(store, definition, object.metadata)
    const created = await createObject(store, definition, { ...object, metadata }, options)
    return writtenReply(context, definition, exchange, { object: created, asked: object, warnings, admission })
  }
  const after = await updateObject(store, definition, before, object, request.subresource, options)
  return writtenReply(context, definition, exchange, { object: after, before: live, warnings, admission })
}

/** What is said of keys that came twice. Throws 400 where that is an error. */
function repeatedWarnings(exchange: Exchange, { warnings, errors }: PatchBody): readonly string[] {
  const mode = exchange.request.query.get('fieldValidation')
  if (mode === 'Strict' && errors !== undefined)
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${errors.join()}`)
  const told = mode === 'Ignore' ? [] : warnings
  noteWarnings(exchange, told)
  return told
}

/** Throws 409 for one that names the object it is for where there is none. */
function requireNoUid({ group, resource }: ResourceDefinition, { request }: Exchange, { metadata }: KubeObject): void {
  const { uid } = metadata as { uid?: unknown }
  if (typeof uid !== 'string' || uid === '') return
  throw conflict(
    { group, resource, name: request.name },
    `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
  )
}

/** The applied object as the type has it; throws 500 for what the schema lets through and the type doesn't. */
function converted(
  definition: ResourceDefinition,
  object: KubeObject,
  said: string,
  live: KubeObject | undefined,
): KubeObject {
  try {
    const printed = asPrinted(definition, object, true)
    return definition.custom === true
      ? { ...printed, metadata: asTyped(printed.metadata, live === undefined) }
      : printed
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

/**
 * Metadata has its type in custom resources, too: nothing is no map, no list and no text. A new object has no empty
 * ones. When it was made nobody can say.
 */
function asTyped(
  { creationTimestamp: _, ...metadata }: KubeObject['metadata'],
  isNew: boolean,
): KubeObject['metadata'] {
  requireTime(metadata.deletionTimestamp)
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

/** Throws 500 for what is no time. */
function requireTime(deletionTimestamp: unknown): void {
  if (deletionTimestamp === undefined) return
  try {
    normalize(messageOf('meta-v1.ObjectMeta'), { deletionTimestamp }, () => {})
  } catch (error) {
    throw error instanceof TypeMismatch ? failure(500, undefined, error.message) : (error as Error)
  }
}
