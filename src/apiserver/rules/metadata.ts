/** Names, labels, annotations, finalizers and owners. Source: k8s.io/apimachinery/pkg/api/validation/objectmeta.go. */
import { labelProblems, qualifiedNameProblems, subdomainProblems } from '../../kube/syntax.ts'
import { forbiddenValue, invalidValue, required, tooLong, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'
import { labelCauses } from './label-selector.ts'
import { spelled } from './causes.ts'

type Cause = Required<StatusCause>

const annotationBytesMax = 256 * 1024

/** RBAC names are path segments, so they may hold colons. */
const pathSegmentKinds = new Set(['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'])

const labelKinds = new Set(['Namespace', 'Service', 'StatefulSet'])

export function metadataCauses(kind: string, { metadata }: KubeObject): Cause[] {
  return [
    ...nameCauses(kind, metadata),
    ...labelCauses('metadata.labels', metadata.labels),
    ...annotationCauses(metadata.annotations ?? {}),
  ]
}

function nameCauses(kind: string, { name = '', generateName = '' }: KubeObject['metadata']): Cause[] {
  if (name === '' && generateName === '') return [required('metadata.name', 'name or generateName is required')]
  if (pathSegmentKinds.has(kind)) return []
  const problems = labelKinds.has(kind) ? labelProblems : subdomainProblems
  const prefix = generateName.replace(/-$/, '')
  return [
    ...(prefix === '' ? [] : problems(prefix)).map((problem) =>
      invalidValue('metadata.generateName', generateName, problem),
    ),
    ...(name === '' ? [] : spelled('metadata.name', name, problems)),
  ]
}

/** Annotation keys are compared in lower case; their values are bounded together. */
function annotationCauses(annotations: Readonly<Record<string, string>>): Cause[] {
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + key.length + Buffer.byteLength(String(value)),
    0,
  )
  return [
    ...Object.keys(annotations).flatMap((key) =>
      qualifiedNameProblems(key.toLowerCase()).map((problem) => invalidValue('metadata.annotations', key, problem)),
    ),
    ...(bytes > annotationBytesMax ? [tooLong('metadata.annotations', annotationBytesMax)] : []),
  ]
}

const standardFinalizers = ['foregroundDeletion', 'kubernetes', 'orphan']

/** Of new objects of built-in kinds. Source: pkg/apis/core/validation, ValidateFinalizerName. */
export const newFinalizerCauses = ({ metadata }: KubeObject): Cause[] =>
  (metadata.finalizers ?? []).flatMap((name, index) => {
    const at = `metadata.finalizers[${index}]`
    const problems = qualifiedNameProblems(name).map((problem) => invalidValue(at, name, problem))
    return problems.length > 0 || name.includes('/') || standardFinalizers.includes(name)
      ? problems
      : [invalidValue(at, name, 'name is neither a standard finalizer name nor is it fully qualified')]
  })

/** What is being deleted may only lose finalizers. */
export function finalizerCauses({ metadata }: KubeObject, before: KubeObject | undefined): Cause[] {
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

export const ownerCauses = ({ metadata }: KubeObject): Cause[] =>
  (metadata.ownerReferences ?? []).flatMap(({ apiVersion = '', kind = '', name = '', uid = '' }) => {
    const empty = (field: string, text = 'must not be empty'): Cause =>
      invalidValue(`metadata.ownerReferences.${field}`, '', text)
    return [
      ...(apiVersion === '' ? [empty('apiVersion', 'version must not be empty')] : []),
      ...(kind === '' ? [empty('kind')] : []),
      ...(name === '' ? [empty('name')] : []),
      ...(uid === '' ? [empty('uid')] : []),
    ]
  })
