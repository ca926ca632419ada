import { templateColumns, workloadCauses, workloadDefaults } from '../rules/workload.ts'
import { workloadScale } from '../subresources/scale.ts'
import { ageColumn, column } from '../columns.ts'
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
  defaults: workloadDefaults(() => ({ replicas: 1 })),
  validate: workloadCauses,
  columns: [
    column('Desired', 'integer', '.spec.replicas'),
    column('Current', 'integer', '.status.replicas'),
    column('Ready', 'integer', '.status.readyReplicas'),
    ageColumn,
    ...templateColumns,
  ],
  generation: true,
})
