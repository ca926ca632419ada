/** When a job may be over. Source: k8s.io/kubernetes/pkg/apis/batch/validation, validateJobStatus. */
import { required, type StatusCause } from '../../kube/status.ts'
import { conditions, finishes, invalid, isFinished, when, type Change } from './job-status-change.ts'
import { goStruct } from './numbers.ts'

type Cause = Required<StatusCause>

export function outcomeCauses({ now, is, flips, differs }: Change): Cause[] {
  const [complete, failed] = [is('Complete'), is('Failed')]
  const { startTime, completionTime } = now
  const ends = flips('Complete') || differs('completionTime')
  return [
    ...when(
      flips('Complete', 'Failed') && complete && failed,
      conditions('cannot set Complete=True and Failed=true conditions'),
    ),
    ...when(
      flips('Complete', 'FailureTarget') && complete && is('FailureTarget'),
      conditions('cannot set Complete=True and FailureTarget=true conditions'),
    ),
    ...when(
      ends && completionTime !== undefined && !complete,
      invalid('completionTime', completionTime, 'cannot set completionTime when there is no Complete=True condition'),
    ),
    ...when(ends && completionTime === undefined && complete, () =>
      required('status.completionTime', 'completionTime is required for Complete jobs'),
    ),
    ...when(
      differs('startTime', 'completionTime') &&
        startTime !== undefined &&
        completionTime !== undefined &&
        msOf(completionTime) < msOf(startTime),
      invalid('completionTime', completionTime, 'must be equal to or after `startTime`'),
    ),
    ...when(
      (flips('Failed') || differs('failedIndexes')) && failed && !is('FailureTarget'),
      conditions('cannot set Failed=True condition without the FailureTarget=true condition'),
    ),
    ...when(
      flips('Complete', 'SuccessCriteriaMet') && complete && !is('SuccessCriteriaMet'),
      conditions('cannot set Complete=True condition without the SuccessCriteriaMet=true condition'),
    ),
  ]
}

const msOf = (time: string | null): number => (time === null ? -Infinity : Date.parse(time))

export function finishedCauses(change: Change): Cause[] {
  if (!isFinished(change)) return []
  const { now, spec, differs } = change
  const { active = 0, startTime, uncountedTerminatedPods: uncounted = {} } = now
  const { succeeded = [], failed = [] } = uncounted
  const ends = finishes(change)
  const nothingToDo = spec.suspend === true && spec.completions === 0
  return [
    ...when(
      (ends || differs('active')) && active > 0,
      invalid('active', active, 'active>0 is invalid for finished job'),
    ),
    ...when((ends || differs('startTime')) && !nothingToDo && startTime === undefined, () =>
      required('status.startTime', 'startTime is required for finished job'),
    ),
    ...when(
      (ends || differs('uncountedTerminatedPods')) && succeeded.length + failed.length > 0,
      invalid(
        'uncountedTerminatedPods',
        goStruct(uncounted, ['Succeeded', 'Failed']),
        'must be empty for finished job',
      ),
    ),
  ]
}

export function criteriaCauses({ spec, is }: Change): Cause[] {
  const met = is('SuccessCriteriaMet')
  return [
    ...when(met && is('Failed'), conditions('cannot set SuccessCriteriaMet=True and Failed=true conditions')),
    ...when(
      met && is('FailureTarget'),
      conditions('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'),
    ),
    ...when(
      spec.successPolicy !== undefined && !met && is('Complete'),
      conditions('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'),
    ),
  ]
}
