/** Who has still to clean up a namespace. Source: k8s.io/kubernetes/pkg/registry/core/namespace/storage, FinalizeREST. */
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { isRecord } from '../../kube/object.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { readObject } from '../body.ts'
import type { ResourceDefinition } from '../definition.ts'
import { ownedUpdate, writerOf } from '../ownership.ts'
import type { KubeObject } from '../types.ts'
import { isDryRun, keyOf, type VerbContext } from '../verbs/context.ts'
import { mutableMetadata } from '../write.ts'
import { identified } from '../identify.ts'
import type { Subresource } from './subresource.ts'

async function handle(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const { value } = await readObject(exchange, messageOf('core-v1.Namespace'))
  const sent = identified(definition, exchange.request, value)
  const { spec } = sent
  const before = context.store.require(definition, keyOf(definition, exchange))
  const given = isRecord(spec) && Array.isArray(spec['finalizers']) ? (spec['finalizers'] as unknown[]) : []
  const { finalizers: _, ...kept } = before.value.spec as { finalizers?: string[] }
  const metadata = mutableMetadata(before.value, sent)
  const changed: KubeObject = {
    ...before.value,
    metadata,
    spec: given.length === 0 ? kept : { ...kept, finalizers: given },
  }
  const wanted = definition.defaults?.(changed) ?? changed
  const writer = writerOf(definition, exchange, context.clock, 'Update')
  const after = context.tracksOwnership ? ownedUpdate(definition, before.value, wanted, writer) : wanted
  return jsonReply(200, isDryRun(exchange) ? after : context.store.update(definition, after, before.revision).value)
}

export const finalize: Subresource = { kind: 'Namespace', group: '', version: 'v1', verbs: ['update'], handle }
