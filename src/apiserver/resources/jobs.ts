import { isConditionTrue, type Condition } from '../../kube/object.ts'
import { labelSelectorMatcher } from '../../kube/selector.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject, type LabelMap } from '../definition.ts'
import { jobChangeCauses, jobSpecCauses, selectorCauses, type JobSpec } from '../rules/job.ts'
import { withConditionStatus } from '../rules/job-policy.ts'
import { jobStatusCauses } from '../rules/job-status.ts'
import { labelSelectorCauses } from '../rules/label-selector.ts'
import { withTemplateDefaults } from '../rules/pod-spec.ts'
import { templateColumns } from '../rules/workload.ts'
import { age } from '../age.ts'
import { jobWarnings, nameWarnings } from '../rules/template-warnings.ts'

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
  const { completions, parallelism, template } = job.spec ?? {}
  const labels = template?.metadata?.labels
  const labelled = labels !== undefined && Object.keys(job.metadata.labels ?? {}).length === 0
  return {
    ...job,
    // One without labels has those of its template.
    ...(labelled ? { metadata: { ...job.metadata, labels } } : {}),
    spec: {
      ...(completions === undefined && parallelism === undefined ? { completions: 1 } : {}),
      parallelism: 1,
      backoffLimit: job.spec?.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: job.spec?.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
      manualSelector: false,
      ...job.spec,
      ...withConditionStatus(job.spec?.podFailurePolicy),
      template: withTemplateDefaults(template) as NonNullable<JobSpec['template']>,
    },
  }
}

const podLabels = (uid: string, name: string): Readonly<Record<string, string>> => ({
  'batch.kubernetes.io/controller-uid': uid,
  'batch.kubernetes.io/job-name': name,
  'controller-uid': uid,
  'job-name': name,
})

const inOrder = (labels: LabelMap): LabelMap =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))

/** A job selects its pods by its own UID. Source: pkg/registry/batch/job/strategy.go, generateSelector. */
function selecting(job: Job): Job {
  if (job.spec?.manualSelector === true) return job
  const { uid = '', name } = job.metadata
  const labels = podLabels(uid, name)
  const { template, selector } = job.spec ?? {}
  // Labels that are the template's are one map with them.
  const own = job.metadata.labels
  const shared = own === undefined || own === template?.metadata?.labels
  return {
    ...job,
    metadata: { ...job.metadata, labels: shared ? { ...labels, ...own } : own },
    spec: {
      ...job.spec,
      selector: {
        ...selector,
        matchLabels: { 'batch.kubernetes.io/controller-uid': uid, ...selector?.matchLabels },
      },
      template: {
        ...template,
        metadata: { ...template?.metadata, labels: inOrder({ ...labels, ...template?.metadata?.labels }) },
      },
    },
  }
}

/** One that nobody asked to keep names the job's pods and no more. Source: validateGeneratedSelector. */
function generatedCauses({ spec, metadata: { uid = '', name } }: Job): Required<StatusCause>[] {
  const { selector, manualSelector, template } = spec ?? {}
  if (manualSelector === true || !selector) return []
  const expected = podLabels(uid, name)
  const labels: Readonly<Record<string, string>> = template?.metadata?.labels ?? {}
  return [
    ...['controller-uid', 'job-name', 'batch.kubernetes.io/controller-uid', 'batch.kubernetes.io/job-name']
      .map((key) => [`spec.template.metadata.labels[${key}]`, labels[key], expected[key]] as const)
      .filter(([, label, wanted]) => label !== wanted)
      .map(([field, label, wanted]) =>
        label === undefined
          ? required(field, `must be '${wanted}'`)
          : invalidValue(field, labels, `must be '${wanted}'`),
      ),
    ...(labelSelectorCauses('', selector).length > 0 || labelSelectorMatcher(selector)(expected)
      ? []
      : [invalidValue('spec.selector', selector, '`selector` not auto-generated')]),
  ]
}

/** An update is looked at twice. */
function causes(job: Job, before?: Job): Required<StatusCause>[] {
  const { spec, metadata } = before === undefined ? selecting(job) : job
  const whole = [...jobSpecCauses(spec, 'spec'), ...selectorCauses(spec ?? {})]
  return [
    ...generatedCauses({ ...job, metadata, spec: spec ?? {} }),
    ...whole,
    ...(before === undefined ? [] : [...whole, ...jobChangeCauses(job, before)]),
  ]
}

const over = ['Complete', 'Failed']
const states = ['Suspended', 'FailureTarget', 'SuccessCriteriaMet']

/** Source: k8s.io/kubernetes/pkg/printers/internalversion, printJob. */
function status(job: Job): string {
  const reached = (types: readonly string[]): string | undefined =>
    types.find((type) => isConditionTrue(job.status?.conditions, type))
  const going = job.metadata.deletionTimestamp === undefined ? undefined : 'Terminating'
  return reached(over) ?? going ?? reached(states) ?? 'Running'
}

function completions({ spec, status: { succeeded = 0 } = {} }: Job): string {
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`
  const { parallelism = 0 } = spec ?? {}
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`
}

const duration = ({ status: { startTime, completionTime } = {} }: Job, nowMs: number): string =>
  startTime === undefined
    ? ''
    : age((completionTime === undefined ? nowMs : Date.parse(completionTime)) - Date.parse(startTime))

export const jobs = builtIn({
  group: 'batch',
  version: 'v1',
  resource: 'jobs',
  kind: 'Job',
  namespaced: true,
  warn: (job, before) => [...nameWarnings(job, before), ...jobWarnings(job, before)],
  categories: ['all'],
  status: true,
  generation: true,
  orphansDependents: true,
  // Source: k8s.io/kubernetes/pkg/registry/batch/job/storage.
  orphanWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  defaults: (job) => withDefaults(job as Job),
  settle: (job) => selecting(job as Job),
  validate: (job, before, subresource) =>
    before !== undefined && subresource === 'status'
      ? jobStatusCauses(job, before)
      : causes(job as Job, before as Job | undefined),
  documented: {
    Completions: 'batch-v1.JobStatus.succeeded',
    Status: 'Status of the job.',
    Duration: 'Time required to complete the job.',
    Selector: 'batch-v1.JobSpec.selector',
  },
  fieldSelectors: {
    'status.successful': ({ status }) => String((status as { succeeded?: number } | undefined)?.succeeded ?? 0),
  },
  columns: [
    computed('Status', 'string', status),
    computed('Completions', 'string', completions),
    computed('Duration', 'string', duration),
    ageColumn,
    ...templateColumns,
  ],
})
