/** PATCH: the kinds of patches that change what is there. */
import type { User } from '../access/authenticate.ts'
import type { Exchange, Reply } from '../../kube/handler.ts'
import { apiVersionOf, isRecord } from '../../kube/object.ts'
import { isConflict, type StatusError } from '../../kube/status.ts'
import { applyPatchType, patchTypeOf, readPatch, type PatchBody } from '../patch-body.ts'
import type { ResourceDefinition } from '../definition.ts'
import { viewIn } from '../versions.ts'
import { updateObject } from '../write.ts'
import { readPatched } from './read-patched.ts'
import { apply, appliesToNothing } from './apply.ts'
import type { VerbContext } from './context.ts'
import { requireSame } from './same-kind.ts'
import { requireStored, updates, writeOptions, writtenReply } from './written.ts'

/** A patch without a resourceVersion that another write overtakes is tried again this often. */
const patchAttempts = 5

export async function patch(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const type = patchTypeOf(definition, exchange)
  const isApply = type === applyPatchType
  const body = await readPatch(exchange, type, () => {
    if (!isApply || !appliesToNothing(definition, exchange)) requireStored(context, definition, exchange)
  })
  const once = isApply ? apply : patchOnce
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
  body: PatchBody,
): Promise<Reply> {
  const { request } = exchange
  const before = requireStored(context, definition, exchange)
  const shown = viewIn(definition, before)
  const live = (shown instanceof Promise ? await shown : shown).value
  const { object: sent, warnings, whole } = readPatched(definition, exchange, live, body)
  const { kind } = definition
  const object = { ...sent, apiVersion: apiVersionOf(definition), kind }
  requireSame(definition, exchange, before, object, whole)
  const own = updates(context, definition, exchange, live, object)
  const options = writeOptions(context, definition, exchange, user, 'UPDATE', own)
  // A patch without a resourceVersion is no optimistic lock: the merged object still holds the stored one.
  const after = await updateObject(context.store, definition, before, object, request.subresource, options)
  const { admission } = options
  return writtenReply(context, definition, exchange, { object: after, before: live, warnings, admission })
}
