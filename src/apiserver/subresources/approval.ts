/** Whether a certificate is to be issued: `kubectl certificate approve`. Source: k8s.io/kubernetes/pkg/registry/certificates. */
import { rfc3339 } from '../../base/clock.ts'
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { invalid } from '../../kube/status.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { readObject } from '../body.ts'
import type { ResourceDefinition } from '../definition.ts'
import { decisionCauses, type CertificateRequest, type Decision } from '../rules/certificate-request.ts'
import { patched } from '../verbs/patched.ts'
import { isDryRun, keyOf, type VerbContext } from '../verbs/context.ts'
import { identified } from '../identify.ts'
import type { Subresource } from './subresource.ts'

async function handle(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const before = context.store.require(definition, keyOf(definition, exchange))
  const live = before.value as CertificateRequest
  if (exchange.request.verb === 'get') return jsonReply(200, live)
  const sent =
    exchange.request.verb === 'patch'
      ? await patched(definition, exchange, live)
      : (await readObject(exchange, messageOf('certificates-v1.CertificateSigningRequest'))).value
  const { status } = identified(definition, exchange.request, sent) as CertificateRequest
  const now = rfc3339(context.clock.wallMs())
  const conditions = (status?.conditions ?? []).map((condition) => dated(condition, live, now))
  const after = { ...live, status: { ...live.status, conditions } }
  const causes = decisionCauses(after, live)
  if (causes.length > 0) throw invalid(definition, live.metadata.name, causes)
  return jsonReply(200, isDryRun(exchange) ? after : context.store.update(definition, after, before.revision).value)
}

function dated(condition: Decision, { status }: CertificateRequest, now: string): Decision {
  const old = status?.conditions?.find(({ type }) => type === condition.type)
  const lastTransitionTime = old?.status === condition.status ? old.lastTransitionTime : now
  return { ...condition, lastUpdateTime: now, lastTransitionTime: lastTransitionTime ?? now }
}

export const approval: Subresource = {
  kind: 'CertificateSigningRequest',
  group: 'certificates.k8s.io',
  version: 'v1',
  verbs: ['get', 'patch', 'update'],
  handle,
}
