/**
 * Keeps the status of PodDisruptionBudgets, which evictions go by. What has been evicted is deleted at once here, so
 * nothing waits for a deletion that never comes. Source: k8s.io/kubernetes/pkg/controller/disruption.
 */
import { rfc3339, type Clock } from '../../base/clock.ts'
import { isConditionTrue, controllerOf, objectKey, type Condition } from '../../kube/object.ts'
import { labelSelectorMatcher } from '../../kube/selector.ts'
import { podDisruptionBudgets, type Budget } from '../resources/poddisruptionbudgets.ts'
import { pods } from '../resources/pods.ts'
import { isOver } from '../rules/pod-status.ts'
import { keepStatus } from './status-keeper.ts'
import { withDisruptionAllowed, type BudgetStatus } from '../rules/disruption.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'

/** `later` runs outside of the write that caused it. */
export const startDisruption = (store: ObjectStore, clock: Clock, later: (run: () => void) => void): (() => void) =>
  keepStatus(store, clock, later, {
    definition: podDisruptionBudgets,
    counts: (other) => other === pods || other.scale !== undefined,
    statusOf: (budget) => statusOf(store, budget as Budget, rfc3339(clock.wallMs())),
  })

function statusOf(store: ObjectStore, budget: Budget, now: string): BudgetStatus {
  const { selector } = budget.spec ?? {}
  const selects = selector === undefined ? () => false : labelSelectorMatcher(selector)
  const { namespace, generation = 0 } = budget.metadata
  const covered = store
    .collection(pods)
    .list(namespace)
    .map(({ value }) => value)
    .filter((pod) => !isOver(pod) && selects(pod.metadata.labels))
  const staying = covered.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const disrupted = Object.entries(budget.status?.disruptedPods ?? {}).filter(([name]) =>
    staying.some(({ metadata }) => metadata.name === name),
  )
  const going = new Set(disrupted.map(([name]) => name))
  const currentHealthy = staying.filter((pod) => !going.has(pod.metadata.name) && isReady(pod)).length
  const { expectedPods, desiredHealthy } = expected(store, budget, covered)
  const status = {
    ...(disrupted.length === 0 ? {} : { disruptedPods: Object.fromEntries(disrupted) }),
    observedGeneration: generation,
    disruptionsAllowed: expectedPods <= 0 ? 0 : Math.max(0, currentHealthy - desiredHealthy),
    currentHealthy,
    desiredHealthy,
    expectedPods,
    ...(budget.status?.conditions === undefined ? {} : { conditions: budget.status.conditions }),
  }
  return withDisruptionAllowed(status, now)
}

const isReady = (pod: KubeObject): boolean =>
  isConditionTrue((pod.status as { conditions?: Condition[] } | undefined)?.conditions, 'Ready')

function expected(
  store: ObjectStore,
  { spec = {} }: Budget,
  covered: readonly KubeObject[],
): { expectedPods: number; desiredHealthy: number } {
  const { minAvailable, maxUnavailable } = spec
  if (maxUnavailable !== undefined) {
    const expectedPods = scaleOf(store, covered)
    return { expectedPods, desiredHealthy: Math.max(0, expectedPods - count(maxUnavailable, expectedPods)) }
  }
  const expectedPods = typeof minAvailable === 'string' ? scaleOf(store, covered) : covered.length
  return { expectedPods, desiredHealthy: count(minAvailable ?? 0, expectedPods) }
}

const count = (value: number | string, of: number): number =>
  typeof value === 'number' ? value : Math.ceil((of * Number.parseFloat(value)) / 100)

/** How many pods those who control these want, deployments rather than their replica sets; nobody counts the others. */
function scaleOf(store: ObjectStore, covered: readonly KubeObject[]): number {
  const replicas = new Map<string, number>()
  for (const pod of covered) {
    let controller = controllerIn(store, pod)
    while (controller !== undefined) {
      const above = controllerIn(store, controller)
      if (above === undefined) break
      controller = above
    }
    if (controller === undefined) continue
    const { replicas: wanted = 1 } = controller.spec as { replicas?: number }
    replicas.set(controller.metadata.uid as string, wanted)
  }
  return [...replicas.values()].reduce((sum, each) => sum + each, 0)
}

/** What controls an object, of a kind that has a scale. */
function controllerIn(store: ObjectStore, object: KubeObject): KubeObject | undefined {
  const owner = controllerOf(object)
  const definition = owner === undefined ? undefined : store.registry.byKind(owner.apiVersion, owner.kind)
  if (owner === undefined || definition?.scale === undefined) return undefined
  const found = store.get(definition, objectKey({ namespace: object.metadata.namespace, name: owner.name }))?.value
  return found?.metadata.uid === owner.uid ? found : undefined
}
