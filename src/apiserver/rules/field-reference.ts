/** What containers and volumes may know of their pod. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateObjectFieldSelector, validateContainerResourceFieldSelector. */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { parseQuantity } from '../../kube/quantity.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>

/** A variable is set once; a file of a volume follows what changes. */
type Place = 'variable' | 'volume'

export const withFieldVersion = (item: Json): Json =>
  isRecord(item['fieldRef']) ? { ...item, fieldRef: { apiVersion: 'v1', ...item['fieldRef'] } } : item

/** What there is of a pod at all. Source: pkg/apis/core/v1/conversion.go. */
const known =
  /^(metadata\.(annotations|labels|name|namespace|uid)|spec\.(nodeName|restartPolicy|serviceAccountName|schedulerName|hostNetwork)|status\.(phase|hostIPs?|podIPs?|nominatedNodeName))$/

const fields: Readonly<Record<Place, readonly string[]>> = {
  variable: [
    'metadata.name',
    'metadata.namespace',
    'metadata.uid',
    'spec.nodeName',
    'spec.serviceAccountName',
    'status.hostIP',
    'status.hostIPs',
    'status.podIP',
    'status.podIPs',
  ],
  volume: ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'],
}

export function fieldReferenceCauses(reference: Json, at: string, place: Place): Cause[] {
  const { apiVersion = '', fieldPath: path = '' } = reference as { apiVersion?: string; fieldPath?: string }
  if (apiVersion === '') return [required(`${at}.apiVersion`)]
  if (path === '') return [required(`${at}.fieldPath`)]
  const [, map, subscript] = /^(.*)\['(.*)'\]$/s.exec(path) ?? []
  if (map !== undefined) return subscriptCauses(map, subscript as string, path, `${at}`)
  const unsupported = apiVersion !== 'v1' || !known.test(path)
  if (unsupported)
    return [
      invalidValue(
        `${at}.fieldPath`,
        path,
        apiVersion === 'v1'
          ? `error converting fieldPath: field label not supported: ${path}`
          : `error converting fieldPath: unsupported pod version: ${apiVersion}`,
      ),
    ]
  return fields[place].includes(path) ? [] : [notSupported(`${at}.fieldPath`, path, fields[place])]
}

function subscriptCauses(map: string, key: string, path: string, at: string): Cause[] {
  if (map !== 'metadata.annotations' && map !== 'metadata.labels')
    return [invalidValue(at, path, `does not support subscript`)]
  const name = map === 'metadata.annotations' ? key.toLowerCase() : key
  return qualifiedNameProblems(name).map((problem) => invalidValue(at, key, problem))
}

const resources = ['limits', 'requests'].flatMap((list) =>
  ['cpu', 'ephemeral-storage', 'memory'].map((name) => `${list}.${name}`),
)

const divisors: Readonly<Record<string, readonly string[]>> = {
  cpu: ['1m', '1'],
  memory: ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei'],
}

export function resourceReferenceCauses(reference: Json, at: string, place: Place): Cause[] {
  const { containerName = '', resource = '', divisor = '0' } = reference as Record<string, string>
  if (place === 'volume' && containerName === '') return [required(`${at}.containerName`)]
  if (resource === '') return [required(`${at}.resource`)]
  const huge = /^(limits|requests)\.hugepages-/.test(resource)
  if (!resources.includes(resource) && !huge) return [notSupported(`${at}.resource`, resource, resources)]
  return divisorCauses(resource, divisor, `${at}.divisor`)
}

function divisorCauses(resource: string, divisor: string, at: string): Cause[] {
  if ((parseQuantity(divisor) ?? 0) === 0) return []
  const cpu = resource.endsWith('.cpu')
  const allowed = divisors[cpu ? 'cpu' : 'memory'] as readonly string[]
  if (allowed.some((each) => parseQuantity(each) === parseQuantity(divisor))) return []
  return [
    invalidValue(
      at,
      resource,
      `only divisor's values ${cpu ? '1m and 1' : allowed.join(', ')} are supported with the ${cpu ? 'cpu' : 'memory'} resource`,
    ),
  ]
}
