/** When a container is started again. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateContainerRestartPolicy. */
import { required, tooMany, type StatusCause } from '../../kube/status.ts'
import { isRecord } from '../../kube/object.ts'
import { oneOf } from './causes.ts'

type Cause = Required<StatusCause>
type Json = Record<string, unknown>

const policies = ['Always', 'Never', 'OnFailure']
const rulesMax = 20
const codesMax = 255

export function restartCauses({ restartPolicy, restartPolicyRules }: Json, at: string, isInit: boolean): Cause[] {
  const rules = Array.isArray(restartPolicyRules) ? (restartPolicyRules as Json[]) : []
  const field = `${at}.restartPolicyRules`
  const missing =
    restartPolicy === undefined && rules.length > 0
      ? [required(`${at}.restartPolicy`, 'must specify restartPolicy when restart rules are used')]
      : []
  // Those of a container that comes before the others are not looked at without one.
  if (isInit && restartPolicy === undefined) return missing
  return [
    ...missing,
    ...(restartPolicy === undefined ? [] : oneOf(`${at}.restartPolicy`, restartPolicy, policies)),
    ...(rules.length > rulesMax ? [tooMany(field, rules.length, rulesMax)] : []),
    ...rules.flatMap((rule, index) => ruleCauses(rule, `${field}[${index}]`)),
  ]
}

function ruleCauses({ action = '', exitCodes }: Json, at: string): Cause[] {
  const known = oneOf(`${at}.action`, action, ['Restart', 'RestartAllContainers'])
  if (!isRecord(exitCodes)) return [...known, required(`${at}.exitCodes`, 'must be specified')]
  const { operator = '', values } = exitCodes
  const { length } = Array.isArray(values) ? values : []
  return [
    ...known,
    ...oneOf(`${at}.exitCodes.operator`, operator, ['In', 'NotIn']),
    ...(length > codesMax ? [tooMany(`${at}.exitCodes.values`, length, codesMax)] : []),
  ]
}
