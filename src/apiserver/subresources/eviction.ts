/** Deletes a pod unless a PodDisruptionBudget says no. Source: k8s.io/kubernetes/pkg/registry/core/pod/storage/eviction.go. */
import { rfc3339 } from '../../base/clock.ts'
import { admitted } from '../verbs/admitted.ts'
import { jsonReply } from '../../kube/handler.ts'
import { isConditionTrue, type Condition } from '../../kube/object.ts'
import { labelSelectorMatcher } from '../../kube/selector.ts'
import { badRequest, failure } from '../../kube/status.ts'
import { deleteObject } from '../controllers/deletion.ts'
import { builtIn } from '../definition.ts'
import { podDisruptionBudgets, type Budget } from '../resources/poddisruptionbudgets.ts'
import { withDisruptionAllowed } from '../rules/disruption.ts'
import { ownedUpdate, ownWriter } from '../ownership.ts'
import { admitCreate } from '../namespaces.ts'
import type { KubeObject } from '../types.ts'
import { withNoted } from '../warnings.ts'
import { isDryDeletion, isDryRun, keyOf, type VerbContext } from '../verbs/context.ts'
import { checkPreconditions, type Preconditions } from '../verbs/preconditions.ts'
import { readWhole } from '../verbs/sent.ts'
import type { Subresource } from './subresource.ts'

type Pod = KubeObject & { status?: { phase?: string; conditions?: Condition[] } }

interface DeleteOptions extends Preconditions {
  readonly gracePeriodSeconds?: number
  readonly dryRun?: readonly string[]
}

const evictions = builtIn({ group: 'policy', version: 'v1', resource: 'evictions', kind: 'Eviction', namespaced: true })

const handle: Subresource['handle'] = async (context, definition, exchange, user) => {
  const { object: sent } = await readWhole(evictions, exchange, ['policy/v1beta1'])
  admitCreate(context.store, definition, exchange.request)
  if (sent.metadata.name !== exchange.request.name)
    throw badRequest('name in URL does not match name in Eviction object')
  const { object, validate } = await admitted(context, definition, evictions, exchange, user, sent)
  await validate(object)
  const { store } = context
  const options = (object['deleteOptions'] ?? {}) as DeleteOptions
  const pod = store.require(definition, keyOf(definition, exchange)).value as Pod
  const now = rfc3339(context.clock.wallMs())
  const dryRun = isDryRun(exchange) || isDryDeletion(options)
  // A pod that is over, not yet running, or going already disrupts nobody.
  const free = ['Succeeded', 'Failed', 'Pending'].includes(pod.status?.phase ?? '')
  if (!free && pod.metadata.deletionTimestamp === undefined) spend(context, pod, now, dryRun)
  checkPreconditions(definition, pod, options)
  if (!dryRun) {
    store.update(definition, disrupted(pod, now))
    deleteObject(store, definition, keyOf(definition, exchange), 'Background', options.gracePeriodSeconds)
  }
  return withNoted(
    exchange,
    jsonReply(201, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }),
  )
}

/** The pod, saying why it goes. */
function disrupted(pod: Pod, lastTransitionTime: string): KubeObject {
  const conditions = pod.status?.conditions ?? []
  if (isConditionTrue(conditions, 'DisruptionTarget')) return pod
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

/** Takes one disruption off the pod's budget, as its status has it. Throws 429 where there is none left. */
function spend(context: VerbContext, pod: Pod, now: string, dryRun: boolean): void {
  const { store } = context
  const budgets = store
    .collection(podDisruptionBudgets)
    .list(pod.metadata.namespace)
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
  const { name, generation = 0 } = budget.metadata
  const { observedGeneration = 0, disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = budget.status ?? {}
  if (!isConditionTrue(pod.status?.conditions, 'Ready')) {
    const spare = currentHealthy >= desiredHealthy && desiredHealthy > 0
    if (spare || budget.spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return
  }
  if (observedGeneration < generation)
    throw violated(`The disruption budget ${name} is still being processed by the server.`, 10)
  if (disruptionsAllowed <= 0)
    throw violated(
      `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    )
  if (dryRun) return
  const left = disruptionsAllowed - 1
  const spent = {
    ...budget.status,
    disruptionsAllowed: left,
    disruptedPods: { ...budget.status?.disruptedPods, [pod.metadata.name]: now },
  }
  const status = left > 0 ? spent : withDisruptionAllowed(spent, now)
  const writer = ownWriter(podDisruptionBudgets, context.clock)
  const after = { ...budget, status } as KubeObject
  store.update(
    podDisruptionBudgets,
    context.tracksOwnership ? ownedUpdate(podDisruptionBudgets, budget, after, writer) : after,
  )
}

const violated = (message: string, retryAfterSeconds?: number): Error =>
  failure(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  })

export const eviction: Subresource = {
  kind: 'Eviction',
  group: 'policy',
  version: 'v1',
  verbs: ['create'],
  forms: 'object',
  handle,
}
