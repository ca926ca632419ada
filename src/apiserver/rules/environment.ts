/** Variables of containers. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateEnv, validateEnvVarValueFrom. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'

type Cause = Required<StatusCause>

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef']

/** Of a pod, as its containers may know them. */
const podFields =
  /^(metadata\.(name|namespace|uid|labels\['.*'\]|annotations\['.*'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$/

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
  const causes = isRecord(from['fieldRef'])
    ? fieldCauses(from['fieldRef']['fieldPath'], `${at}.fieldRef.fieldPath`)
    : []
  if (value) causes.push(invalidValue(at, '', 'may not be specified when `value` is not empty'))
  else if (given.length > 1) causes.push(invalidValue(at, '', 'may not have more than one field specified at a time'))
  return causes
}

function fieldCauses(path: unknown, at: string): Cause[] {
  if (typeof path !== 'string' || path === '') return [required(at)]
  if (podFields.test(path)) return []
  return [invalidValue(at, path, `error converting fieldPath: field label not supported: ${path}`)]
}
