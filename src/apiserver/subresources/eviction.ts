/** Deletes a pod unless a PodDisruptionBudget says no. Source: k8s.io/kubernetes/pkg/registry/core/pod/storage/eviction.go. */
import { rfc3339 } from '../../base/clock.ts'
import { jsonReply, type Exchange, type Reply } from '../../kube/handler.ts'
import { conditionOf, isRecord, type Condition } from '../../kube/object.ts'
import { labelSelectorMatcher, type LabelSelector } from '../../kube/selector.ts'
import { badRequest, failure } from '../../kube/status.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { readObject } from '../body.ts'
import { deleteObject } from '../controllers/garbage-collector.ts'
import type { ResourceDefinition } from '../definition.ts'
import { podDisruptionBudgets } from '../resources/poddisruptionbudgets.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { isDryRun, keyOf, type VerbContext } from '../verbs/context.ts'
import type { Subresource } from './subresource.ts'

type Pod = KubeObject & { status?: { phase?: string; conditions?: Condition[] } }
type Budget = KubeObject & {
  spec?: { selector?: LabelSelector; minAvailable?: number | string; maxUnavailable?: number | string }
}

async function handle(context: VerbContext, definition: ResourceDefinition, exchange: Exchange): Promise<Reply> {
  const { value } = await readObject(exchange, messageOf('policy-v1.Eviction'))
  const name = isRecord(value) && isRecord(value['metadata']) ? value['metadata']['name'] : undefined
  if (name !== undefined && name !== '' && name !== exchange.request.name)
    throw badRequest('name in URL does not match name in Eviction object')
  const { store } = context
  const pod = store.require(definition, keyOf(exchange)).value as Pod
  // A pod that is over, or not yet running, disrupts nobody.
  if (!['Succeeded', 'Failed', 'Pending'].includes(pod.status?.phase ?? '')) refuseDisruption(store, definition, pod)
  if (!isDryRun(exchange)) {
    store.update(definition, disrupted(pod, rfc3339(context.clock.wallMs())))
    deleteObject(store, definition, keyOf(exchange), 'Background', graceOf(value))
  }
  return jsonReply(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
}

/** The pod, saying why it goes. */
function disrupted(pod: Pod, lastTransitionTime: string): KubeObject {
  const conditions = pod.status?.conditions ?? []
  if (conditionOf(conditions, 'DisruptionTarget')?.status === 'True') return pod
  const target = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  }
  const others = conditions.filter(({ type }) => type !== 'DisruptionTarget')
  return { ...pod, status: { ...pod.status, conditions: [...others, target] } }
}

/** The grace that an Eviction asks for. */
function graceOf(eviction: unknown): number | undefined {
  const options = isRecord(eviction) ? eviction['deleteOptions'] : undefined
  const seconds = isRecord(options) ? options['gracePeriodSeconds'] : undefined
  return typeof seconds === 'number' ? seconds : undefined
}

function refuseDisruption(store: ObjectStore, pods: ResourceDefinition, pod: Pod): void {
  const { namespace = '' } = pod.metadata
  const budgets = store
    .collection(podDisruptionBudgets)
    .list(namespace)
    .map(({ value }) => value as Budget)
    .filter(({ spec }) => spec?.selector !== undefined && labelSelectorMatcher(spec.selector)(pod.metadata.labels))
  if (budgets.length > 1)
    throw failure(
      500,
      undefined,
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    )
  const [budget] = budgets
  if (budget === undefined) return
  const selects = labelSelectorMatcher(budget.spec?.selector ?? {})
  const covered = store
    .collection(pods)
    .list(namespace)
    .map(({ value }) => value as Pod)
    .filter(({ metadata }) => selects(metadata.labels))
  const healthy = covered.filter(
    (each) =>
      conditionOf(each.status?.conditions, 'Ready')?.status === 'True' && each.metadata.deletionTimestamp === undefined,
  ).length
  const desired = desiredHealthy(budget, covered.length)
  if (healthy - 1 >= desired) return
  throw failure(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [
      {
        reason: 'DisruptionBudget',
        message: `The disruption budget ${budget.metadata.name} needs ${desired} healthy pods and has ${healthy} currently`,
      },
    ],
  })
}

function desiredHealthy({ spec }: Budget, expected: number): number {
  const count = (value: number | string): number =>
    typeof value === 'number' ? value : Math.ceil((expected * Number.parseFloat(value)) / 100)
  if (spec?.minAvailable !== undefined) return count(spec.minAvailable)
  return spec?.maxUnavailable === undefined ? 0 : Math.max(0, expected - count(spec.maxUnavailable))
}

export const eviction: Subresource = { kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'], handle }
