/**
 * Metadata of an update, looked at as often as the real server does: each look finds the same again, and it tells all
 * of it. Source: k8s.io/apiserver/pkg/registry/rest/update.go and the strategies of the kinds; their looks are checked
 * against a real server.
 */
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import { spelled } from './causes.ts'
import { labelCauses } from './label-selector.ts'
import {
  annotationCauses,
  finalizerCauses,
  nameCauses,
  ownerCauses,
  pathSegmentProblems,
  standardFinalizerCauses,
  namesOf,
  prefixesOf,
} from './metadata.ts'

type Cause = Required<StatusCause>

/** At what can't change, or at the object as if it were new; `core`: at the finalizers' names as well. */
type Look = 'update' | 'core update' | 'whole' | 'core whole'

type Kind = Pick<ResourceDefinition, 'group' | 'kind' | 'custom' | 'statusLeaves'>

const both: readonly Look[] = ['core update', 'core whole']

const looksOf: Readonly<Record<string, readonly Look[]>> = {
  Event: [],
  PodDisruptionBudget: [],
  Lease: ['update'],
  RuntimeClass: ['whole', 'update'],
  PersistentVolume: ['core whole', 'core whole'],
  APIService: ['update', 'whole'],
  CustomResourceDefinition: ['update'],
  MutatingWebhookConfiguration: ['whole'],
  ValidatingWebhookConfiguration: ['whole'],
  ValidatingAdmissionPolicy: ['whole'],
  ValidatingAdmissionPolicyBinding: ['whole'],
  FlowSchema: ['core whole'],
  PriorityLevelConfiguration: ['core whole'],
  ...Object.fromEntries(
    ['EndpointSlice', 'VolumeAttachment', 'CSINode', 'LimitRange'].map((kind) => [kind, ['core whole']]),
  ),
  ...Object.fromEntries(
    [
      ...['ConfigMap', 'Secret', 'ServiceAccount', 'Endpoints', 'Pod', 'PersistentVolumeClaim', 'Namespace', 'Node'],
      ...['ControllerRevision', 'Job', 'StorageClass', 'CSIStorageCapacity', 'CertificateSigningRequest'],
      ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
      ...['DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate'],
      ...['Ingress', 'IngressClass', 'IPAddress', 'VolumeAttributesClass'],
    ].map((kind) => [kind, both]),
  ),
}

/** At writes of their status some kinds look once less. */
const statusLooksOf: Readonly<Record<string, readonly Look[]>> = {
  CronJob: [],
  ...Object.fromEntries(
    ['Ingress', 'Job', 'Namespace', 'Node', 'PersistentVolume', 'PersistentVolumeClaim', 'Pod'].map((kind) => [
      kind,
      ['core update'],
    ]),
  ),
}

/** Those of the kind itself. */
function looksAt({ group, kind, custom }: Kind, subresource: string): readonly Look[] {
  if (custom === true) return ['update']
  const ofStatus = subresource === 'status' ? statusLooksOf[kind] : undefined
  if (ofStatus !== undefined) return ofStatus
  return group === 'events.k8s.io' ? ['core update'] : (looksOf[kind] ?? ['core update'])
}

/** Of an update of `before`; `wanted` is what its client sent. */
export function updatedMetadataCauses(
  definition: Kind,
  { metadata }: KubeObject,
  before: KubeObject,
  wanted: KubeObject,
  subresource: string,
): Cause[] {
  const { labels, annotations, ownerReferences, finalizers } = metadata
  const old = before.metadata
  // What an update leaves alone has been looked at.
  const said =
    old.labels !== labels ||
    old.annotations !== annotations ||
    old.ownerReferences !== ownerReferences ||
    old.finalizers !== finalizers
  // The status strategy of pods drops the time of their deletion before anybody looks.
  const drops = definition.kind === 'Pod' && subresource === 'status'
  const seen = drops ? withoutDeletion(wanted.metadata) : wanted.metadata
  const identity = [
    ...(said ? addedFinalizerCauses(metadata, old) : []),
    ...(keepsIdentity(definition, subresource) ? [] : identityCauses(seen, old)),
  ]
  const { generateName = '' } = metadata
  const renamed = old.generateName !== metadata.generateName
  const named = renamed ? nameCauses(metadata, namesOf(definition.kind), prefixesOf(definition.kind)) : []
  const segment = renamed ? spelled('metadata.generateName', generateName, pathSegmentProblems) : []
  const fields = said
    ? [
        ...labelCauses('metadata.labels', labels),
        ...annotationCauses(annotations ?? {}),
        ...ownerCauses(ownerReferences ?? []),
      ]
    : []
  const added = said ? (finalizers ?? []) : []
  const [unspelled, standard] = [finalizerCauses(added), standardFinalizerCauses(added)]
  if ([identity, named, segment, fields, unspelled, standard].every(({ length }) => length === 0)) return []
  const causes = {
    update: [...identity, ...fields],
    'core update': [...identity, ...fields, ...standard],
    whole: [...named, ...fields, ...unspelled],
    'core whole': [...named, ...fields, ...unspelled, ...standard],
  } as const
  return [
    ...segment,
    ...fields,
    ...unspelled,
    ...causes.update,
    ...looksAt(definition, subresource).flatMap((look) => causes[look]),
  ]
}

type Metadata = KubeObject['metadata']

/** Whether what the write says of who the object is, and of its deletion, is not looked at. */
const keepsIdentity = ({ custom, kind, statusLeaves }: Kind, subresource: string): boolean =>
  subresource === 'status' && kind !== 'APIService' && (custom === true || statusLeaves === 'metadata')

function withoutDeletion({ deletionTimestamp: _, ...metadata }: Metadata): Metadata {
  return metadata
}

/** Nobody says that an object is another, is being deleted, or how long it has. */
function identityCauses(wanted: Metadata, old: Metadata): Cause[] {
  const { uid = '', deletionTimestamp, deletionGracePeriodSeconds: grace } = wanted
  const immutable = (field: string, value: unknown): Cause =>
    invalidValue(`metadata.${field}`, value, 'field is immutable')
  return [
    ...(uid !== '' && uid !== old.uid ? [immutable('uid', uid)] : []),
    ...((deletionTimestamp ?? undefined) !== undefined && old.deletionTimestamp === undefined
      ? [immutable('deletionTimestamp', deletionTimestamp)]
      : []),
    ...((grace ?? undefined) !== undefined && grace !== old.deletionGracePeriodSeconds
      ? [immutable('deletionGracePeriodSeconds', grace)]
      : []),
  ]
}

/** What is being deleted may only lose finalizers. */
function addedFinalizerCauses(metadata: Metadata, old: Metadata): Cause[] {
  if (old.deletionTimestamp === undefined) return []
  const added = (metadata.finalizers ?? []).filter((each) => old.finalizers?.includes(each) !== true)
  if (added.length === 0) return []
  const shown = `[]string{${added.map((each) => JSON.stringify(each)).join(', ')}}`
  return [
    forbiddenValue(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
    ),
  ]
}
