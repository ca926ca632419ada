/** Variables of containers. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateEnv, validateEnvVarValueFrom. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { fieldReferenceCauses, resourceReferenceCauses } from './field-reference.ts'
import { spelled } from './causes.ts'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'
import { dataKeyProblems } from './data.ts'
import { backstepCauses } from './local-path.ts'

type Cause = Required<StatusCause>

type Json = Record<string, unknown>

/** A key of a map that holds configuration. Source: validateConfigMapKeySelector, IsConfigMapKey. */
const keyCauses = (selector: Json, at: string): Cause[] => {
  const { name = '', key = '' } = selector as Record<string, string>
  return [
    ...spelled(`${at}.name`, name, subdomainProblems),
    ...(key === '' ? [required(`${at}.key`)] : spelled(`${at}.key`, key, dataKeyProblems)),
  ]
}

/** A variable in a file of a volume. Source: validateFileKeySelector. */
function fileCauses(selector: Json, at: string): Cause[] {
  const { key = '', volumeName = '', path = '' } = selector as Record<string, string>
  return [
    ...nameCauses(key, `${at}.key`),
    ...(volumeName === '' ? [required(`${at}.volumeName`)] : spelled(`${at}.volumeName`, volumeName, labelProblems)),
    ...(path === '' ? [required(`${at}.path`)] : backstepCauses(`${at}.path`, path)),
  ]
}

const checks = {
  fieldRef: (reference: Json, at: string): Cause[] => fieldReferenceCauses(reference, at, 'variable'),
  resourceFieldRef: (reference: Json, at: string): Cause[] => resourceReferenceCauses(reference, at, 'variable'),
  configMapKeyRef: keyCauses,
  secretKeyRef: keyCauses,
  fileKeyRef: fileCauses,
} as const
const sources = Object.keys(checks) as (keyof typeof checks)[]

export function environmentCauses(variables: readonly Record<string, unknown>[], at: string): Cause[] {
  return variables.flatMap(({ name, value, valueFrom }, index) => {
    const path = `${at}[${index}]`
    return [...nameCauses(name, `${path}.name`), ...sourceCauses(valueFrom, value, `${path}.valueFrom`)]
  })
}

function nameCauses(name: unknown, at: string): Cause[] {
  if (typeof name !== 'string' || name === '') return [required(at)]
  return /^[ -<>-~]+$/.test(name)
    ? []
    : [
        invalidValue(
          at,
          name,
          "a valid environment variable name must consist only of printable ASCII characters other than '='",
        ),
      ]
}

function sourceCauses(from: unknown, value: unknown, at: string): Cause[] {
  if (!isRecord(from)) return []
  const given = sources.filter((source) => isRecord(from[source]))
  if (given.length === 0) {
    const names = sources.map((source) => `\`${source}\``)
    return [invalidValue(at, '', `must specify one of: ${names.slice(0, -1).join(', ')} or ${names.at(-1)}`)]
  }
  const causes = given.flatMap((source) => checks[source](from[source] as Json, `${at}.${source}`))
  if (value) causes.push(invalidValue(at, '', 'may not be specified when `value` is not empty'))
  else if (given.length > 1) causes.push(invalidValue(at, '', 'may not have more than one field specified at a time'))
  return causes
}

const maps = ['configMapRef', 'secretRef']

/** All that a map holds, as variables. Source: ValidateEnvFrom. */
export const sourcesCauses = (froms: readonly Json[], at: string): Cause[] =>
  froms.flatMap((from, index) => {
    const { prefix = '' } = from
    const given = maps.filter((name) => isRecord(from[name]))
    const names = given.flatMap((name) => {
      const { name: map = '' } = from[name] as Record<string, string>
      const field = `${at}[${index}].${name}.name`
      return map === '' ? [required(field)] : spelled(field, map, subdomainProblems)
    })
    const problem =
      given.length === 0
        ? 'must specify one of: `configMapRef` or `secretRef`'
        : given.length > 1
          ? 'may not have more than one field specified at a time'
          : undefined
    return [
      ...(prefix === '' ? [] : nameCauses(prefix, `${at}[${index}].prefix`)),
      ...names,
      ...(problem === undefined ? [] : [invalidValue(at, '', problem)]),
    ]
  })
