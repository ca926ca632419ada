/** Who has still to clean up a namespace. Source: k8s.io/kubernetes/pkg/registry/core/namespace/storage, FinalizeREST. */
import { jsonReply } from '../../kube/handler.ts'
import { apiVersionOf, isRecord } from '../../kube/object.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { asPrinted } from '../conform.ts'
import { readObject } from '../body.ts'
import { ownedUpdate, ownersOf, writerOf } from '../ownership.ts'
import type { KubeObject } from '../types.ts'
import { isDryRun, keyOf } from '../verbs/context.ts'
import { withNoted } from '../warnings.ts'
import { mutableMetadata } from '../endpoint.ts'
import { identified } from '../identify.ts'
import type { Subresource } from './subresource.ts'

const handle: Subresource['handle'] = async (context, definition, exchange, user) => {
  const { value } = await readObject(exchange, messageOf('core-v1.Namespace'))
  const sent = identified(definition, exchange.request, value)
  const before = context.store.require(definition, keyOf(definition, exchange))
  const allowed = (asked: KubeObject): KubeObject => {
    const changed = withFinalizers(before.value, asked)
    return definition.defaults?.(changed) ?? changed
  }
  const writer = writerOf(definition, exchange, context.clock, 'Update')
  const own = allowed(sent)
  const owned = ownersOf(context.tracksOwnership ? ownedUpdate(definition, before.value, own, writer) : own)
  const { name } = before.value.metadata
  const admission = context.webhooks.for({ definition, operation: 'UPDATE', exchange, user, name })
  const { kind } = definition
  const whole = asPrinted(definition, {
    ...(definition.defaults?.(sent) ?? sent),
    apiVersion: apiVersionOf(definition),
    kind,
  })
  const mutated = admission === undefined ? sent : ((await admission.mutate(owned(whole), before.value)) as KubeObject)
  const after = owned(allowed(mutated))
  await admission?.validate(after, before.value)
  return withNoted(
    exchange,
    jsonReply(200, isDryRun(exchange) ? after : context.store.update(definition, after, before.revision).value),
  )
}

/** Of all else than metadata only the finalizers change. */
function withFinalizers(before: KubeObject, asked: KubeObject): KubeObject {
  const { spec } = asked
  const given = isRecord(spec) && Array.isArray(spec['finalizers']) ? (spec['finalizers'] as unknown[]) : []
  const { finalizers: _, ...kept } = (before.spec ?? {}) as { finalizers?: string[] }
  return {
    ...before,
    metadata: mutableMetadata(before, asked),
    spec: given.length === 0 ? kept : { ...kept, finalizers: given },
  }
}

export const finalize: Subresource = { kind: 'Namespace', group: '', version: 'v1', verbs: ['update'], handle }
