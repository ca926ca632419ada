import { conditionOf, type Condition } from '../../kube/object.ts'
import { required, type StatusCause } from '../../kube/status.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { podSpecCauses, withTemplateDefaults } from '../rules/pod-spec.ts'
import { templateColumns } from '../rules/workload.ts'
import { age } from '../table.ts'

interface JobSpec {
  readonly completions?: number
  readonly parallelism?: number
  readonly selector?: object | null
  readonly manualSelector?: boolean
  readonly template?: {
    readonly metadata?: { readonly labels?: object } | null
    readonly spec?: { readonly restartPolicy?: string }
  }
}

export type Job = KubeObject & {
  readonly spec?: JobSpec
  readonly status?: {
    readonly succeeded?: number
    readonly startTime?: string
    readonly completionTime?: string
    readonly conditions?: readonly Condition[]
  }
}

/** Source: k8s.io/kubernetes/pkg/apis/batch/v1/defaults.go. */
function withDefaults(job: Job): KubeObject {
  const { completions, parallelism } = job.spec ?? {}
  return {
    ...job,
    spec: {
      ...(completions === undefined && parallelism === undefined ? { completions: 1 } : {}),
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      manualSelector: false,
      ...job.spec,
      template: withTemplateDefaults(job.spec?.template) as NonNullable<JobSpec['template']>,
    },
  }
}

/** A job selects its pods by its own UID. Source: pkg/registry/batch/job/strategy.go, generateSelector. */
function selecting(job: Job): KubeObject {
  if (job.spec?.manualSelector === true) return job
  const { uid = '', name } = job.metadata
  const both = { 'controller-uid': uid, 'job-name': name }
  const labels = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': name, ...both }
  const { template } = job.spec ?? {}
  return {
    ...job,
    metadata: { ...job.metadata, labels: { ...labels, ...job.metadata.labels } },
    spec: {
      ...job.spec,
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } },
      template: {
        ...template,
        metadata: { ...template?.metadata, labels: { ...labels, ...template?.metadata?.labels } },
      },
    },
  }
}

/** `path` is where the job's spec is: cron jobs have a template of one. */
export function jobSpecCauses(spec: JobSpec | undefined, path: string): Required<StatusCause>[] {
  const template = spec?.template?.spec
  const at = `${path}.template.spec`
  const causes = podSpecCauses(template, at)
  const { restartPolicy = 'Always' } = template ?? {}
  return restartPolicy === 'Always'
    ? [...causes, required(`${at}.restartPolicy`, 'valid values: "OnFailure", "Never"')]
    : causes
}

const states = ['Complete', 'Failed', 'Suspended', 'FailureTarget', 'SuccessCriteriaMet']

/** Source: k8s.io/kubernetes/pkg/printers/internalversion, printJob. */
function status(job: Job): string {
  const reached = states.find((type) => conditionOf(job.status?.conditions, type)?.status === 'True')
  return reached ?? (job.metadata.deletionTimestamp === undefined ? 'Running' : 'Terminating')
}

function completions({ spec, status: { succeeded = 0 } = {} }: Job): string {
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`
  const { parallelism = 0 } = spec ?? {}
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

const duration = ({ status: { startTime, completionTime } = {} }: Job): string =>
  startTime === undefined || completionTime === undefined ? '' : age(Date.parse(completionTime) - Date.parse(startTime))

export const jobs = builtIn({
  group: 'batch',
  version: 'v1',
  resource: 'jobs',
  kind: 'Job',
  namespaced: true,
  categories: ['all'],
  status: true,
  generation: true,
  defaults: (job) => withDefaults(job as Job),
  settle: (job) => selecting(job as Job),
  validate: (job, before) => (before === undefined ? jobSpecCauses((job as Job).spec, 'spec') : []),
  columns: [
    computed('Status', 'string', status),
    computed('Completions', 'string', completions),
    computed('Duration', 'string', duration),
    ageColumn,
    ...templateColumns,
  ],
})
