import { workloadCauses, workloadDefaults } from '../rules/workload.ts'
import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const daemonSets = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  status: true,
  generation: true,
  defaults: workloadDefaults(() => ({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    revisionHistoryLimit: 10,
  })),
  validate: workloadCauses,
  columns: [
    column('Desired', 'integer', '.status.desiredNumberScheduled'),
    column('Current', 'integer', '.status.currentNumberScheduled'),
    column('Ready', 'integer', '.status.numberReady'),
    ageColumn,
  ],
})
