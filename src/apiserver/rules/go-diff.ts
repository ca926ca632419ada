/**
 * What the real server prints of a change that it refuses: the difference of two structs as Go prints them, every
 * field by Go's name, those that aren't set as well. Source: k8s.io/apimachinery/pkg/util/diff; the structs are those
 * of k8s.io/kubernetes/pkg/apis/core.
 */
import { isRecord } from '../../kube/object.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import { messageOf, type Field, type FieldType, type Message } from '../../kube/types/tables.ts'
import { unifiedDiff } from './unified-diff.ts'

/** `type` names the struct in the published tables: `core-v1.PodSpec`. */
export const goDiff = (type: string, before: unknown, after: unknown): string => {
  const print = (value: unknown): string => JSON.stringify(goStruct(messageOf(type), value), null, 1)
  return unifiedDiff(print(before), print(after))
}

/** A struct as the real server prints it in a message. */
export const goShape = (type: string, value: unknown): object => goStruct(messageOf(type), value)

/** Where Go's name is not the JSON name with a capital. */
const names: Readonly<Record<string, string>> = {
  apiGroup: 'APIGroup',
  apiVersion: 'APIVersion',
  awsElasticBlockStore: 'AWSElasticBlockStore',
  cel: 'CEL',
  cephfs: 'CephFS',
  csi: 'CSI',
  chapAuthDiscovery: 'DiscoveryCHAPAuth',
  chapAuthSession: 'SessionCHAPAuth',
  diskURI: 'DataDiskURI',
  dnsConfig: 'DNSConfig',
  dnsPolicy: 'DNSPolicy',
  endpoints: 'EndpointsName',
  fc: 'FC',
  fsGroup: 'FSGroup',
  fsGroupChangePolicy: 'FSGroupChangePolicy',
  fsType: 'FSType',
  gcePersistentDisk: 'GCEPersistentDisk',
  gmsaCredentialSpec: 'GMSACredentialSpec',
  gmsaCredentialSpecName: 'GMSACredentialSpecName',
  grpc: 'GRPC',
  httpGet: 'HTTPGet',
  httpHeaders: 'HTTPHeaders',
  ip: 'IP',
  iqn: 'IQN',
  iscsi: 'ISCSI',
  iscsiInterface: 'ISCSIInterface',
  nfs: 'NFS',
  os: 'OS',
  pdID: 'PdID',
  pdName: 'PDName',
  rbd: 'RBD',
  seLinuxChangePolicy: 'SELinuxChangePolicy',
  seLinuxOptions: 'SELinuxOptions',
  sslEnabled: 'SSLEnabled',
  storageos: 'StorageOS',
  tcpSocket: 'TCPSocket',
  tty: 'TTY',
  uid: 'UID',
  wwids: 'WWIDs',
}

/** And where it is in one type alone. */
const rbd = { monitors: 'CephMonitors', image: 'RBDImage', pool: 'RBDPool', user: 'RadosUser' }
const namesIn: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'core-v1.RBDVolumeSource': rbd,
  'core-v1.RBDPersistentVolumeSource': rbd,
}

/** Pointers of the published type that the struct has the values of. */
const values: Readonly<Record<string, readonly string[]>> = {
  'apps-v1.RollingUpdateDaemonSet': ['maxUnavailable', 'maxSurge'],
  'apps-v1.RollingUpdateDeployment': ['maxUnavailable', 'maxSurge'],
}

const goName = (name: string, type = ''): string =>
  namesIn[type]?.[name] ?? names[name] ?? `${name.charAt(0).toUpperCase()}${name.slice(1)}`

const volumeSourceOrder =
  'GCEPersistentDisk AWSElasticBlockStore HostPath Glusterfs NFS RBD Quobyte ISCSI FlexVolume Cinder CephFS FC Flocker AzureFile VsphereVolume AzureDisk PhotonPersistentDisk PortworxVolume ScaleIO Local StorageOS CSI'

