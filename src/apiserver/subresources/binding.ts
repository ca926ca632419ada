/** Puts a pod on a node, as schedulers do. Source: k8s.io/kubernetes/pkg/registry/core/pod/storage, BindingREST. */
import { rfc3339 } from '../../base/clock.ts'
import type { User } from '../access/authenticate.ts'
import { admitted } from '../verbs/admitted.ts'
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import type { Condition } from '../../kube/object.ts'
import { causesText, badRequest, conflict, failure, notSupported, required } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import { admitCreate } from '../namespaces.ts'
import { topologyLabels, withLabels } from '../rules/pod-topology.ts'
import type { KubeObject, LabelMap } from '../types.ts'
import { isDryRun, type VerbContext } from '../verbs/context.ts'
import { withNoted } from '../warnings.ts'
import { readWhole } from '../verbs/sent.ts'
import { otherUid } from '../lock.ts'
import type { Subresource } from './subresource.ts'

type Pod = KubeObject & {
  readonly spec?: { readonly nodeName?: string; readonly schedulingGates?: readonly object[] }
  readonly status?: { readonly conditions?: readonly Condition[]; readonly nominatedNodeName?: string }
}

interface Binding {
  readonly metadata: KubeObject['metadata']
  readonly target: { readonly kind?: string; readonly name?: string }
}

/** The pod is the binding's, by its name. */
export async function bind(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  user: User,
): Promise<Reply> {
  const { request } = exchange
  const kind = bindingKind(definition)
  const { object: sent } = await readWhole(kind, exchange)
  admitCreate(context.store, definition, { name: sent.metadata.name, namespace: request.namespace })
  const { object, validate } = await admitted(context, definition, kind, exchange, user, sent)
  await validate(object)
  const { metadata, target } = object as unknown as Binding
  const pods = context.store.registry.byKind('v1', 'Pod') as ResourceDefinition
  if (request.name !== '' && metadata.name !== request.name)
    throw badRequest('name in URL does not match name in Binding object')
  const { kind: targetKind = '', name: node = '' } = target
  const problems = [
    ...(targetKind === '' || targetKind === 'Node'
      ? []
      : [notSupported('target.kind', targetKind, ['Node', '<empty>'])]),
    ...(node === '' ? [required('target.name')] : []),
  ]
  if (problems.length > 0) throw failure(500, undefined, causesText(problems))
  if ((metadata.name ?? '') === '') throw badRequest('Name parameter required.')
  const before = context.store.require(pods, `${request.namespace}/${metadata.name}`)
  const pod = before.value as Pod
  const ref = { group: '', resource: 'pods/binding', name: pod.metadata.name }
  if ((metadata.uid ?? '') !== '' && metadata.uid !== pod.metadata.uid)
    throw conflict({ ...ref, resource: 'pods' }, otherUid(pods, pod, metadata.uid))
  const refused = (why: string): Error => conflict(ref, `pod ${pod.metadata.name} ${why}`)
  if (pod.metadata.deletionTimestamp !== undefined) throw refused('is being deleted, cannot be assigned to a host')
  const { nodeName = '' } = pod.spec ?? {}
  if (nodeName !== '') throw refused(`is already assigned to node ${JSON.stringify(nodeName)}`)
  if ((pod.spec?.schedulingGates ?? []).length > 0) throw refused('has non-empty .spec.schedulingGates')
  if (!isDryRun(exchange)) {
    const nodes = context.store.registry.byKind('v1', 'Node')
    const isAdmitted = targetKind === 'Node' && nodes !== undefined && request.name !== ''
    const labels = isAdmitted ? topologyLabels(context.store.get(nodes, node)?.value) : {}
    const bound = boundTo(pod, node, metadata.annotations, rfc3339(context.clock.wallMs()))
    context.store.update(pods, withLabels(bound, { ...metadata.labels, ...labels }), before.revision)
  }
  return withNoted(
    exchange,
    jsonReply(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }),
  )
}

/** As the kind of what is sent: the path may be that of a pod. */
const bindingKind = (definition: ResourceDefinition): ResourceDefinition => ({
  ...definition,
  resource: 'bindings',
  kind: 'Binding',
})

function boundTo(pod: Pod, nodeName: string, said: LabelMap | undefined, lastTransitionTime: string): KubeObject {
  const scheduled = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime }
  const others = pod.status?.conditions?.filter(({ type }) => type !== 'PodScheduled') ?? []
  const annotations = { ...pod.metadata.annotations, ...said }
  // Where it might have gone is of no interest any more.
  const { nominatedNodeName: _, ...status } = pod.status ?? {}
  return {
    ...pod,
    metadata: { ...pod.metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { ...pod.spec, nodeName },
    status: { ...status, conditions: [...others, scheduled] },
  }
}

export const binding: Subresource = {
  kind: 'Binding',
  group: '',
  version: 'v1',
  verbs: ['create'],
  forms: 'object',
  handle: bind,
}
