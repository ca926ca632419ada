/**
 * What the status of a job may become: who runs it may be another than the job controller, and everybody relies on it.
 * Source: k8s.io/kubernetes/pkg/apis/batch/validation, ValidateJobStatusUpdate; pkg/registry/batch/job/strategy.go.
 */
import { duplicate, invalidValue, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { indexesProblem, overlapProblem } from './job-indexes.ts'
import { criteriaCauses, finishedCauses, outcomeCauses } from './job-outcome.ts'
import {
  changeOf,
  conditions,
  finishes,
  invalid,
  isFinished,
  isTrue,
  when,
  type Change,
  type Status,
} from './job-status-change.ts'
import { nonNegatives } from './numbers.ts'

type Cause = Required<StatusCause>

export function jobStatusCauses(job: KubeObject, before: KubeObject): Cause[] {
  const change = changeOf(job, before)
  return [
    ...nonNegatives('status', change.now, ['active', 'succeeded', 'failed', 'ready', 'terminating']),
    ...uncountedCauses(change.now.uncountedTerminatedPods),
    ...outcomeCauses(change),
    ...finishedCauses(change),
    ...indexCauses(change),
    ...podCauses(change),
    ...criteriaCauses(change),
    ...transitionCauses(change),
  ]
}

function uncountedCauses({ succeeded = [], failed = [] }: Status['uncountedTerminatedPods'] = {}): Cause[] {
  const seen = new Set<string>()
  return Object.entries({ succeeded, failed }).flatMap(([outcome, uids]) =>
    uids.flatMap((uid, index) => {
      const at = `status.uncountedTerminatedPods.${outcome}[${index}]`
      if (uid === '') return [invalidValue(at, uid, 'must not be empty')]
      if (seen.has(uid)) return [duplicate(at, uid)]
      seen.add(uid)
      return []
    }),
  )
}

function indexCauses({ now, spec, differs }: Change): Cause[] {
  const { completedIndexes: completed = '', failedIndexes: failed } = now
  const { completions, backoffLimitPerIndex: limit, completionMode } = spec
  const [newCompleted, newFailed] = [differs('completedIndexes'), differs('failedIndexes')]
  const spelling = (field: 'completedIndexes' | 'failedIndexes', text: string): Cause[] => {
    const problem = completions === undefined ? undefined : indexesProblem(text, completions)
    return when(problem !== undefined, invalid(field, text, `error parsing ${field}: ${problem}`))
  }
  const overlap =
    completions === undefined || failed === undefined ? undefined : overlapProblem(completed, failed, completions)
  return [
    ...(newCompleted ? spelling('completedIndexes', completed) : []),
    ...(newFailed && limit !== undefined && failed !== undefined ? spelling('failedIndexes', failed) : []),
    ...when(
      newCompleted && completed !== '' && completionMode !== 'Indexed',
      invalid('completedIndexes', completed, 'cannot set non-empty completedIndexes when non-indexed completion mode'),
    ),
    ...when(
      newFailed && limit === undefined && failed !== undefined,
      invalid('failedIndexes', failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null'),
    ),
    ...when((newCompleted || newFailed) && overlap !== undefined, invalid('failedIndexes', failed, overlap ?? '')),
  ]
}

function podCauses(change: Change): Cause[] {
  const { now, differs } = change
  const { active = 0, ready, terminating = 0 } = now
  return [
    ...when(
      (finishes(change) || differs('terminating')) && terminating > 0 && isFinished(change),
      invalid('terminating', terminating, 'terminating>0 is invalid for finished job'),
    ),
    ...when(
      differs('ready', 'active') && ready !== undefined && ready > active,
      invalid('ready', ready, 'cannot set more ready pods than active'),
    ),
  ]
}

function transitionCauses({ now, was, spec, is, wasAlready, differs }: Change): Cause[] {
  const { failed = 0, succeeded = 0 } = now
  const resumes =
    isTrue(was, 'Suspended') &&
    (now.conditions ?? []).some(({ type, status }) => type === 'Suspended' && status === 'False')
  // Jobs that are scaled down lose what they had.
  const scales = spec.completionMode === 'Indexed' && spec.completions === spec.parallelism
  return [
    ...(['Failed', 'Complete', 'FailureTarget'] as const).flatMap((type) =>
      when(wasAlready(type) && !is(type), conditions(`cannot disable the terminal ${type}=True condition`)),
    ),
    ...when(failed < (was.failed ?? 0), invalid('failed', failed, 'cannot decrease the failed counter')),
    ...when(
      !scales && succeeded < (was.succeeded ?? 0),
      invalid('succeeded', succeeded, 'cannot decrease the succeeded counter'),
    ),
    ...when(
      now.completionTime !== undefined && was.completionTime !== undefined && differs('completionTime'),
      invalid('completionTime', now.completionTime, 'field is immutable'),
    ),
    ...when(
      was.startTime !== undefined && differs('startTime') && !resumes && spec.suspend !== true,
      invalid('startTime', now.startTime, 'field is immutable for unsuspended job once set'),
    ),
    ...when(
      wasAlready('SuccessCriteriaMet') && !is('SuccessCriteriaMet'),
      conditions('cannot disable the SuccessCriteriaMet=True condition'),
    ),
    ...when(
      wasAlready('Complete') && !wasAlready('SuccessCriteriaMet') && is('SuccessCriteriaMet'),
      conditions('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'),
    ),
  ]
}
