import { workloadCauses, workloadDefaults } from '../rules/workload.ts'
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
  defaults: workloadDefaults(() => ({
    persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    replicas: 1,
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
  })),
  validate: workloadCauses,
  generation: true,
})