/** Where the struct's fields are in another order than the published type's. */
const orders: Readonly<Record<string, string>> = {
  'core-v1.PodSpec':
    'Volumes InitContainers Containers EphemeralContainers RestartPolicy TerminationGracePeriodSeconds ActiveDeadlineSeconds DNSPolicy NodeSelector ServiceAccountName AutomountServiceAccountToken NodeName SecurityContext ImagePullSecrets Hostname Subdomain SetHostnameAsFQDN Affinity SchedulerName Tolerations HostAliases PriorityClassName Priority PreemptionPolicy DNSConfig ReadinessGates RuntimeClassName Overhead EnableServiceLinks TopologySpreadConstraints OS SchedulingGates ResourceClaims Resources HostnameOverride SchedulingGroup',
  'core-v1.PodSecurityContext':
    'HostNetwork HostPID HostIPC ShareProcessNamespace HostUsers SELinuxOptions WindowsOptions RunAsUser RunAsGroup RunAsNonRoot SupplementalGroups SupplementalGroupsPolicy FSGroup FSGroupChangePolicy Sysctls SeccompProfile AppArmorProfile SELinuxChangePolicy',
  'core-v1.Volume':
    'Name HostPath EmptyDir GCEPersistentDisk AWSElasticBlockStore GitRepo Secret NFS ISCSI Glusterfs PersistentVolumeClaim RBD Quobyte FlexVolume Cinder CephFS Flocker DownwardAPI FC AzureFile ConfigMap VsphereVolume AzureDisk PhotonPersistentDisk Projected PortworxVolume ScaleIO StorageOS CSI Ephemeral Image',
  'core-v1.PersistentVolumeSource': volumeSourceOrder,
  'core-v1.PersistentVolumeSpec': `Capacity ${volumeSourceOrder} AccessModes ClaimRef PersistentVolumeReclaimPolicy StorageClassName MountOptions VolumeMode NodeAffinity VolumeAttributesClassName`,
}

/** Fields of a pod that the struct has in its security context. */
const ofHost = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers']

function goStruct(message: Message, value: unknown): Record<string, unknown> {
  const given = isRecord(value) ? value : {}
  const struct: Record<string, unknown> = Object.fromEntries(
    flat(message).map(({ name, type }) => [
      goName(name, message.name),
      goValue(values[message.name]?.includes(name) ? { ...type, pointer: false } : type, sentAs(given, name)),
    ]),
  )
  const context = struct['SecurityContext']
  if (message.name === 'core-v1.PodSpec' && isRecord(context)) {
    for (const name of ofHost)
      context[goName(name)] = given[name] ?? (name.startsWith('hostU') || name.startsWith('share') ? null : false)
    struct['SecurityContext'] = inOrder('core-v1.PodSecurityContext', context)
  }
  return inOrder(message.name, struct)
}

const inOrder = (type: string, struct: Record<string, unknown>): Record<string, unknown> =>
  orders[type] === undefined
    ? struct
    : Object.fromEntries(orders[type].split(' ').map((name) => [name, struct[name] ?? null]))

const flat = (message: Message): readonly Field[] =>
  message.fields.flatMap((field) =>
    field.inline && field.type.kind === 'message' ? flat(messageOf(field.type.name)) : [field],
  )

const zeros: Readonly<Record<string, unknown>> = {
  string: '',
  bool: false,
  int32: 0,
  int64: 0,
  intOrString: 0,
  quantity: '0',
}

function goValue(type: FieldType, value: unknown): unknown {
  if (value === undefined || value === null) {
    if (type.pointer || type.kind === 'list' || type.kind === 'map') return null
    return type.kind === 'scalar' ? (zeros[type.name] ?? null) : goValue(type, {})
  }
  if (type.kind === 'list' && Array.isArray(value)) return value.map((item) => goValue(type.element, item))
  // Structs of other packages have names for JSON.
  return type.kind === 'message' && !type.name.startsWith('meta-v1.') ? goStruct(messageOf(type.name), value) : value
}
