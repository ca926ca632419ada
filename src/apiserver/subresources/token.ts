/** A token for a service account. Source: k8s.io/kubernetes/pkg/registry/core/serviceaccount/storage/token.go. */
import { rfc3339 } from '../../base/clock.ts'
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { isRecord } from '../../kube/object.ts'
import { invalid, invalidValue } from '../../kube/status.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { readObject } from '../body.ts'
import type { ResourceDefinition } from '../definition.ts'
import { keyOf, type VerbContext } from '../verbs/context.ts'
import type { Subresource } from './subresource.ts'

const minSeconds = 600
const defaultSeconds = 3600

async function handle(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const { value } = await readObject(exchange, messageOf('authentication-v1.TokenRequest'))
  const account = context.store.require(definition, keyOf(exchange)).value
  const spec = isRecord(value) && isRecord(value['spec']) ? value['spec'] : {}
  const expirationSeconds = Number(spec['expirationSeconds'] ?? defaultSeconds)
  if (expirationSeconds < minSeconds)
    throw invalid({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, '', [
      invalidValue('spec.expirationSeconds', expirationSeconds, 'may not specify a duration less than 10 minutes'),
    ])
  const audiences = Array.isArray(spec['audiences']) ? spec['audiences'].map(String) : []
  const { name, namespace } = account.metadata
  return jsonReply(201, {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: rfc3339(context.clock.wallMs()) },
    spec: { audiences, expirationSeconds, boundObjectRef: spec['boundObjectRef'] ?? null },
    status: {
      token: context.access.serviceAccounts.issue(account, audiences, expirationSeconds),
      expirationTimestamp: rfc3339(context.clock.wallMs() + expirationSeconds * 1000),
    },
  })
}

export const token: Subresource = {
  kind: 'TokenRequest',
  group: 'authentication.k8s.io',
  version: 'v1',
  verbs: ['create'],
  handle,
}
