/** create and update, generic over the resource. */
import type { User } from '../access/authenticate.ts'
import type { ResourceAttributes } from '../access/policy-rule.ts'
import type { Conformed } from '../conform.ts'
import type { Exchange, Reply } from '../../kube/handler.ts'
import { apiVersionOf } from '../../kube/object.ts'
import { notFound } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import { admitInstance } from '../custom/termination.ts'
import { checkUid, requireRevision } from '../lock.ts'
import { admitCreate } from '../namespaces.ts'
import type { KubeObject } from '../types.ts'
import { viewIn } from '../versions.ts'
import { createObject, updateObject } from '../write.ts'
import { requireNamed } from '../identify.ts'
import { admitted } from './admitted.ts'
import { isDryRun, keyOf, type VerbContext } from './context.ts'
import { requireSame } from './same-kind.ts'
import { readWhole } from './sent.ts'
import { requireStored, updates, valueReply, writeOptions, writtenReply } from './written.ts'

export async function create(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const { request } = exchange
  if (request.name !== '' && request.subresource !== '') throw subresourceMissing(definition, exchange)
  const { object: sent, warnings } = await readWhole(definition, exchange)
  const object = withoutSystemFields(sent)
  if (definition.review !== undefined) {
    const { rbac, access: authenticators } = context
    const { object: asked, validate } = await admitted(context, definition, definition, exchange, user, object)
    const answer = definition.review(asked, { rbac, authenticators, user, namespace: request.namespace })
    await validate(asked)
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
  return store(context, definition, exchange, user, { object, warnings })
}

async function store(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
  { object, warnings }: Conformed,
): Promise<Reply> {
  requireSame(definition, exchange, undefined, object)
  admitInstance(context.store, definition, object)
  admitCreate(context.store, definition, object.metadata)
  const own = updates(context, definition, exchange, undefined, object)
  const { name } = object.metadata
  const options = {
    ...writeOptions(context, definition, exchange, user, 'CREATE', own, name ?? ''),
    allocatesNothing: exchange.request.subresource !== '',
  }
  const { admission } = options
  const created = await createObject(context.store, definition, object, options)
  return writtenReply(context, definition, exchange, { object: created, asked: object, warnings, admission })
}

/** Of a new object's metadata the server says these, whatever the client says. Source: WipeObjectMetaSystemFields. */
function withoutSystemFields(object: KubeObject): KubeObject {
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, ...metadata } = object.metadata
  const none = [uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds].every(
    (value) => value === undefined,
  )
  return withoutSelfLink(none ? object : { ...object, metadata })
}

/** Of a new object by an update nobody wipes the rest: it may be born going. */
function withoutSelfLink(object: KubeObject): KubeObject {
  const { selfLink, ...metadata } = object.metadata as KubeObject['metadata'] & { selfLink?: string }
  return selfLink === undefined ? object : { ...object, metadata }
}

export async function update(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const { request } = exchange
  const { object, warnings } = await readWhole(definition, exchange)
  const { name = '' } = object.metadata
  requireNamed(request, name)
  const there = context.store.get(definition, keyOf(definition, exchange)) !== undefined
  const creates =
    request.subresource === '' || (request.subresource === 'status' && definition.createdByStatus === 'update')
  if (!there && definition.createdByUpdate === true && creates) {
    context.rbac.require(user, { ...(context.rbac.attributesOf(request) as ResourceAttributes), verb: 'create' })
    // Nothing has that identity yet.
    checkUid(definition, { ...object, metadata: { ...object.metadata, uid: '' } }, object, isDryRun(exchange))
    requireRevision(object.metadata.resourceVersion)
    return store(context, definition, exchange, user, { object: withoutSelfLink(object), warnings })
  }
  const before = requireStored(context, definition, exchange)
  requireSame(definition, exchange, before, object)
  const shown = viewIn(definition, before)
  const live = (shown instanceof Promise ? await shown : shown).value
  const own = updates(context, definition, exchange, live, object)
  const options = writeOptions(context, definition, exchange, user, 'UPDATE', own)
  const after = await updateObject(context.store, definition, before, object, request.subresource, options)
  const { admission } = options
  return writtenReply(context, definition, exchange, { object: after, before: live, warnings, admission })
}

function subresourceMissing(definition: ResourceDefinition, exchange: Exchange): Error {
  return notFound({ group: definition.group, resource: definition.resource, name: exchange.request.name })
}
