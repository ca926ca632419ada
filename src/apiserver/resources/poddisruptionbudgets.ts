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
})
