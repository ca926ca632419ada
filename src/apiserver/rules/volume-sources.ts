/** Where the volumes of a pod come from. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateVolumeSource. */
import { isRecord, records } from '../../kube/object.ts'
import { parseQuantity } from '../../kube/quantity.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { oneOf } from './causes.ts'
import { claimCauses, type ClaimSpec } from './claim.ts'
import { driverNameCauses } from './csi.ts'
import { fieldReferenceCauses, resourceReferenceCauses } from './field-reference.ts'
import { backstepCauses, unreservedPathCauses } from './local-path.ts'
import { retiredSources } from './retired-volume-sources.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>
type Check = (source: Json, at: string) => Cause[]

const textOf = (source: Json, name: string): string => (source[name] as string | undefined) ?? ''

const missing = (source: Json, at: string, ...names: string[]): Cause[] =>
  names.filter((name) => textOf(source, name) === '').map((name) => required(`${at}.${name}`))

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]

export const hostPathCauses: Check = (source, at) => {
  const path = textOf(source, 'path')
  return path === ''
    ? [required(`${at}.path`)]
    : [...backstepCauses(`${at}.path`, path), ...oneOf(`${at}.type`, source['type'] ?? '', hostPathTypes)]
}

export const localVolumeCauses: Check = (source, at) => {
  const path = textOf(source, 'path')
  return path === '' ? [required(`${at}.path`)] : backstepCauses(`${at}.path`, path)
}

export const nfsCauses: Check = (source, at) => [
  ...missing(source, at, 'server', 'path'),
  ...(textOf(source, 'path').startsWith('/')
    ? []
    : [invalidValue(`${at}.path`, textOf(source, 'path'), 'must be an absolute path')]),
]

const modeMax = 0o777

const modeCauses = (field: string, mode: unknown): Cause[] =>
  typeof mode === 'number' && (mode < 0 || mode > modeMax)
    ? [invalidValue(field, mode, 'must be a number between 0 and 0777 (octal), both inclusive')]
    : []

function itemCauses(item: Json, at: string): Cause[] {
  const path = textOf(item, 'path')
  return [
    ...missing(item, at, 'key'),
    ...(path === '' ? [required(`${at}.path`)] : unreservedPathCauses(`${at}.path`, path)),
    ...modeCauses(`${at}.mode`, item['mode']),
  ]
}

const itemsCauses = (source: Json, at: string): Cause[] =>
  records(source['items']).flatMap((item, index) => itemCauses(item, `${at}.items[${index}]`))

const keyed =
  (name: string): Check =>
  (source, at) => [
    ...missing(source, at, name),
    ...modeCauses(`${at}.defaultMode`, source['defaultMode']),
    ...itemsCauses(source, at),
  ]

