/** Who has still to clean up a namespace. Source: k8s.io/kubernetes/pkg/registry/core/namespace/storage, FinalizeREST. */
import { jsonReply } from '../../kube/handler.ts'
import { apiVersionOf, isRecord } from '../../kube/object.ts'
import { invalid, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'
import { asPrinted } from '../conform.ts'
import { ownedUpdate, ownersOf, writerOf } from '../ownership.ts'
import type { KubeObject } from '../types.ts'
import { isDryRun, keyOf } from '../verbs/context.ts'
import { withNoted } from '../warnings.ts'
import { mutableMetadata } from '../endpoint.ts'
import { requireNamed } from '../identify.ts'
import { checkUid, checkVersion } from '../lock.ts'
import { spelled } from '../rules/causes.ts'
import { standardFinalizerCauses } from '../rules/metadata.ts'
import { isCause, updatedMetadataCauses } from '../rules/metadata-update.ts'
import { readWhole } from '../verbs/sent.ts'
import type { Subresource } from './subresource.ts'

const handle: Subresource['handle'] = async (context, definition, exchange, user) => {
  const { object: sent } = await readWhole(definition, exchange)
  requireNamed(exchange.request, sent.metadata.name)
  const before = context.store.require(definition, keyOf(definition, exchange))
  checkUid(definition, before.value, sent, isDryRun(exchange))
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
  checkVersion(definition, before, mutated)
  const after = owned(allowed(mutated))
  const causes = [
    ...updatedMetadataCauses(definition, after, before.value, sent, 'finalize').filter(isCause),
    ...finalizersOf(after).flatMap((each, index) => finalizerCauses(each, `spec.finalizers[${index}]`)),
  ]
  if (causes.length > 0) throw invalid(definition, name, causes)
  await admission?.validate(after, before.value)
  return withNoted(
    exchange,
    jsonReply(200, isDryRun(exchange) ? after : context.store.update(definition, after, before.revision).value),
  )
}

const finalizersOf = ({ spec }: KubeObject): readonly string[] =>
  (spec as { finalizers?: readonly string[] } | undefined)?.finalizers ?? []

/** Source: k8s.io/kubernetes/pkg/apis/core/validation, validateFinalizerName. */
const finalizerCauses = (name: string, at: string): Required<StatusCause>[] => [
  ...spelled(at, name, qualifiedNameProblems),
  ...standardFinalizerCauses([name], () => at),
]

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

export const finalize: Subresource = {
  kind: 'Namespace',
  group: '',
  version: 'v1',
  verbs: ['update'],
  forms: 'object',
  handle,
}
