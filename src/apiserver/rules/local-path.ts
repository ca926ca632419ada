/** Paths below something. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateLocalDescendingPath. */
import { invalidValue, type StatusCause } from '../../kube/status.ts'

type Cause = Required<StatusCause>

/** Source: ValidatePathNoBacksteps. */
export const backstepCauses = (field: string, path: string): Cause[] =>
  path.split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : []

export const localPathCauses = (field: string, path: string): Cause[] => [
  ...(path.startsWith('/') ? [invalidValue(field, path, 'must be a relative path')] : []),
  ...backstepCauses(field, path),
]

/** And not where the kubelet keeps its own. Source: validateLocalNonReservedPath. */
export const unreservedPathCauses = (field: string, path: string): Cause[] => [
  ...localPathCauses(field, path),
  ...(path.startsWith('..') && !path.startsWith('../') ? [invalidValue(field, path, "must not start with '..'")] : []),
]
