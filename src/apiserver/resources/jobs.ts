import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const jobs = builtIn({
  group: 'batch',
  version: 'v1',
  resource: 'jobs',
  kind: 'Job',
  namespaced: true,
  categories: ['all'],
  status: true,
  generation: true,
  columns: [
    column('Status', 'string', '.status.conditions[0].type'),
    column('Completions', 'string', '.status.succeeded'),
    column('Duration', 'string', '.status.completionTime'),
    ageColumn,
  ],
})
