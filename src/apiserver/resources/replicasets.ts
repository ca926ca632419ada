import { workloadScale } from '../subresources/scale.ts'
import { builtIn } from '../definition.ts'

export const replicaSets = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  status: true,
  scale: workloadScale,
  generation: true,
})
