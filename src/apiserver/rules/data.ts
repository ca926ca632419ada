/** What ConfigMaps and Secrets may hold. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateSecret, ValidateConfigMap. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, required, tooLong, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { immutableData } from './immutable-data.ts'

type Cause = Required<StatusCause>

const bytesMax = 1024 * 1024
const keyText =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

const keysOf = (object: KubeObject, field: string): string[] =>
  isRecord(object[field]) ? Object.keys(object[field]) : []

const keyCauses = (object: KubeObject, field: string): Cause[] =>
  keysOf(object, field)
    .filter((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key))
    .map((key) => invalidValue(`${field}[${key}]`, key, keyText))

function sizeCauses(object: KubeObject, fields: readonly string[], field: string): Cause[] {
  const bytes = fields
    .flatMap((name) => (isRecord(object[name]) ? Object.values(object[name]) : []))
    .reduce<number>((sum, value) => sum + Buffer.byteLength(String(value)), 0)
  return bytes <= bytesMax ? [] : [tooLong(field, bytesMax)]
}

export const configMapCauses = (object: KubeObject, before?: KubeObject): Cause[] => [
  ...keyCauses(object, 'data'),
  ...keyCauses(object, 'binaryData'),
  ...sizeCauses(object, ['data', 'binaryData'], ''),
  ...immutableData(object, before),
]

/** Keys without which a Secret of the type is none. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
}

export function secretCauses(object: KubeObject, before?: KubeObject): Cause[] {
  const type = object['type'] as string
  const keys = keysOf(object, 'data')
  const changed = before !== undefined && before['type'] !== type
  return [
    ...keyCauses(object, 'data'),
    ...sizeCauses(object, ['data'], 'data'),
    ...(requiredKeys[type] ?? []).filter((key) => !keys.includes(key)).map((key) => required(`data[${key}]`)),
    ...(changed ? [invalidValue('type', type, 'field is immutable')] : []),
    ...immutableData(object, before),
  ]
}
