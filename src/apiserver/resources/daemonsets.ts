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
  columns: [
    column('Desired', 'integer', '.status.desiredNumberScheduled'),
    column('Current', 'integer', '.status.currentNumberScheduled'),
    column('Ready', 'integer', '.status.numberReady'),
    ageColumn,
  ],
})
