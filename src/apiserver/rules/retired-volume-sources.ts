/**
 * Volumes of drivers that were part of Kubernetes: their fields stay, most of them do nothing any more.
 * Source: k8s.io/kubernetes/pkg/apis/core/validation, pkg/api/pod/warnings.go.
 */
import { isRecord } from '../../kube/object.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems } from '../../kube/syntax.ts'
import { oneOf, spelled } from './causes.ts'
import { localPathCauses } from './local-path.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>
type Check = (source: Json, at: string) => Cause[]

const textOf = (source: Json, name: string): string => (source[name] as string | undefined) ?? ''

const isMissing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)

const needs =
  (...names: string[]): Check =>
  (source, at) =>
    names.filter((name) => isMissing(source[name])).map((name) => required(`${at}.${name}`))

/** `persistent` secrets are in a namespace of their own. */
const secretCauses =
  (isPersistent: boolean): Check =>
  ({ secretRef }, at) =>
    isRecord(secretRef) ? needs('name', ...(isPersistent ? ['namespace'] : []))(secretRef, `${at}.secretRef`) : []

const both =
  (...checks: Check[]): Check =>
  (source, at) =>
    checks.flatMap((check) => check(source, at))

const between = (field: string, value: unknown, least: number, most: number, shown = least): Cause[] =>
  typeof value === 'number' && (value < least || value > most)
    ? [invalidValue(field, value, `must be between ${shown} and ${most}, inclusive`)]
    : []

const unitMax = 255
const partition: Check = (source, at) => between(`${at}.partition`, source['partition'], 0, unitMax, 1)

const initiators: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[a-zA-Z0-9]{16}$/,
  naa: /^naa.[a-zA-Z0-9]{32}$/,
}

function initiatorCauses(field: string, name: string, isPersistent: boolean): Cause[] {
  const pattern = initiators[name.slice(0, 3)]
  if (pattern?.test(name) === true) return []
  const detail = pattern === undefined && !isPersistent ? ' starting with iqn, eui, or naa' : ''
  return [invalidValue(field, name, `must be valid format${detail}`)]
}

const initiatorTextMax = 64

const iscsi =
  (isPersistent: boolean): Check =>
  (source, at) => {
    const { iqn = '', lun, chapAuthDiscovery, chapAuthSession, secretRef, initiatorName } = source
    return [
      ...needs('targetPortal')(source, at),
      ...(iqn === '' ? [required(`${at}.iqn`)] : initiatorCauses(`${at}.iqn`, iqn as string, isPersistent)),
      ...between(`${at}.lun`, lun, 0, unitMax),
      ...((chapAuthDiscovery === true || chapAuthSession === true) && !isRecord(secretRef)
        ? [required(`${at}.secretRef`)]
        : []),
      ...(isPersistent ? secretCauses(false)(source, at) : []),
      ...(typeof initiatorName === 'string' ? initiatorCauses(`${at}.initiatorname`, initiatorName, isPersistent) : []),
    ]
  }

/** An initiator is known by the volume and its portal together. */
export function initiatorTextCauses(source: unknown, name: string, field: string, shown?: string): Cause[] {
  if (!isRecord(source) || typeof source['initiatorName'] !== 'string') return []
  const portal = textOf(source, 'targetPortal')
  const text =
    'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
  return Buffer.byteLength(`${name}:${portal}`) > initiatorTextMax ? [invalidValue(field, shown ?? portal, text)] : []
}

function fc(source: Json, at: string): Cause[] {
  const [targets, ids] = [source['targetWWNs'] ?? [], source['wwids'] ?? []] as [string[], string[]]
  const field = `${at}.targetWWNs`
  return [
    ...(targets.length === 0 && ids.length === 0
      ? [required(field, 'must specify either targetWWNs or wwids, but not both')]
      : []),
    ...(targets.length > 0 && ids.length > 0
      ? [invalidValue(field, targets, 'targetWWNs and wwids can not be specified simultaneously')]
      : []),
    ...(targets.length > 0
      ? source['lun'] === undefined
        ? [required(`${at}.lun`, 'lun is required if targetWWNs is specified')]
        : between(`${at}.lun`, source['lun'], 0, unitMax)
      : []),
  ]
}

const tenantMax = 64
const hostAndPort = /^(\[[^\][]*\]|[^:\][]*):[^:]*$/

function quobyte(source: Json, at: string): Cause[] {
  const registry = textOf(source, 'registry')
  const pairs = 'must be a host:port pair or multiple pairs separated by commas'
  return [
    ...(registry === ''
      ? [required(`${at}.registry`, pairs)]
      : textOf(source, 'tenant').length > tenantMax
        ? [required(`${at}.tenant`, 'must be a UUID and may not exceed a length of 64 characters')]
        : registry
            .split(',')
            .filter((pair) => !hostAndPort.test(pair))
            .map(() => invalidValue(`${at}.registry`, registry, pairs))),
    ...needs('volume')(source, at),
  ]
}

