/** Conditions of a status. Source: k8s.io/apimachinery/pkg/apis/meta/v1/validation, ValidateConditions. */
import { duplicate, invalidValue, required, tooLong, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'
import { oneOf, spelled } from './causes.ts'

type Cause = Required<StatusCause>

export interface StatusCondition {
  readonly type: string
  readonly status: string
  readonly observedGeneration?: number
  readonly lastTransitionTime?: string | null
  readonly reason?: string
  readonly message?: string
}

const reasonMax = 1024
const messageMax = 32 * 1024
const statuses = ['False', 'True', 'Unknown']
const reasonText =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName',  or 'ReasonA,ReasonB',  or 'ReasonA:ReasonB', regex used for validation is '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?')"

export const conditionCauses = (path: string, conditions: readonly StatusCondition[]): Cause[] =>
  conditions.flatMap((condition, index) => {
    const at = `${path}[${index}]`
    const { type, status, observedGeneration = 0, lastTransitionTime, reason = '', message = '' } = condition
    return [
      ...(conditions.findIndex((other) => other.type === type) < index ? [duplicate(`${at}.type`, type)] : []),
      ...spelled(`${at}.type`, type, qualifiedNameProblems),
      ...oneOf(`${at}.status`, status, statuses),
      ...(observedGeneration < 0
        ? [invalidValue(`${at}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero')]
        : []),
      ...(lastTransitionTime ? [] : [required(`${at}.lastTransitionTime`)]),
      ...reasonCauses(`${at}.reason`, reason),
      ...(Buffer.byteLength(message) > messageMax ? [tooLong(`${at}.message`, messageMax)] : []),
    ]
  })

function reasonCauses(field: string, reason: string): Cause[] {
  if (reason === '') return [required(field)]
  return [
    ...(/^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$/.test(reason) ? [] : [invalidValue(field, reason, reasonText)]),
    ...(Buffer.byteLength(reason) > reasonMax ? [tooLong(field, reasonMax)] : []),
  ]
}
