import { workloadScale } from '../subresources/scale.ts'
import { builtIn } from '../definition.ts'

export const statefulSets = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
  shortNames: ['sts'],
  categories: ['all'],
  status: true,
  scale: workloadScale,
  generation: true,
})
