/** create and update, generic over the resource. */
import type { User } from '../access/authenticate.ts'
import type { Exchange, Reply } from '../../kube/handler.ts'
import { notUnmarshaled } from '../../kube/go-print.ts'
import { apiVersionOf, isRecord } from '../../kube/object.ts'
import { badRequest, invalid, methodNotAllowed, notFound } from '../../kube/status.ts'
import { MalformedBody, quoted, readObject } from '../body.ts'
import { conformed, type Conformed } from '../conform.ts'
import type { ResourceDefinition } from '../definition.ts'
import { admitCreate } from '../namespaces.ts'
import { wireType } from '../represent.ts'
import type { KubeObject } from '../types.ts'
import { viewIn } from '../versions.ts'
import { createObject, identified, updateObject } from '../write.ts'
import { isDryRun, type VerbContext } from './context.ts'
import { requireStored, updates, valueReply, writtenReply } from './written.ts'

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
  return writtenReply(context, definition, exchange, { object: created, warnings, admission })
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
  return writtenReply(context, definition, exchange, { object: after, before: live, warnings, admission })
}

function subresourceMissing(definition: ResourceDefinition, exchange: Exchange): Error {
  return notFound({ group: definition.group, resource: definition.resource, name: exchange.request.name })
}
