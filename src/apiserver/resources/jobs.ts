import { deepEqual, isConditionTrue, type Condition } from '../../kube/object.ts'
import { labelSelectorMatcher, type LabelSelector } from '../../kube/selector.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { goShape } from '../rules/go-diff.ts'
import { nonNegatives } from '../rules/numbers.ts'
import { podSpecCauses, withTemplateDefaults } from '../rules/pod-spec.ts'
import { templateColumns } from '../rules/workload.ts'
import { age } from '../age.ts'
import { nameWarnings } from '../rules/pod-warnings.ts'

interface JobSpec {
  readonly completionMode?: string
  readonly podFailurePolicy?: object
  readonly completions?: number
  readonly parallelism?: number
  readonly backoffLimitPerIndex?: number
  readonly maxFailedIndexes?: number
  readonly selector?: LabelSelector | null
  readonly manualSelector?: boolean
  readonly template?: {
    readonly metadata?: { readonly labels?: Readonly<Record<string, string>> } | null
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
      backoffLimit: job.spec?.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1,
      completionMode: 'NonIndexed',
      suspend: false,
      podReplacementPolicy: job.spec?.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed',
      manualSelector: false,
      ...job.spec,
      template: withTemplateDefaults(job.spec?.template) as NonNullable<JobSpec['template']>,
    },
  }
}

/** A job selects its pods by its own UID. Source: pkg/registry/batch/job/strategy.go, generateSelector. */
function selecting(job: Job): Job {
  if (job.spec?.manualSelector === true) return job
  const { uid = '', name } = job.metadata
  const both = { 'controller-uid': uid, 'job-name': name }
  const labels = { 'batch.kubernetes.io/controller-uid': uid, 'batch.kubernetes.io/job-name': name, ...both }
  const { template, selector } = job.spec ?? {}
  return {
    ...job,
    // One without labels has those of its template.
    metadata: { ...job.metadata, labels: job.metadata.labels ?? { ...labels, ...template?.metadata?.labels } },
    spec: {
      ...job.spec,
      selector: {
        ...selector,
        matchLabels: { 'batch.kubernetes.io/controller-uid': uid, ...selector?.matchLabels },
      },
      template: {
        ...template,
        metadata: { ...template?.metadata, labels: { ...labels, ...template?.metadata?.labels } },
      },
    },
  }
}

const modes = ['NonIndexed', 'Indexed']
const limits = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished']
const indexLimits = ['backoffLimitPerIndex', 'maxFailedIndexes'] as const

/** `path` is where the job's spec is: cron jobs have a template of one. Source: pkg/apis/batch/validation. */
export function jobSpecCauses(spec: JobSpec = {}, path: string): Required<StatusCause>[] {
  const template = spec.template?.spec
  const at = `${path}.template.spec`
  return [
    ...nonNegatives(path, spec, [...limits, ...indexLimits]),
    ...modeCauses(spec, path),
    ...podSpecCauses(template, at),
    ...restartCauses(spec, at),
  ]
}

/** One that nobody asked to keep names the job's pods and no more. Source: validateGeneratedSelector. */
function selectorCauses({ spec, metadata: { uid = '' } }: Job): Required<StatusCause>[] {
  const { selector, manualSelector, template } = spec ?? {}
  const generated = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } }
  const labels = template?.metadata?.labels ?? {}
  return [
    ...(manualSelector === true || deepEqual(selector, generated)
      ? []
      : [invalidValue('spec.selector', selector, '`selector` not auto-generated')]),
    ...(labelSelectorMatcher(selector ?? {})(labels)
      ? []
      : [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')]),
  ]
}

const fixed = [
  'selector',
  'template',
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
]

/** What a job is to do stays; how much of it at once may change. Source: ValidateJobUpdate. */
function jobChangeCauses(spec: JobSpec = {}, before: JobSpec = {}): Required<StatusCause>[] {
  const immutable = (name: string, value: unknown): Required<StatusCause> =>
    invalidValue(`spec.${name}`, value ?? null, 'field is immutable')
  const elastic = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism
  const [now, was] = [spec, before] as [Record<string, unknown>, Record<string, unknown>]
  const suspended = was['suspend'] === true
  return [
    ...nonNegatives('spec', spec, [...limits, ...indexLimits]),
    ...(spec.completions === before.completions || elastic ? [] : [immutable('completions', spec.completions)]),
    ...fixed
      .filter((name) => !(name === 'template' && suspended) && !deepEqual(now[name], was[name]))
      .map((name) => immutable(name, name === 'template' ? shownTemplate(spec) : now[name])),
  ]
}

const shownTemplate = ({ template }: JobSpec): object => ({
  ...template?.metadata,
  Spec: goShape('core-v1.PodSpec', template?.spec),
})

function modeCauses(spec: JobSpec, path: string): Required<StatusCause>[] {
  const { completionMode = 'NonIndexed', completions } = spec
  if (!modes.includes(completionMode)) return [notSupported(`${path}.completionMode`, completionMode, modes)]
  if (completionMode === 'Indexed')
    return completions === undefined ? [required(`${path}.completions`, 'when completion mode is Indexed')] : []
  return indexLimits
    .filter((name) => spec[name] !== undefined)
    .map((name) => invalidValue(`${path}.${name}`, spec[name], 'requires indexed completion mode'))
}

function restartCauses({ template, podFailurePolicy }: JobSpec, at: string): Required<StatusCause>[] {
  const { restartPolicy = 'Always' } = template?.spec ?? {}
  if (restartPolicy === 'Always') return [required(`${at}.restartPolicy`, 'valid values: "OnFailure", "Never"')]
  if (restartPolicy !== 'OnFailure' && restartPolicy !== 'Never')
    return [notSupported(`${at}.restartPolicy`, restartPolicy, ['OnFailure', 'Never'])]
  return podFailurePolicy !== undefined && restartPolicy !== 'Never'
    ? [
        invalidValue(
          `${at}.restartPolicy`,
          restartPolicy,
          'only "Never" is supported when podFailurePolicy is specified',
        ),
      ]
    : []
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
  warn: nameWarnings,
  categories: ['all'],
  status: true,
  generation: true,
  orphansDependents: true,
  defaults: (job) => withDefaults(job as Job),
  settle: (job) => selecting(job as Job),
  validate: (job, before) =>
    before === undefined
      ? [...jobSpecCauses((job as Job).spec, 'spec'), ...selectorCauses(selecting(job as Job))]
      : jobChangeCauses((job as Job).spec, (before as Job).spec),
  columns: [
    computed('Status', 'string', status),
    computed('Completions', 'string', completions),
    computed('Duration', 'string', duration),
    ageColumn,
    ...templateColumns,
  ],
})
