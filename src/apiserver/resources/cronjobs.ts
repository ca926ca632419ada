import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const cronJobs = builtIn({
  group: 'batch',
  version: 'v1',
  resource: 'cronjobs',
  kind: 'CronJob',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  status: true,
  generation: true,
  columns: [
    column('Schedule', 'string', '.spec.schedule'),
    column('Timezone', 'string', '.spec.timeZone'),
    column('Suspend', 'boolean', '.spec.suspend'),
    column('Last Schedule', 'date', '.status.lastScheduleTime'),
    ageColumn,
  ],
})
