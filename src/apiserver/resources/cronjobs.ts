import { isRecord } from '../../kube/object.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { nonNegatives } from '../rules/numbers.ts'
import { withTemplateDefaults } from '../rules/pod-spec.ts'
import { containerColumns, selectorColumn } from '../rules/workload.ts'
import { jobSpecCauses, type JobSpec } from '../rules/job.ts'
import { withConditionStatus } from '../rules/job-policy.ts'
import type { Job } from './jobs.ts'
import { oneOf } from '../rules/causes.ts'
import { jobWarnings, nameWarnings } from '../rules/template-warnings.ts'

type CronJob = KubeObject & {
  readonly spec?: {
    readonly schedule?: string
    readonly timeZone?: string
    readonly concurrencyPolicy?: string
    readonly suspend?: boolean
    readonly jobTemplate?: { readonly spec?: Job['spec'] }
  }
  readonly status?: { readonly active?: readonly object[] }
}

/** Source: k8s.io/kubernetes/pkg/apis/batch/v1/defaults.go. */
function withDefaults(cronJob: CronJob): KubeObject {
  const { jobTemplate = {} } = cronJob.spec ?? {}
  const jobSpec: JobSpec = isRecord(jobTemplate.spec) ? jobTemplate.spec : {}
  return {
    ...cronJob,
    spec: {
      ...{ concurrencyPolicy: 'Allow', suspend: false, successfulJobsHistoryLimit: 3, failedJobsHistoryLimit: 1 },
      ...cronJob.spec,
      jobTemplate: {
        ...jobTemplate,
        spec: {
          ...jobSpec,
          ...withConditionStatus(jobSpec.podFailurePolicy),
          template: withTemplateDefaults(jobSpec.template) as never,
        },
      },
    },
  }
}

function scheduleCauses(schedule: string): Required<StatusCause>[] {
  if (schedule === '') return [required('spec.schedule')]
  const fields = schedule
    .replace(/^(CRON_)?TZ=\S*/, '')
    .split(/\s+/)
    .filter((field) => field !== '')
  const fits = fields.length === 5 || schedule.startsWith('@') || schedule.includes('@every')
  const count = `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`
  return [
    ...(fits ? [] : [invalidValue('spec.schedule', schedule, count)]),
    ...(schedule.includes('TZ')
      ? [invalidValue('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')]
      : []),
  ]
}

/** Other names of a zone are known as well, and none in another case. */
function isKnown(timeZone: string): boolean {
  try {
    return /^[A-Z]/.test(timeZone) && new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function timeZoneCauses(timeZone: string | undefined): Required<StatusCause>[] {
  if (timeZone === undefined || isKnown(timeZone)) return []
  if (timeZone.toLowerCase() === 'local')
    return [
      invalidValue(
        'spec.timeZone',
        timeZone,
        'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
      ),
    ]
  const text = timeZone === '' ? 'timeZone must be nil or non-empty string' : `unknown time zone ${timeZone}`
  return [invalidValue('spec.timeZone', timeZone, text)]
}

/** What the server gives each job itself. Source: ValidateJobTemplateSpec. */
const generatedCauses = ({ selector, manualSelector }: JobSpec = {}, at: string): Required<StatusCause>[] => [
  ...(isRecord(selector) ? [invalidValue(`${at}.selector`, selector, '`selector` will be auto-generated')] : []),
  ...(manualSelector === true ? [notSupported(`${at}.manualSelector`, true, ['nil', 'false'])] : []),
]

const policies = ['Allow', 'Forbid', 'Replace']

const nameMax = 52

/** Its jobs are called by it and the minute. */
const longNameCauses = (name = ''): Required<StatusCause>[] =>
  name.length > nameMax ? [invalidValue('metadata.name', name, `must be no more than ${nameMax} characters`)] : []

/** Source: pkg/apis/batch/validation, validateCronJobSpec. */
function causes({ spec = {} }: CronJob): Required<StatusCause>[] {
  const { schedule = '', timeZone, concurrencyPolicy = '', jobTemplate } = spec
  return [
    ...scheduleCauses(schedule),
    ...nonNegatives('spec', spec, ['startingDeadlineSeconds']),
    ...timeZoneCauses(timeZone),
    ...oneOf('spec.concurrencyPolicy', concurrencyPolicy, policies),
    ...jobSpecCauses(jobTemplate?.spec, 'spec.jobTemplate.spec'),
    ...generatedCauses(jobTemplate?.spec, 'spec.jobTemplate.spec'),
    ...nonNegatives('spec', spec, ['successfulJobsHistoryLimit', 'failedJobsHistoryLimit']),
  ]
}

const zoneWarning =
  'cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'

export const cronJobs = builtIn({
  group: 'batch',
  version: 'v1',
  resource: 'cronjobs',
  kind: 'CronJob',
  namespaced: true,
  warn: (cronJob, before) => [
    ...nameWarnings(cronJob, before),
    ...jobWarnings(cronJob, before, ['jobTemplate', 'spec']),
    ...(before !== undefined && (cronJob as CronJob).spec?.schedule?.includes('TZ') === true ? [zoneWarning] : []),
  ],
  shortNames: ['cj'],
  categories: ['all'],
  status: true,
  generation: true,
  defaults: (cronJob) => withDefaults(cronJob as CronJob),
  validate: (cronJob, before) => [
    ...causes(cronJob as CronJob),
    ...(before === undefined ? longNameCauses(cronJob.metadata.name) : []),
  ],
  documented: {
    Schedule: 'batch-v1.CronJobSpec.schedule',
    Timezone: 'batch-v1.CronJobSpec.timeZone',
    Suspend: 'batch-v1.CronJobSpec.suspend',
    Active: 'batch-v1.CronJobStatus.active',
    'Last Schedule': 'batch-v1.CronJobStatus.lastScheduleTime',
    Selector: 'batch-v1.JobSpec.selector',
  },
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
