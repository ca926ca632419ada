/** Volumes of a cluster. Source: k8s.io/kubernetes/pkg/apis/core/validation, pkg/api/persistentvolume. */
import { posix } from 'node:path'
import { deepEqual, isRecord, records } from '../../kube/object.ts'
import { canonicalQuantity, parseQuantity } from '../../kube/quantity.ts'
import { forbiddenValue, invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import { oneOf, spelled } from './causes.ts'
import { driverNameCauses } from './csi.ts'
import { goDiff, goShape } from './go-diff.ts'
import { termWarnings } from './node-label-warnings.ts'
import { nodeSelectorCauses } from './placement.ts'
import { accessModeCauses, classAndModeCauses, positiveCauses, type ClassAndMode } from './storage.ts'
import { initiatorTextCauses, retiredDefaults, retiredSources, retiredWarnings } from './retired-volume-sources.ts'
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
const reclaimPolicies = ['Delete', 'Recycle', 'Retain']

const sourceDefaults = { ...retiredDefaults, hostPath: { type: '' } }

export function withSourceDefaults(spec: VolumeSpec): VolumeSpec {
  const sources = Object.entries(sourceDefaults).flatMap(([name, fields]) => {
    const source = spec[name as 'hostPath']
    return isRecord(source) ? [[name, filled(fields)(source)]] : []
  })
  return { ...spec, ...(Object.fromEntries(sources) as VolumeSpec) }
}

/** Source: ValidatePersistentVolumeSpec. */
export function volumeCauses(spec: VolumeSpec = {}, name: string): Cause[] {
  const { persistentVolumeReclaimPolicy: policy, volumeAttributesClassName: attributesClass } = spec
  return [
    ...accessModeCauses('spec.accessModes', spec.accessModes),
    ...capacityCauses(sentAs(spec, 'capacity')),
    ...(policy === undefined ? [] : oneOf('spec.persistentVolumeReclaimPolicy', policy, reclaimPolicies)),
    ...affinityCauses(spec.nodeAffinity),
    ...sourceCauses(spec),
    ...initiatorTextCauses((spec as Source)['iscsi'], name, 'spec.iscsi.targetportal'),
    ...recycledRootCauses(spec, 'spec'),
    ...classAndModeCauses('spec', spec),
    ...(attributesClass === undefined
      ? []
      : attributesClass === ''
        ? [required('spec.volumeAttributesClassName', 'an empty string is disallowed')]
        : spelled('spec.volumeAttributesClassName', attributesClass, subdomainProblems)),
    ...(attributesClass !== undefined && spec.csi === undefined
      ? [required('spec.csi', 'has to be specified when using volumeAttributesClassName')]
      : []),
  ]
}

function capacityCauses(given: unknown): Cause[] {
  const capacity = (given ?? {}) as Readonly<Record<string, string>>
  const names = Object.keys(capacity)
  return [
    ...(names.length === 0 ? [required('spec.capacity')] : []),
    ...(names.length === 1 && names[0] === 'storage'
      ? []
      : [notSupported('spec.capacity', given ?? null, ['storage'])]),
    ...names.flatMap((name) => {
      const at = `spec.capacity[${name}]`
      const amount = parseQuantity(capacity[name]) ?? 0
      return [
        ...(amount < 0 ? [invalidValue(at, amount, 'must be a valid resource quantity')] : []),
        ...positiveCauses(at, canonicalQuantity(capacity[name] as string)),
      ]
    }),
  ]
}

function affinityCauses(affinity: VolumeSpec['nodeAffinity']): Cause[] {
  if (affinity === undefined) return []
  const at = 'spec.nodeAffinity.required'
  return affinity.required === undefined
    ? [required(at, 'must specify required node constraints')]
    : nodeSelectorCauses(at, affinity.required)
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

const sourceOf = (spec: VolumeSpec): object =>
  Object.fromEntries(Object.entries(spec).filter(([name]) => !common.has(name)))

/** The secret that a volume grows with may come later. */
function withExpandSecret({ csi, ...spec }: VolumeSpec, secret: unknown): VolumeSpec {
  if (csi === undefined) return spec
  const { controllerExpandSecretRef: _, ...source } = csi
  return { ...spec, csi: secret === undefined ? source : { ...source, controllerExpandSecretRef: secret } }
}

/** Where a volume is stays, and so does how it is seen. Source: ValidatePersistentVolumeUpdate. */
export function volumeChangeCauses(spec: VolumeSpec = {}, before: VolumeSpec = {}): Cause[] {
  const [now, was] = [sourceOf(spec), sourceOf(withExpandSecret(before, spec.csi?.['controllerExpandSecretRef']))]
  const text = 'spec.persistentvolumesource is immutable after creation'
  return [
    ...(deepEqual(now, was)
      ? []
      : [
          forbiddenValue(
            'spec.persistentvolumesource',
            `${text}\n${goDiff('core-v1.PersistentVolumeSource', was, now)}`,
          ),
        ]),
    ...(spec.volumeMode === before.volumeMode
      ? []
      : [invalidValue('volumeMode', spec.volumeMode ?? null, 'field is immutable')]),
    ...(before.nodeAffinity === undefined || deepEqual(spec.nodeAffinity, before.nodeAffinity)
      ? []
      : [
          invalidValue(
            'nodeAffinity',
            spec.nodeAffinity === undefined ? null : goShape('core-v1.VolumeNodeAffinity', spec.nodeAffinity),
            'field is immutable, except for updating from beta label to GA',
          ),
        ]),
  ]
}

const oldAnnotations = {
  'volume.beta.kubernetes.io/storage-class': 'deprecated since v1.8; use "storageClassName" attribute instead',
  'volume.beta.kubernetes.io/mount-options': 'deprecated since v1.31; use "mountOptions" attribute instead',
}

/** Source: GetWarningsForPersistentVolume. */
export function volumeWarnings({ spec = {}, metadata: { annotations = {} } }: KubeObject): string[] {
  const { persistentVolumeReclaimPolicy: policy, nodeAffinity } = spec as VolumeSpec
  const terms = isRecord(nodeAffinity?.required) ? records(nodeAffinity.required['nodeSelectorTerms']) : []
  return [
    ...Object.entries(oldAnnotations)
      .filter(([key]) => key in annotations)
      .map(([key, text]) => `metadata.annotations[${key}]: ${text}`),
    ...(policy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...terms.flatMap((term, index) =>
      termWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`, false),
    ),
    ...retiredWarnings(spec as Source, 'spec', ['flocker', 'quobyte', 'gitRepo']),
  ]
}
