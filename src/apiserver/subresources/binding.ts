/** Puts a pod on a node, as schedulers do. Source: k8s.io/kubernetes/pkg/registry/core/pod/storage, BindingREST. */
import { rfc3339 } from '../../base/clock.ts'
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { isRecord, type Condition } from '../../kube/object.ts'
import { aggregated, badRequest, conflict, failure, notSupported, required } from '../../kube/status.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { readObject } from '../body.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import { isDryRun, keyOf, type VerbContext } from '../verbs/context.ts'
import type { Subresource } from './subresource.ts'

type Pod = KubeObject & {
  readonly spec?: { readonly nodeName?: string }
  readonly status?: { readonly conditions?: readonly Condition[] }
}

async function handle(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const { value } = await readObject(exchange, messageOf('core-v1.Binding'))
  const target = isRecord(value) && isRecord(value['target']) ? value['target'] : undefined
  if (target === undefined) throw badRequest('the object provided is unrecognized (must be of type Binding)')
  const { kind = '', name = '' } = target
  const problems = [
    ...(kind === '' || kind === 'Node' ? [] : [notSupported('target.kind', kind, ['Node', '<empty>'])]),
    ...(name === '' ? [required('target.name')] : []),
  ].map(({ field, message }) => `${field}: ${message}`)
  if (problems.length > 0) throw failure(500, undefined, aggregated(problems))
  const before = context.store.require(definition, keyOf(exchange))
  const pod = before.value as Pod
  const refused = (why: string): Error =>
    conflict({ group: '', resource: 'pods/binding', name: pod.metadata.name }, `pod ${pod.metadata.name} ${why}`)
  if (pod.metadata.deletionTimestamp !== undefined) throw refused('is being deleted, cannot be assigned to a host')
  const { nodeName = '' } = pod.spec ?? {}
  if (nodeName !== '') throw refused(`is already assigned to node ${JSON.stringify(nodeName)}`)
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: rfc3339(context.clock.wallMs()),
  }
  const others = pod.status?.conditions?.filter(({ type }) => type !== 'PodScheduled') ?? []
  const bound = {
    ...pod,
    spec: { ...pod.spec, nodeName: name },
    status: { ...pod.status, conditions: [...others, scheduled] },
  }
  if (!isDryRun(exchange)) context.store.update(definition, bound, before.revision)
  return jsonReply(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

export const binding: Subresource = { kind: 'Binding', group: '', version: 'v1', verbs: ['create'], handle }
