import { deepEqual } from '../../kube/object.ts'
import type { LabelSelector } from '../../kube/selector.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { oneOf } from '../rules/causes.ts'
import { conditionCauses } from '../rules/conditions.ts'
import type { BudgetStatus } from '../rules/disruption.ts'
import { labelSelectorCauses } from '../rules/label-selector.ts'
import { atMostAll, goStruct, intOrPercentCauses, nonNegatives } from '../rules/numbers.ts'

type Cause = Required<StatusCause>

export type Budget = KubeObject & {
  readonly spec?: {
    readonly minAvailable?: number | string
    readonly maxUnavailable?: number | string
    readonly selector?: LabelSelector
    readonly unhealthyPodEvictionPolicy?: string
  }
  readonly status?: BudgetStatus
}

const fields = ['MinAvailable', 'Selector', 'MaxUnavailable', 'UnhealthyPodEvictionPolicy']
const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']

/** Source: k8s.io/kubernetes/pkg/apis/policy/validation. */
function specCauses({ spec = {} }: Budget): Cause[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec
  return [
    ...(minAvailable === undefined || maxUnavailable === undefined
      ? []
      : [invalidValue('spec', goStruct(spec, fields), 'minAvailable and maxUnavailable cannot be both set')]),
    ...intOrPercentCauses('spec.minAvailable', minAvailable),
    ...atMostAll('spec.minAvailable', minAvailable),
    ...intOrPercentCauses('spec.maxUnavailable', maxUnavailable),
    ...atMostAll('spec.maxUnavailable', maxUnavailable),
    ...labelSelectorCauses('spec.selector', selector),
    ...(policy === undefined
      ? []
      : oneOf('spec.unhealthyPodEvictionPolicy', policy, ['AlwaysAllow', 'IfHealthyBudget'])),
  ]
}

function causes(budget: Budget, before?: Budget): Cause[] {
  const { status } = budget
  return [
    ...specCauses(budget),
    ...(before === undefined || deepEqual(status, before.status)
      ? []
      : [...conditionCauses('status.conditions', status?.conditions ?? []), ...nonNegatives('status', status, counts)]),
  ]
}

const limit = (field: 'minAvailable' | 'maxUnavailable') => (budget: Budget) => String(budget.spec?.[field] ?? 'N/A')

export const podDisruptionBudgets = builtIn({
  group: 'policy',
  version: 'v1',
  resource: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
  lockedUpdates: true,
  shortNames: ['pdb'],
  status: true,
  generation: true,
  validate: (budget, before) => causes(budget as Budget, before as Budget | undefined),
  documented: {
    'Min Available': 'The minimum number of pods that must be available.',
    'Max Unavailable': 'The maximum number of pods that may be unavailable.',
    'Allowed Disruptions': 'Calculated number of pods that may be disrupted at this time.',
  },
  columns: [
    computed('Min Available', 'string', limit('minAvailable')),
    computed('Max Unavailable', 'string', limit('maxUnavailable')),
    column('Allowed Disruptions', 'integer', '.status.disruptionsAllowed'),
    ageColumn,
  ],
})
