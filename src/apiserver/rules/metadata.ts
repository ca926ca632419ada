/** Names, labels, annotations, finalizers and owners. Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go. */
import { labelProblems, qualifiedNameProblems, subdomainProblems, type Syntax } from '../../kube/syntax.ts'
import { forbiddenValue, invalidValue, required, tooLong, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { labelCauses } from './label-selector.ts'
import { spelled } from './causes.ts'

type Cause = Required<StatusCause>

const annotationBytesMax = 256 * 1024

/** RBAC names are path segments, so they may hold colons. */
const pathSegmentKinds = new Set(['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'])

/** Source: k8s.io/apimachinery/pkg/api/validation/path. */
const pathSegmentProblems: Syntax = (name) =>
  name === '.' || name === '..'
    ? [`may not be '${name}'`]
    : ['/', '%'].filter((character) => name.includes(character)).map((character) => `may not contain '${character}'`)

const labelKinds = new Set(['Namespace', 'Service', 'StatefulSet'])

/** Of a new object; `custom` is a kind that isn't built in. */
export function newMetadataCauses(kind: string, { metadata }: KubeObject, custom = false): Cause[] {
  const { labels, annotations, ownerReferences, finalizers = [] } = metadata
  return [
    ...nameCauses(kind, metadata),
    ...labelCauses('metadata.labels', labels),
    ...annotationCauses(annotations ?? {}),
    ...ownerCauses(ownerReferences ?? []),
    ...finalizerCauses(finalizers),
    ...(custom ? [] : standardFinalizerCauses(finalizers)),
  ]
}

/** How often the real server looks at an update's metadata, and how often at what of it can't change. */
const looks = (kind: string, custom: boolean): readonly [fields: number, identity: number] =>
  custom ? [3, 2] : [looksAtFields[kind] ?? 3, looksOnce.has(kind) ? 1 : 2]

/** How often a change of what names an object is refused at once. */
export const identityLooks = ({ kind, custom = false }: { kind: string; custom?: boolean }): number =>
  looks(kind, custom)[1]

const looksAtFields: Readonly<Record<string, number>> = {
  Event: 2,
  PodDisruptionBudget: 2,
  ...Object.fromEntries(
    [
      ...['ConfigMap', 'Secret', 'ServiceAccount', 'Endpoints', 'Pod', 'PersistentVolumeClaim', 'PersistentVolume'],
      ...['Namespace', 'Node', 'ControllerRevision', 'Job', 'StorageClass', 'APIService'],
      ...['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding'],
    ].map((kind) => [kind, 4]),
  ),
}

const looksOnce = new Set([
  ...['Event', 'LimitRange', 'PersistentVolume', 'EndpointSlice', 'PodDisruptionBudget', 'VolumeAttachment', 'CSINode'],
  ...['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'],
])

/**
 * Of an update of `before`; `wanted` is what its client sent. Every look finds the same again, and the real server
 * tells all of it.
 */
export function updatedMetadataCauses(
  kind: string,
  object: KubeObject,
  before: KubeObject,
  wanted: KubeObject,
  custom = false,
): Cause[] {
  const { labels, annotations, ownerReferences, finalizers } = object.metadata
  const old = before.metadata
  // What an update leaves alone has been looked at.
  const said =
    old.labels !== labels ||
    old.annotations !== annotations ||
    old.ownerReferences !== ownerReferences ||
    old.finalizers !== finalizers
  const identity = [...(said ? addedFinalizerCauses(object, before) : []), ...deletionCauses(wanted, before)]
  const fields = said
    ? [
        ...labelCauses('metadata.labels', labels),
        ...annotationCauses(annotations ?? {}),
        ...ownerCauses(ownerReferences ?? []),
        ...(custom ? [] : standardFinalizerCauses(finalizers ?? [])),
      ]
    : []
  if (identity.length === 0 && fields.length === 0) return []
  const [fieldLooks, identityLooks] = looks(kind, custom)
  return Array.from({ length: fieldLooks }, (_, look) => [...(look < identityLooks ? identity : []), ...fields]).flat()
}

/** Nobody says that an object is being deleted, or how long it has. */
function deletionCauses({ metadata: wanted }: KubeObject, { metadata: old }: KubeObject): Cause[] {
  const { deletionTimestamp, deletionGracePeriodSeconds: grace } = wanted
  const immutable = (field: string, value: unknown): Cause =>
    invalidValue(`metadata.${field}`, value, 'field is immutable')
  return [
    ...((deletionTimestamp ?? undefined) !== undefined && old.deletionTimestamp === undefined
      ? [immutable('deletionTimestamp', deletionTimestamp)]
      : []),
    ...((grace ?? undefined) !== undefined && grace !== old.deletionGracePeriodSeconds
      ? [immutable('deletionGracePeriodSeconds', grace)]
      : []),
  ]
}

function nameCauses(kind: string, { name = '', generateName = '' }: KubeObject['metadata']): Cause[] {
  if (name === '' && generateName === '') return [required('metadata.name', 'name or generateName is required')]
  const problems = pathSegmentKinds.has(kind)
    ? pathSegmentProblems
    : labelKinds.has(kind)
      ? labelProblems
      : subdomainProblems
  const prefix = generateName.replace(/-$/, '')
  return [
    ...(prefix === '' ? [] : problems(prefix)).map((problem) =>
      invalidValue('metadata.generateName', generateName, problem),
    ),
    ...(name === '' ? [] : spelled('metadata.name', name, problems)),
  ]
}

/** Annotation keys are compared in lower case; their values are bounded together. */
export function annotationCauses(
  annotations: Readonly<Record<string, string>>,
  path = 'metadata.annotations',
): Cause[] {
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + key.length + Buffer.byteLength(String(value)),
    0,
  )
  return [
    ...Object.keys(annotations).flatMap((key) =>
      qualifiedNameProblems(key.toLowerCase()).map((problem) => invalidValue(path, key, problem)),
    ),
    ...(bytes > annotationBytesMax ? [tooLong(path, annotationBytesMax)] : []),
  ]
}

