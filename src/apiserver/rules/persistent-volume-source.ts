/** Where a volume of a cluster is. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePersistentVolumeSpec. */
import { posix } from 'node:path'
import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'
import { driverNameCauses } from './csi.ts'
import { retiredDefaults, retiredSources } from './retired-volume-sources.ts'
import type { ClassAndMode } from './storage.ts'
import { filled } from './volume.ts'
import { hostPathCauses, localVolumeCauses, nfsCauses, secondSource } from './volume-sources.ts'

type Cause = Required<StatusCause>
type Source = Record<string, unknown>

export interface VolumeSpec extends ClassAndMode {
  readonly capacity?: Readonly<Record<string, string>>
  readonly accessModes?: readonly string[]
  readonly persistentVolumeReclaimPolicy?: string
  readonly claimRef?: { readonly namespace?: string; readonly name?: string }
  readonly nodeAffinity?: { readonly required?: object }
  readonly hostPath?: Source
  readonly csi?: Source
  readonly volumeAttributesClassName?: string
}

/** Fields of the spec that are no source of the volume. */
const common = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
])
const sourceDefaults = { ...retiredDefaults, hostPath: { type: '' } }

export function withSourceDefaults(spec: VolumeSpec): VolumeSpec {
  const sources = Object.entries(sourceDefaults).flatMap(([name, fields]) => {
    const source = spec[name as 'hostPath']
    return isRecord(source) ? [[name, filled(fields)(source)]] : []
  })
  return { ...spec, ...(Object.fromEntries(sources) as VolumeSpec) }
}

/** The order in which sources are looked at: one is enough. */
const order =
  'hostPath gcePersistentDisk awsElasticBlockStore glusterfs flocker nfs rbd quobyte cephfs iscsi cinder fc flexVolume azureFile vsphereVolume photonPersistentDisk portworxVolume azureDisk scaleIO local storageos csi'.split(
    ' ',
  )

export function sourceCauses(spec: VolumeSpec, at = 'spec'): Cause[] {
  const given = Object.entries(spec).filter(([name, source]) => !common.has(name) && isRecord(source))
  if (given.length === 0) return [required(at, 'must specify a volume type')]
  return given
    .sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
    .flatMap(([name, source], index) => [
      // One that has a driver of its own is looked at all the same.
      ...(index > 0 && name !== 'flexVolume'
        ? [secondSource(at, name)]
        : (sources[name]?.(`${at}.${name}`, source as Source) ?? [])),
      ...(index === 0 && name === 'local' && (at !== 'spec' || spec.nodeAffinity === undefined)
        ? [required(`${at}.nodeAffinity`, 'Local volume requires node affinity')]
        : []),
    ])
}

export function recycledRootCauses(
  { hostPath, persistentVolumeReclaimPolicy: policy }: VolumeSpec,
  at: string,
): Cause[] {
  const isRoot = posix.normalize(textOf(hostPath ?? {}, 'path')) === '/'
  return isRoot && policy === 'Recycle'
    ? [forbiddenValue(`${at}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'")]
    : []
}

/** Whatever isn't text has been refused before. */
const textOf = (source: Source, name: string): string => (source[name] as string | undefined) ?? ''

const missing = (path: string, source: Source, ...names: string[]): Cause[] =>
  names.filter((name) => (source[name] ?? '') === '').map((name) => required(`${path}.${name}`))

/** Source: validatePVSecretReference. */
const secretCauses = (path: string, secret: Source): Cause[] =>
  Object.entries({ name: subdomainProblems, namespace: labelProblems }).flatMap(([field, problems]) =>
    textOf(secret, field) === ''
      ? [required(`${path}.${field}`)]
      : spelled(`${path}.${field}`, textOf(secret, field), problems),
  )

const secrets = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
]

const sources: Readonly<Record<string, (path: string, source: Source) => Cause[]>> = {
  ...Object.fromEntries(
    Object.entries(retiredSources(true)).map(([name, check]) => [name, (path, source) => check(source, path)]),
  ),
  hostPath: (path, source) => hostPathCauses(source, path),
  local: (path, source) => localVolumeCauses(source, path),
  nfs: (path, source) => nfsCauses(source, path),
  csi: (path, source) => [
    ...driverNameCauses(`${path}.driver`, textOf(source, 'driver')),
    ...missing(path, source, 'volumeHandle'),
    ...secrets.flatMap((name) => {
      const secret = source[name]
      return isRecord(secret) ? secretCauses(`${path}.${name}`, secret) : []
    }),
  ],
}

export const sourceOf = (spec: VolumeSpec): object =>
  Object.fromEntries(Object.entries(spec).filter(([name]) => !common.has(name)))
