/**
 * Metadata of an update, looked at as often as the real server does: each look finds the same again, and it tells all
 * of it. Source: k8s.io/apiserver/pkg/registry/rest/update.go and the strategies of the kinds; their looks are checked
 * against a real server.
 */
import { deepEqual } from '../../kube/object.ts'
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

/** Where what is wrong with the rest stands: what a new object may not have, and what may not change. */
type Rest = 'new' | 'changed'

type Kind = Pick<ResourceDefinition, 'group' | 'kind' | 'custom' | 'statusLeaves'>

const both: readonly Look[] = ['core update', 'core whole']

/** The rest comes last where nothing else is said. */
const looksOf: Readonly<Record<string, readonly (Look | Rest)[]>> = {
  Event: [],
  PodDisruptionBudget: [],
  Lease: ['update'],
  CertificateSigningRequest: ['core whole', 'new', 'changed', 'core update'],
  RuntimeClass: ['whole', 'new', 'update'],
  PersistentVolume: ['core whole', 'new', 'core whole'],
  IngressClass: ['core update', 'changed', 'core whole', 'new'],
  VolumeAttributesClass: ['core update', 'changed', 'core whole', 'new'],
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
      ...['Node', 'Namespace', 'Job', 'StorageClass', 'CSIStorageCapacity'],
      ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
    ].map((kind) => [kind, ['core whole', 'new', 'core update']]),
  ),
  ...Object.fromEntries(
    [
      ...['ConfigMap', 'Secret', 'ServiceAccount', 'Endpoints', 'Pod', 'PersistentVolumeClaim'],
      ...['ControllerRevision', 'Ingress', 'IPAddress', 'DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate'],
    ].map((kind) => [kind, both]),
  ),
}

/** At writes of their status, and of what finalizes namespaces, some kinds look once less. */
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
function looksAt({ group, kind, custom }: Kind, subresource: string): readonly (Look | Rest)[] {
  if (custom === true) return ['update']
  const ofStatus = subresource === 'status' || subresource === 'finalize' ? statusLooksOf[kind] : undefined
  if (ofStatus !== undefined) return ofStatus
  return group === 'events.k8s.io' ? ['core update'] : (looksOf[kind] ?? ['core update'])
}

/** Of an update of `before`; `wanted` is what its client sent. Says where the rest goes. */
export function updatedMetadataCauses(
  definition: Kind,
  object: KubeObject,
  before: KubeObject,
  wanted: KubeObject,
  subresource: string,
): (Cause | Rest)[] {
  const { metadata } = object
  const { labels, annotations, ownerReferences, finalizers } = metadata
  const old = before.metadata
  // What an update leaves alone has been looked at.
  const said =
    old.labels !== labels ||
    old.annotations !== annotations ||
    old.ownerReferences !== ownerReferences ||
    old.finalizers !== finalizers
  // The status strategy of pods drops the time of their deletion before anybody looks.
  const drops = definition.kind === 'Pod' && definition.custom !== true && subresource === 'status'
  const seen = drops ? withoutDeletion(wanted.metadata) : wanted.metadata
  const identity = [
    ...(said ? addedFinalizerCauses(metadata, old) : []),
    ...(keepsIdentity(definition, subresource) ? [] : identityCauses(seen, old)),
  ]
  const { generateName = '' } = metadata
  const renamed = old.generateName !== metadata.generateName
  // What API services are called is what they serve, and that may change.
  const isNamed = renamed || (definition.kind === 'APIService' && definition.custom !== true)
  const named = isNamed ? nameCauses(metadata, namesOf(definition, object), prefixesOf(definition, object)) : []
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
    ...looksAt(definition, subresource).flatMap((look): readonly (Cause | Rest)[] =>
      look === 'new' || look === 'changed' ? [look] : causes[look],
    ),
  ]
}

export const isCause = (each: Cause | Rest): each is Cause => typeof each !== 'string'

/** All that is wrong with an update: with its metadata, and with the rest, of which a new object may not have `asNew`. */
export function withRest(
  looks: readonly (Cause | Rest)[],
  rest: readonly Cause[],
  asNew: () => readonly Cause[],
): readonly Cause[] {
  if (looks.length === 0) return rest
  if (rest.length === 0 || looks.every(isCause)) return [...looks.filter(isCause), ...rest]
  const made = asNew()
  const from = [0, rest.length - made.length].find((at) => deepEqual(rest.slice(at, at + made.length), made))
  if (from === undefined) return [...looks.filter(isCause), ...rest]
  const parts = { new: made, changed: rest.toSpliced(from, made.length) }
  const placed = looks.flatMap((look) => (isCause(look) ? [look] : parts[look]))
  return looks.includes('changed') ? placed : [...placed, ...parts.changed]
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
