import { isRecord } from '../../kube/object.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { withTemplateDefaults } from '../rules/pod-spec.ts'
import { containerColumns, selectorColumn } from '../rules/workload.ts'
import { jobSpecCauses, type Job } from './jobs.ts'

type CronJob = KubeObject & {
  readonly spec?: {
    readonly schedule?: string
    readonly suspend?: boolean
    readonly jobTemplate?: { readonly spec?: Job['spec'] }
  }
  readonly status?: { readonly active?: readonly object[] }
}

/** Source: k8s.io/kubernetes/pkg/apis/batch/v1/defaults.go. */
function withDefaults(cronJob: CronJob): KubeObject {
  const { jobTemplate = {} } = cronJob.spec ?? {}
  const jobSpec = isRecord(jobTemplate.spec) ? jobTemplate.spec : {}
  return {
    ...cronJob,
    spec: {
      ...{ concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
      ...cronJob.spec,
      jobTemplate: {
        ...jobTemplate,
        spec: { ...jobSpec, template: withTemplateDefaults(jobSpec['template']) as never },
      },
    },
  }
}

function causes({ spec }: CronJob): Required<StatusCause>[] {
  const { schedule = '', jobTemplate } = spec ?? {}
  const fields = schedule.split(/\s+/).filter((field) => field !== '')
  const wrong =
    fields.length === 5 || schedule.startsWith('@')
      ? []
      : [
          invalidValue(
            'spec.schedule',
            schedule,
            `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`,
          ),
        ]
  return [...wrong, ...jobSpecCauses(jobTemplate?.spec, 'spec.jobTemplate.spec')]
}

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
  defaults: (cronJob) => withDefaults(cronJob as CronJob),
  validate: (cronJob) => causes(cronJob as CronJob),
  columns: [
    column('Schedule', 'string', '.spec.schedule'),
    orElse(column('Timezone', 'string', '.spec.timeZone'), '<none>'),
    computed('Suspend', 'boolean', ({ spec }: CronJob) => (spec?.suspend === true ? 'True' : 'False')),
    computed('Active', 'integer', ({ status }: CronJob) => status?.active?.length ?? 0),
    { ...column('Last Schedule', 'date', '.status.lastScheduleTime'), missing: '<none>' },
    ageColumn,
    ...containerColumns,
    selectorColumn,
  ],
})
