/** Whose an address is. Source: k8s.io/kubernetes/pkg/apis/networking/validation, ValidateIPAddress. */
import { deepEqual } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { spelled } from './causes.ts'
import { goShape } from './go-diff.ts'
import { pathSegmentProblems } from './metadata.ts'

type Cause = Required<StatusCause>

export interface ParentReference {
  readonly group?: string
  readonly resource?: string
  readonly namespace?: string
  readonly name?: string
}

const parentOf = ({ spec }: KubeObject): ParentReference | undefined =>
  (spec as { parentRef?: ParentReference } | undefined)?.parentRef

export function addressCauses(address: KubeObject, before?: KubeObject): Cause[] {
  const parent = parentOf(address)
  return [
    ...(parent === undefined ? [required('spec.parentRef')] : parentCauses(parent)),
    ...(before === undefined || deepEqual(parent, parentOf(before))
      ? []
      : [invalidValue('spec.parentRef', shown(parent), 'field is immutable')]),
  ]
}

const shown = (parent: ParentReference | undefined): object | null =>
  parent === undefined ? null : goShape('networking-v1.ParentReference', parent)

const parentCauses = ({ group = '', resource = '', namespace = '', name = '' }: ParentReference): Cause[] => [
  ...(group === '' ? [] : spelled('spec.parentRef.group', group, subdomainProblems)),
  ...segmentCauses('spec.parentRef.resource', resource),
  ...segmentCauses('spec.parentRef.name', name),
  ...(namespace === '' ? [] : spelled('spec.parentRef.namespace', namespace, pathSegmentProblems)),
]

const segmentCauses = (field: string, value: string): Cause[] =>
  value === '' ? [required(field)] : spelled(field, value, pathSegmentProblems)
