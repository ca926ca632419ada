/** How far a claim's volume has come. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePersistentVolumeClaimStatusUpdate. */
import { parseQuantity } from '../../kube/quantity.ts'
import { invalidValue, notSupported, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'
import type { Amounts } from './amounts.ts'
import { spelled } from './causes.ts'
import { isNative } from './resources.ts'

type Cause = Required<StatusCause>

export interface ClaimStatus {
  readonly capacity?: Amounts
  readonly allocatedResources?: Amounts
  readonly allocatedResourceStatuses?: Readonly<Record<string, string>>
}

const resizes = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
]

export function claimStatusCauses(status: ClaimStatus = {}): Cause[] {
  const { capacity = {}, allocatedResources = {}, allocatedResourceStatuses = {} } = status
  const [allocated, states] = ['status.allocatedResources', 'status.allocatedResourceStatuses']
  return [
    ...Object.entries(capacity).flatMap(([name, amount]) => amountCauses(`status.capacity[${name}]`, amount)),
    ...Object.entries(allocatedResourceStatuses).flatMap(([name, state]) => [
      ...keyCauses(states, name),
      ...(resizes.includes(state) ? [] : [notSupported(states, name, resizes)]),
    ]),
    ...Object.entries(allocatedResources).flatMap(([name, amount]) => {
      const key = keyCauses(allocated, name)
      return key.length > 0 ? key : amountCauses(`${allocated}[${name}]`, amount)
    }),
  ]
}

function keyCauses(field: string, name: string): Cause[] {
  const problems = spelled(field, name, qualifiedNameProblems)
  if (problems.length > 0 || name === 'storage' || !isNative(name)) return problems
  return [notSupported(field, name, ['storage'])]
}

function amountCauses(field: string, text: string): Cause[] {
  const amount = parseQuantity(text) ?? 0
  return amount < 0 ? [invalidValue(field, Math.floor(amount), 'must be a valid resource quantity')] : []
}
