/** What ConfigMaps and Secrets may hold. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateSecret, ValidateConfigMap. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, required, tooLong, type StatusCause } from '../../kube/status.ts'
import { jsonObjectProblem } from '../../kube/go-json.ts'
import type { Syntax } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { spelled } from './causes.ts'
import { immutableData } from './immutable-data.ts'

type Cause = Required<StatusCause>

const bytesMax = 1024 * 1024
const keyText =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"

const keysOf = (object: KubeObject, field: string): string[] =>
  isRecord(object[field]) ? Object.keys(object[field]) : []

/** Source: IsConfigMapKey. */
export const dataKeyProblems: Syntax = (key) => [
  ...(key.length > 253 ? ['must be no more than 253 characters'] : []),
  ...(/^[-._a-zA-Z0-9]+$/.test(key) ? [] : [keyText]),
  ...(key === '.' || key === '..'
    ? [`must not be '${key}'`]
    : key.startsWith('..')
      ? ["must not start with '..'"]
      : []),
]

const keyCauses = (object: KubeObject, field: string): Cause[] =>
  keysOf(object, field).flatMap((key) => spelled(`${field}[${key}]`, key, dataKeyProblems))

function sizeCauses(object: KubeObject, fields: readonly string[], field: string): Cause[] {
  const bytes = fields
    .flatMap((name) => (isRecord(object[name]) ? Object.values(object[name]) : []))
    .reduce<number>((sum, value) => sum + Buffer.byteLength(String(value)), 0)
  return bytes <= bytesMax ? [] : [tooLong(field, bytesMax)]
}

export const configMapCauses = (object: KubeObject, before?: KubeObject): Cause[] => [
  ...keyCauses(object, 'data'),
  ...keysOf(object, 'data')
    .filter((key) => keysOf(object, 'binaryData').includes(key))
    .map((key) => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')),
  ...keyCauses(object, 'binaryData'),
  ...sizeCauses(object, ['data', 'binaryData'], ''),
  ...immutableData(object, before),
]

const serviceAccountName = 'kubernetes.io/service-account.name'

/** What a Secret of its type has to hold. Source: ValidateSecret. */
function typeCauses(object: KubeObject): Cause[] {
  const data = (object['data'] ?? {}) as Record<string, string>
  const missing = (...keys: string[]): Cause[] =>
    keys.filter((key) => data[key] === undefined).map((key) => required(`data[${key}]`))
  switch (object['type']) {
    case 'kubernetes.io/service-account-token':
      return (object.metadata.annotations?.[serviceAccountName] ?? '') === ''
        ? [required(`metadata.annotations[${serviceAccountName}]`)]
        : []
    case 'kubernetes.io/dockercfg':
      return jsonCauses(data, '.dockercfg')
    case 'kubernetes.io/dockerconfigjson':
      return jsonCauses(data, '.dockerconfigjson')
    case 'kubernetes.io/basic-auth':
      return data['username'] === undefined
        ? data['password'] === undefined
          ? missing('username', 'password')
          : []
        : []
    case 'kubernetes.io/ssh-auth':
      return (data['ssh-privatekey'] ?? '') === '' ? [required('data[ssh-privatekey]')] : []
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key')
    default:
      return []
  }
}

function jsonCauses(data: Readonly<Record<string, string>>, key: string): Cause[] {
  const field = `data[${key}]`
  const content = data[key]
  if (content === undefined) return [required(field)]
  const problem = jsonObjectProblem(Buffer.from(content, 'base64').toString('utf8'))
  return problem === undefined ? [] : [invalidValue(field, '<secret contents redacted>', problem)]
}

export function secretCauses(object: KubeObject, before?: KubeObject): Cause[] {
  const type = object['type'] as string
  return [
    ...(before !== undefined && before['type'] !== type ? [invalidValue('type', type, 'field is immutable')] : []),
    ...immutableData(object, before),
    ...keyCauses(object, 'data'),
    ...sizeCauses(object, ['data'], 'data'),
    ...typeCauses(object),
  ]
}