function flocker(source: Json, at: string): Cause[] {
  const [name, uuid] = [textOf(source, 'datasetName'), textOf(source, 'datasetUUID')]
  return [
    ...(name === '' && uuid === '' ? [required(at, 'one of datasetName and datasetUUID is required')] : []),
    ...(name !== '' && uuid !== ''
      ? [invalidValue(at, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')]
      : []),
    ...(name.includes('/') ? [invalidValue(`${at}.datasetName`, name, "must not contain '/'")] : []),
  ]
}

const flexVolume: Check = (source, at) => [
  ...needs('driver')(source, at),
  ...Object.keys(isRecord(source['options']) ? source['options'] : {})
    .filter((key) => /\.(kubernetes|k8s)\.io$/i.test(`.${key.includes('/') ? key.slice(0, key.indexOf('/')) : key}`))
    .map((key) => invalidValue(`${at}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')),
]

const managedDisk = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const blobDisk = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

function azureDisk(source: Json, at: string): Cause[] {
  const { kind } = source
  const uri = textOf(source, 'diskURI')
  const isManaged = kind === 'Managed'
  return [
    ...needs('diskName', 'diskURI')(source, at),
    ...oneOf(`${at}.cachingMode`, source['cachingMode'], ['None', 'ReadOnly', 'ReadWrite']),
    ...oneOf(`${at}.kind`, kind, ['Dedicated', 'Managed', 'Shared']),
    ...(uri.startsWith(isManaged ? '/subscriptions/' : 'https://')
      ? []
      : [notSupported(`${at}.diskURI`, uri, [isManaged ? managedDisk : blobDisk])]),
  ]
}

const storageos: Check = (source, at) => {
  const [name, namespace] = [textOf(source, 'volumeName'), textOf(source, 'volumeNamespace')]
  return [
    ...(name === '' ? [required(`${at}.volumeName`)] : spelled(`${at}.volumeName`, name, labelProblems)),
    ...(namespace === '' ? [] : spelled(`${at}.volumeNamespace`, namespace, labelProblems)),
  ]
}

const gitRepo: Check = (source, at) => [
  ...needs('repository')(source, at),
  ...localPathCauses(`${at}.directory`, textOf(source, 'directory')),
]

const endpointsNamespace: Check = (source, at) => {
  const namespace = source['endpointsNamespace']
  const field = `${at}.endpointsNamespace`
  if (typeof namespace !== 'string') return []
  return namespace === ''
    ? [invalidValue(field, '', 'if the endpointnamespace is set, it must be a valid namespace name')]
    : spelled(field, namespace, labelProblems)
}

const secretNamespace: Check = (source, at) =>
  source['secretNamespace'] === '' ? [required(`${at}.secretNamespace`)] : []

/** Of a pod's volumes; `isPersistent` of those of a cluster. */
export const retiredSources = (isPersistent: boolean): Readonly<Record<string, Check>> => ({
  awsElasticBlockStore: both(needs('volumeID'), partition),
  azureDisk,
  azureFile: both(needs('secretName', 'shareName'), ...(isPersistent ? [secretNamespace] : [])),
  cephfs: needs('monitors'),
  cinder: both(needs('volumeID'), secretCauses(isPersistent)),
  fc,
  flexVolume,
  flocker,
  gcePersistentDisk: (source, at) =>
    both(needs('pdName'), partition)(source, at.replace(/gcePersistentDisk$/, 'persistentDisk')),
  gitRepo,
  glusterfs: both(needs('endpoints', 'path'), ...(isPersistent ? [endpointsNamespace] : [])),
  iscsi: iscsi(isPersistent),
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  quobyte,
  rbd: needs('monitors', 'image'),
  scaleIO: needs('gateway', 'system', 'volumeName'),
  storageos: both(storageos, secretCauses(isPersistent)),
  vsphereVolume: needs('volumePath'),
})

/** What an absent or empty field of a source stands for. */
export const retiredDefaults: Readonly<Record<string, Json>> = {
  azureDisk: { cachingMode: 'ReadWrite', fsType: 'ext4', readOnly: false, kind: 'Shared' },
  iscsi: { iscsiInterface: 'default' },
  rbd: { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' },
  scaleIO: { storageMode: 'ThinProvisioned', fsType: 'xfs' },
}

const warned: Readonly<Record<string, string>> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
}

/** Drivers that are gone; `not` are those of which nothing is said. */
export const retiredWarnings = (source: Json, at: string, not: readonly string[] = []): string[] =>
  Object.entries(warned)
    .filter(([name]) => isRecord(source[name]) && !not.includes(name))
    .map(([name, text]) => `${at}.${name === 'storageos' ? 'storageOS' : name}: ${text}`)
