import { invalidValue } from '../../kube/status.ts'
import { builtIn } from '../definition.ts'

export const podDisruptionBudgets = builtIn({
  group: 'policy',
  version: 'v1',
  resource: 'poddisruptionbudgets',
  kind: 'PodDisruptionBudget',
  namespaced: true,
  shortNames: ['pdb'],
  status: true,
  generation: true,
  validate: ({ spec }) => {
    const {
      minAvailable,
      maxUnavailable,
      selector = null,
      unhealthyPodEvictionPolicy = null,
    } = (spec ?? {}) as Record<string, unknown>
    if (minAvailable === undefined || maxUnavailable === undefined) return []
    const shown = {
      MinAvailable: minAvailable,
      Selector: selector,
      MaxUnavailable: maxUnavailable,
      UnhealthyPodEvictionPolicy: unhealthyPodEvictionPolicy,
    }
    return [invalidValue('spec', shown, 'minAvailable and maxUnavailable cannot be both set')]
  },
})