/** A file of what a pod says of itself. Source: validateDownwardAPIVolumeFile. */
function fileCauses(file: Json, at: string): Cause[] {
  const path = textOf(file, 'path')
  const { fieldRef, resourceFieldRef } = file
  const source = isRecord(fieldRef)
    ? [
        ...fieldReferenceCauses(fieldRef, `${at}.fieldRef`, 'volume'),
        ...(isRecord(resourceFieldRef)
          ? [invalidValue(at, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')]
          : []),
      ]
    : isRecord(resourceFieldRef)
      ? resourceReferenceCauses(resourceFieldRef, `${at}.resourceFieldRef`, 'volume')
      : [required(at, 'one of fieldRef and resourceFieldRef is required')]
  return [
    ...(path === '' ? [required(`${at}.path`)] : unreservedPathCauses(`${at}.path`, path)),
    ...source,
    ...modeCauses(`${at}.mode`, file['mode']),
  ]
}

const downwardCauses: Check = (source, at) => [
  ...modeCauses(`${at}.defaultMode`, source['defaultMode']),
  ...records(source['items']).flatMap((file) => fileCauses(file, at)),
]

const tokenSecondsMin = 600

function tokenCauses(token: Json, at: string, volume: string): Cause[] {
  const seconds = token['expirationSeconds'] as number
  const path = textOf(token, 'path')
  return [
    ...(seconds < tokenSecondsMin
      ? [invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')]
      : []),
    ...(seconds > 2 ** 32
      ? [invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds')]
      : []),
    ...(path === '' ? [required(`${volume}.path`)] : unreservedPathCauses(volume, path)),
  ]
}

const projections = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken'] as const

function projectedCauses(source: Json, at: string): Cause[] {
  const taken = new Set<string>()
  const twice = (path: string, shown: string): Cause[] => {
    if (path === '') return []
    if (taken.has(path)) return [invalidValue(at, shown, 'conflicting duplicate paths')]
    taken.add(path)
    return []
  }
  const projection = (name: (typeof projections)[number], given: Json, path: string): Cause[] => {
    if (name === 'serviceAccountToken') return tokenCauses(given, path, at)
    if (name === 'downwardAPI')
      return records(given['items']).flatMap((file) => [
        ...fileCauses(file, path),
        ...twice(textOf(file, 'path'), textOf(file, 'path')),
      ])
    return [
      ...missing(given, path, 'name'),
      ...records(given['items']).flatMap((item, index) => [
        ...itemCauses(item, `${path}.items[${index}]`),
        ...twice(textOf(item, 'path'), textOf(given, 'name')),
      ]),
    ]
  }
  return [
    ...modeCauses(`${at}.defaultMode`, source['defaultMode']),
    ...records(source['sources']).flatMap((each, index) => {
      const path = `${at}.sources[${index}]`
      const given = projections.filter((name) => isRecord(each[name]))
      return [
        ...given.flatMap((name) => projection(name, each[name] as Json, `${path}.${name}`)),
        ...(given.length > 1 ? [forbiddenValue(path, 'may not specify more than 1 volume type per source')] : []),
      ]
    }),
  ]
}

const pulls = ['Always', 'IfNotPresent', 'Never']

const checks: Readonly<Record<string, Check>> = {
  ...retiredSources(false),
  emptyDir: ({ sizeLimit }, at) =>
    (parseQuantity(sizeLimit ?? '0') ?? 0) < 0
      ? [forbiddenValue(`${at}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: hostPathCauses,
  secret: keyed('secretName'),
  nfs: nfsCauses,
  persistentVolumeClaim: (source, at) => missing(source, at, 'claimName'),
  downwardAPI: downwardCauses,
  configMap: keyed('name'),
  projected: projectedCauses,
  csi: (source, at) => [
    ...driverNameCauses(`${at}.driver`, textOf(source, 'driver')),
    ...(isRecord(source['nodePublishSecretRef'])
      ? missing(source['nodePublishSecretRef'], `${at}.nodePublishSecretRef`, 'name')
      : []),
  ],
  ephemeral: ({ volumeClaimTemplate: template }, at) =>
    isRecord(template)
      ? claimCauses(`${at}.volumeClaimTemplate.spec`, template['spec'] as ClaimSpec | undefined)
      : [required(`${at}.volumeClaimTemplate`)],
  image: (source, at) => [
    // A template may leave it out.
    ...(at.startsWith('spec.volumes[') ? missing(source, at, 'reference') : []),
    ...(source['pullPolicy'] === undefined ? [] : oneOf(`${at}.pullPolicy`, source['pullPolicy'], pulls)),
  ],
}

const order =
  'emptyDir hostPath gitRepo gcePersistentDisk awsElasticBlockStore secret nfs iscsi glusterfs flocker persistentVolumeClaim rbd cinder cephfs quobyte downwardAPI fc flexVolume configMap azureFile vsphereVolume photonPersistentDisk portworxVolume azureDisk storageos projected scaleIO csi ephemeral image'

/** In the order in which the real server looks at them. */
export const volumeSources: ReadonlyMap<string, Check> = new Map(
  order.split(' ').map((name) => [name, checks[name] as Check]),
)

/** Fields that the real server spells in a way of its own where a volume has a source already. */
const misspelled: Readonly<Record<string, string>> = { downwardAPI: 'downwarAPI', cephfs: 'cephFS' }

/** A second source of a volume. */
export const secondSource = (at: string, name: string): Cause =>
  forbiddenValue(`${at}.${misspelled[name] ?? name}`, 'may not specify more than 1 volume type')
