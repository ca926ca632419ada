import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const priorityClasses = builtIn({
  group: 'scheduling.k8s.io',
  version: 'v1',
  resource: 'priorityclasses',
  kind: 'PriorityClass',
  generation: true,
  namespaced: false,
  shortNames: ['pc'],
  columns: [
    column('Value', 'integer', '.value'),
    column('Global-Default', 'boolean', '.globalDefault'),
    ageColumn,
    column('PreemptionPolicy', 'string', '.preemptionPolicy'),
  ],
  defaults: (priorityClass) => ({ preemptionPolicy: 'PreemptLowerPriority', ...priorityClass }),
})
