/** The status of a PodDisruptionBudget. Source: k8s.io/component-helpers/apps/poddisruptionbudget. */
import { conditionOf, type Condition } from '../../kube/object.ts'

export interface BudgetStatus {
  readonly observedGeneration?: number
  readonly disruptionsAllowed?: number
  readonly currentHealthy?: number
  readonly desiredHealthy?: number
  readonly expectedPods?: number
  readonly disruptedPods?: Readonly<Record<string, string>>
  readonly conditions?: readonly Condition[]
}

/** The status, saying whether a pod may go. */
export function withDisruptionAllowed(status: BudgetStatus, now: string): BudgetStatus {
  const allowed = (status.disruptionsAllowed ?? 0) > 0
  const before = conditionOf(status.conditions, 'DisruptionAllowed')
  const said = allowed ? 'True' : 'False'
  const condition = {
    type: 'DisruptionAllowed',
    status: said,
    observedGeneration: status.observedGeneration ?? 0,
    lastTransitionTime: before?.status === said ? (before.lastTransitionTime ?? now) : now,
    reason: allowed ? 'SufficientPods' : 'InsufficientPods',
    message: '',
  } as Condition
  const others = status.conditions?.filter(({ type }) => type !== condition.type) ?? []
  return { ...status, conditions: [...others, condition] }
}
