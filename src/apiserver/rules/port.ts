/** Ports and their protocols. Source: k8s.io/apimachinery/pkg/util/validation, IsValidPortNum. */
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { portNameProblems, qualifiedNameProblems } from '../../kube/syntax.ts'
import { oneOf, spelled } from './causes.ts'

export const portCause = (field: string, value: unknown): Required<StatusCause>[] =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 65_535
    ? []
    : [invalidValue(field, value, 'must be between 1 and 65535, inclusive')]

/** Of a service that a webhook or an API is behind. */
export const servicePortCauses = (field: string, value: unknown): Required<StatusCause>[] =>
  portCause(field, value).length === 0
    ? []
    : [invalidValue(field, value, 'port is not valid: must be between 1 and 65535, inclusive')]

/** Source: ValidatePortNumOrName. */
export const portNumberOrNameCauses = (field: string, value: unknown): Required<StatusCause>[] =>
  typeof value === 'string' ? spelled(field, value, portNameProblems) : portCause(field, value)

const protocols = ['SCTP', 'TCP', 'UDP']

export const protocolCauses = (field: string, value: unknown): Required<StatusCause>[] => oneOf(field, value, protocols)

export const appProtocolCauses = (field: string, value: string | undefined): Required<StatusCause>[] =>
  value === undefined ? [] : spelled(field, value, qualifiedNameProblems)