const standardFinalizers = ['foregroundDeletion', 'kubernetes', 'orphan']

/** Source: ValidateFinalizers. */
const finalizerCauses = (finalizers: readonly string[]): Cause[] => [
  ...finalizers.flatMap((name) => spelled('metadata.finalizers', name, qualifiedNameProblems)),
  ...(finalizers.includes('orphan') && finalizers.includes('foregroundDeletion')
    ? [invalidValue('metadata.finalizers', finalizers, 'finalizer orphan and foregroundDeletion cannot be both set')]
    : []),
]

/** Of built-in kinds. Source: pkg/apis/core/validation, validateKubeFinalizerName. */
export const standardFinalizerCauses = (
  finalizers: readonly string[],
  at = (index: number): string => `metadata.finalizers[${index}]`,
): Cause[] =>
  finalizers.flatMap((name, index) =>
    name.includes('/') || standardFinalizers.includes(name)
      ? []
      : [invalidValue(at(index), name, 'name is neither a standard finalizer name nor is it fully qualified')],
  )

/** What is being deleted may only lose finalizers. */
function addedFinalizerCauses({ metadata }: KubeObject, before: KubeObject | undefined): Cause[] {
  if (before?.metadata.deletionTimestamp === undefined) return []
  const added = (metadata.finalizers ?? []).filter((each) => before.metadata.finalizers?.includes(each) !== true)
  if (added.length === 0) return []
  const shown = `[]string{${added.map((each) => JSON.stringify(each)).join(', ')}}`
  return [
    forbiddenValue(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`,
    ),
  ]
}

type Owner = NonNullable<KubeObject['metadata']['ownerReferences']>[number]

export function ownerCauses(owners: readonly Owner[], at = 'metadata.ownerReferences'): Cause[] {
  const controllers = owners.filter(({ controller }) => controller === true).map(({ kind, name }) => `${kind}/${name}`)
  const [first] = controllers
  return [
    ...owners.flatMap((owner) => [
      ...(versionOf(owner.apiVersion) === ''
        ? [invalidValue(`${at}.apiVersion`, owner.apiVersion, 'version must not be empty')]
        : []),
      ...(['kind', 'name', 'uid'] as const)
        .filter((field) => (owner[field] ?? '') === '')
        .map((field) => invalidValue(`${at}.${field}`, '', 'must not be empty')),
      ...(owner.apiVersion === 'v1' && owner.kind === 'Event'
        ? [invalidValue(at, owner, '/v1, Kind=Event is disallowed from being an owner')]
        : []),
    ]),
    ...controllers
      .slice(1)
      .map((other) =>
        invalidValue(
          at,
          owners,
          `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${other}`,
        ),
      ),
  ]
}

/** The version in `group/version` or `version`; empty where the text is neither. */
function versionOf(apiVersion = ''): string {
  const parts = apiVersion.split('/')
  return parts.length > 2 ? '' : (parts.at(-1) as string)
}
