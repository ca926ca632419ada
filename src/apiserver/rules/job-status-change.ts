/** How the status of a job changes, and the words for what may not. */
import { deepEqual } from '../../kube/object.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { wrong } from './causes.ts'
import type { JobSpec } from './job.ts'

type Cause = Required<StatusCause>

export interface Status {
  readonly active?: number
  readonly succeeded?: number
  readonly failed?: number
  readonly ready?: number
  readonly terminating?: number
  /** Null is a time, too: the zero time. */
  readonly startTime?: string | null
  readonly completionTime?: string | null
  readonly completedIndexes?: string
  readonly failedIndexes?: string
  readonly uncountedTerminatedPods?: { readonly succeeded?: readonly string[]; readonly failed?: readonly string[] }
  readonly conditions?: readonly { readonly type: string; readonly status?: string }[]
}

type Condition = 'Complete' | 'Failed' | 'FailureTarget' | 'SuccessCriteriaMet'

export interface Change {
  readonly now: Status
  readonly was: Status
  readonly spec: JobSpec
  readonly is: (condition: Condition) => boolean
  readonly wasAlready: (condition: Condition) => boolean
  /** Rules are for what changes: the rest may be what it is. */
  readonly flips: (...conditions: readonly Condition[]) => boolean
  readonly differs: (...fields: readonly (keyof Status)[]) => boolean
}

export const isTrue = ({ conditions = [] }: Status, type: string): boolean =>
  conditions.some((condition) => condition.type === type && condition.status === 'True')

export function changeOf(job: KubeObject, before: KubeObject): Change {
  const { status: now = {}, spec = {} } = job as { status?: Status; spec?: JobSpec }
  const { status: was = {} } = before as { status?: Status }
  return {
    now,
    was,
    spec,
    is: (condition) => isTrue(now, condition),
    wasAlready: (condition) => isTrue(was, condition),
    flips: (...conditions) => conditions.some((condition) => isTrue(now, condition) !== isTrue(was, condition)),
    differs: (...fields) => fields.some((field) => !deepEqual(now[field], was[field])),
  }
}

export const when = (holds: boolean, cause: () => Cause): Cause[] => (holds ? [cause()] : [])

export const invalid = (field: keyof Status, value: unknown, text: string) => (): Cause =>
  invalidValue(`status.${field}`, value ?? null, text)

export const conditions = (text: string) => (): Cause => wrong('status.conditions', text)

export const isFinished = ({ is }: Change): boolean => is('Complete') || is('Failed')
export const finishes = (change: Change): boolean =>
  isFinished(change) !== (change.wasAlready('Complete') || change.wasAlready('Failed'))
