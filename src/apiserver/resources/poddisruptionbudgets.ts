import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { intOrPercentCauses } from '../rules/numbers.ts'

type Budget = KubeObject & {
  readonly spec?: {
    readonly minAvailable?: number | string
    readonly maxUnavailable?: number | string
    readonly selector?: object
    readonly unhealthyPodEvictionPolicy?: string
  }
}

/** Source: k8s.io/kubernetes/pkg/apis/policy/validation. */
function causes({ spec = {} }: Budget): Required<StatusCause>[] {
  const { minAvailable, maxUnavailable, selector = null, unhealthyPodEvictionPolicy = null } = spec
  if (minAvailable === undefined || maxUnavailable === undefined)
    return [
      ...intOrPercentCauses('spec.minAvailable', minAvailable),
      ...intOrPercentCauses('spec.maxUnavailable', maxUnavailable),
    ]
  const shown = {
    MinAvailable: minAvailable,
    Selector: selector,
    MaxUnavailable: maxUnavailable,
    UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy,
  }
  return [invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set')]
}

const limit = (field: 'minAvailable' | 'maxUnavailable') => (budget: Budget) => String(budget.spec?.[field] ?? 'N/A')

export const podDisruptionBudgets = builtIn({
  group: 'policy',
  version: 'v1',
  resource: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
  shortNames: ['pdb'],
  status: true,
  generation: true,
  validate: (budget) => causes(budget as Budget),
  columns: [
    computed('Min Available', 'string', limit('minAvailable')),
    computed('Max Unavailable', 'string', limit('maxUnavailable')),
    column('Allowed Disruptions', 'integer', '.status.disruptionsAllowed'),
    ageColumn,
  ],
})
