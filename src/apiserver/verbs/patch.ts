/** PATCH: the kinds of patches that change what is there. */
import type { User } from '../access/authenticate.ts'
import { notUnmarshaled, typeMetaStruct } from '../../kube/go-print.ts'
import type { Exchange, Reply } from '../../kube/handler.ts'
import { apiVersionOf, isRecord } from '../../kube/object.ts'
import { isConflict, type StatusError } from '../../kube/status.ts'
import { applyPatchType, patchTypeOf, readPatch, strategicPatchType, type PatchBody } from '../patch-body.ts'
import { conformed, undecodable, unknownWarnings } from '../conform.ts'
import type { ResourceDefinition } from '../definition.ts'
import { withoutRepeatedOwners } from '../repeated-owners.ts'
import { wireType } from '../represent.ts'
import { viewIn } from '../versions.ts'
import { updateObject } from '../write.ts'
import { placed, requireNamed, withMetadata } from '../identify.ts'
import { patchedText } from '../patch-text.ts'
import { KindProblem, requireBuiltIn, requireReadable, saidKind } from '../said-kind.ts'
import { applied } from './patched.ts'
import { apply, appliesToNothing } from './apply.ts'
import type { VerbContext } from './context.ts'
import { requireSame } from './same-kind.ts'
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
  const patched = applied(definition, live, body)
  if (!isRecord(patched)) {
    const problem = `couldn't get version/kind; json parse error: ${notUnmarshaled(patched, typeMetaStruct)}`
    throw undecodable(definition, exchange, patched as KubeObject, body, problem)
  }
  requireSameKind(definition, exchange, patched as unknown as KubeObject, body)
  const whole = withMetadata(patched)
  const { object: sent, warnings } = withoutRepeatedOwners(exchange, conformed(definition, exchange, whole, body, live))
  const { kind } = definition
  const object = { ...placed(definition, request, sent), apiVersion: apiVersionOf(definition), kind }
  const { name } = object.metadata
  requireNamed(request, name)
  requireSame(definition, exchange, before, object, whole)
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
  body: PatchBody,
): void {
  if (body.type === strategicPatchType) {
    const [field] = [patched.kind, patched.apiVersion].filter(
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
      requireReadable(patched)
    } else {
      if (group === '' && version === '') refuseInternal(definition, exchange, patched, body, kind)
      requireBuiltIn(definition, patched, () => patchedText(patched, body.value, wireType(definition)))
    }
  } catch (error) {
    throw error instanceof KindProblem
      ? undecodable(definition, exchange, patched, body, error.message)
      : (error as Error)
  }
}

/** What says no version is decoded as a type of the server's own, whose fields have no names in JSON. Throws. */
function refuseInternal(
  definition: ResourceDefinition,
  exchange: Exchange,
  patched: KubeObject,
  body: PatchBody,
  kind: string,
): void {
  if (kind !== '' && kind !== definition.kind)
    throw new KindProblem(
      `no kind "${kind}" is registered for the internal version of group "${definition.group}" in scheme "pkg/runtime/scheme.go:111"`,
    )
  const { kind: _, apiVersion: __, ...fields } = patched
  unknownWarnings(definition, exchange, patched, body, Object.keys(fields).sort())
  requireNamed(exchange.request, '')
}
