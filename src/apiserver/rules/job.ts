/** What a job is asked to do. Source: k8s.io/kubernetes/pkg/apis/batch/validation, validateJobSpec, ValidateJobSpecUpdate. */
import { deepEqual } from '../../kube/object.ts'
import { labelSelectorMatcher, type LabelSelector } from '../../kube/selector.ts'
import { invalidValue, notSupported, required, tooLong, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { goShape } from './go-diff.ts'
import {
  failurePolicyCauses,
  replacementCauses,
  successPolicyCauses,
  type FailurePolicy,
  type SuccessRule,
} from './job-policy.ts'
import { labelSelectorCauses } from './label-selector.ts'
import { templateChangeCauses } from './job-template.ts'
import { nonNegatives } from './numbers.ts'
import { domainPathCauses } from './domain-path.ts'
import { sentLabels, templateCauses } from './workload.ts'

type Cause = Required<StatusCause>

interface Container {
  readonly name?: string
}

export interface JobSpec {
  readonly completionMode?: string
  readonly podFailurePolicy?: FailurePolicy
  readonly successPolicy?: { readonly rules?: readonly SuccessRule[] | null }
  readonly podReplacementPolicy?: string
  readonly completions?: number
  readonly parallelism?: number
  readonly backoffLimitPerIndex?: number
  readonly maxFailedIndexes?: number
  readonly managedBy?: string
  readonly suspend?: boolean
  readonly selector?: LabelSelector | null
  readonly manualSelector?: boolean
  readonly template?: {
    readonly metadata?: Partial<KubeObject['metadata']> | null
    readonly spec?: {
      readonly restartPolicy?: string
      readonly containers?: readonly Container[] | null
      readonly initContainers?: readonly Container[]
      readonly ephemeralContainers?: readonly Container[]
    }
  }
}

const limits = ['parallelism', 'completions', 'activeDeadlineSeconds', 'backoffLimit', 'ttlSecondsAfterFinished']
const indexLimits = ['backoffLimitPerIndex', 'maxFailedIndexes'] as const
const modes = ['NonIndexed', 'Indexed']
const managerMax = 63

/** `path` is where the job's spec is: cron jobs have a template of one. */
export function jobSpecCauses(spec: JobSpec = {}, path: string): Cause[] {
  const { template = {}, podFailurePolicy, managedBy } = spec
  const at = `${path}.template.spec`
  const names = [...(template.spec?.containers ?? []), ...(template.spec?.initContainers ?? [])].map(
    ({ name = '' }) => name,
  )
  return [
    ...nonNegatives(path, spec, [...limits, ...indexLimits]),
    ...(spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined
      ? [required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')]
      : []),
    ...(managedBy === undefined ? [] : managerCauses(`${path}.managedBy`, managedBy)),
    ...modeCauses(spec, path),
    ...(podFailurePolicy === undefined
      ? []
      : failurePolicyCauses(
          podFailurePolicy.rules ?? [],
          `${path}.podFailurePolicy.rules`,
          names,
          spec.backoffLimitPerIndex !== undefined,
        )),
    ...successCauses(spec, `${path}.successPolicy`),
    ...replacementCauses(spec.podReplacementPolicy, `${path}.podReplacementPolicy`, podFailurePolicy !== undefined),
    ...templateCauses({ ...template }, `${path}.template`),
    ...restartCauses(spec, at),
  ]
}

function managerCauses(field: string, manager: string): Cause[] {
  return [...domainPathCauses(field, manager), ...(manager.length > managerMax ? [tooLong(field, managerMax)] : [])]
}

const parallelMax = 100_000
const failedMax = 100_000
const manyCompletions = 100_000
const ofManyMax = 10_000

function modeCauses(spec: JobSpec, path: string): Cause[] {
  const { completionMode = 'NonIndexed' } = spec
  if (!modes.includes(completionMode)) return [notSupported(`${path}.completionMode`, completionMode, modes)]
  if (completionMode === 'NonIndexed')
    return indexLimits
      .filter((name) => spec[name] !== undefined)
      .map((name) => invalidValue(`${path}.${name}`, spec[name], 'requires indexed completion mode'))
  const { completions, parallelism = 0, maxFailedIndexes: failed } = spec
  const tooBig = (name: string, value: number, most: number, when = ''): Cause[] =>
    value > most ? [invalidValue(`${path}.${name}`, value, `must be less than or equal to ${most}${when}`)] : []
  const ofMany = ` when completions are above ${manyCompletions} and used with backoff limit per index`
  const isMany = (completions ?? 0) > manyCompletions && spec.backoffLimitPerIndex !== undefined
  return [
    ...(completions === undefined ? [required(`${path}.completions`, 'when completion mode is Indexed')] : []),
    ...tooBig('parallelism', parallelism, parallelMax, ' when completion mode is Indexed'),
    ...(completions !== undefined && failed !== undefined && failed > completions
      ? [invalidValue(`${path}.maxFailedIndexes`, failed, 'must be less than or equal to completions')]
      : []),
    ...tooBig('maxFailedIndexes', failed ?? 0, failedMax),
    ...(isMany && failed === undefined
      ? [required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${manyCompletions}`)]
      : []),
    ...(isMany ? tooBig('parallelism', parallelism, ofManyMax, ofMany) : []),
    ...(isMany ? tooBig('maxFailedIndexes', failed ?? 0, ofManyMax, ofMany) : []),
  ]
}

function successCauses({ successPolicy, completionMode, completions = 0 }: JobSpec, at: string): Cause[] {
  if (successPolicy === undefined) return []
  return completionMode === 'Indexed'
    ? successPolicyCauses(successPolicy.rules ?? [], `${at}.rules`, completions)
    : [invalidValue(at, goShape('batch-v1.SuccessPolicy', successPolicy), 'requires indexed completion mode')]
}

function restartCauses({ template, podFailurePolicy }: JobSpec, at: string): Cause[] {
  const { restartPolicy = 'Always' } = template?.spec ?? {}
  if (restartPolicy === 'Always' || restartPolicy === '')
    return [required(`${at}.restartPolicy`, 'valid values: "OnFailure", "Never"')]
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

/** Source: ValidateJobSpec. */
export function selectorCauses({ selector, template }: JobSpec): Cause[] {
  const labels = template?.metadata?.labels
  const wrong = selector ? labelSelectorCauses('spec.selector', selector) : [required('spec.selector')]
  return [
    ...wrong,
    ...(selector && wrong.length === 0 && labelSelectorMatcher(selector)(labels ?? {})
      ? []
      : selector && wrong.length > 0
        ? []
        : [
            invalidValue(
              'spec.template.metadata.labels',
              sentLabels(template),
              '`selector` does not match template `labels`',
            ),
          ]),
  ]
}

const fixed = ['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const

/** What a job is to do stays; how much of it at once may change. */
export function jobChangeCauses(job: KubeObject, old: KubeObject): Cause[] {
  const [spec, before] = [job.spec ?? {}, old.spec ?? {}] as [JobSpec, JobSpec]
  const immutable = (name: string, value: unknown): Cause =>
    invalidValue(`spec.${name}`, value ?? null, 'field is immutable')
  return [
    ...completionsCauses(spec, before),
    ...(deepEqual(spec.selector, before.selector) ? [] : [immutable('selector', spec.selector)]),
    ...templateChangeCauses(job, old),
    ...fixed
      .filter((name) => !deepEqual(spec[name], before[name]))
      .map((name) => immutable(name, shownIn(name, spec[name]))),
  ]
}

function completionsCauses(spec: JobSpec, before: JobSpec): Cause[] {
  const { completions, parallelism } = spec
  if (completions === before.completions) return []
  if (spec.completionMode !== 'Indexed')
    return [invalidValue('spec.completions', completions ?? null, 'field is immutable')]
  return completions === undefined || completions === parallelism
    ? []
    : [invalidValue('spec.completions', completions, 'can only be modified in tandem with spec.parallelism')]
}

const structs: Readonly<Record<string, string>> = {
  podFailurePolicy: 'batch-v1.PodFailurePolicy',
  successPolicy: 'batch-v1.SuccessPolicy',
}

const shownIn = (name: string, value: unknown): unknown =>
  structs[name] === undefined || value === undefined ? value : goShape(structs[name], value)
