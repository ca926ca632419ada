/**
 * Devices that somebody looks after have to be asked for in a namespace that is labelled for it. Source:
 * k8s.io/kubernetes/pkg/registry/resource/utils.go.
 */
import { forbiddenValue, type StatusCause } from '../../kube/status.ts'
import type { Objects } from '../definition.ts'
import { namespaces } from '../resources/namespaces.ts'

const label = 'resource.kubernetes.io/admin-access'

interface Asked {
  readonly adminAccess?: boolean
}

/** `pathOf` says where the one that asks is; `asked` are all that could. */
export function adminAccessCauses(
  asked: readonly (Asked | undefined)[],
  pathOf: (index: number) => string,
  namespace: string,
  objects: Objects,
): Required<StatusCause>[] {
  const index = asked.findIndex((each) => each?.adminAccess === true)
  if (index < 0 || objects.get(namespaces, namespace)?.value.metadata.labels?.[label] === 'true') return []
  const text = `admin access to devices requires the \`${label}: true\` label on the containing namespace`
  return [forbiddenValue(`${pathOf(index)}.adminAccess`, text)]
}

/** Of a new claim, or of a template of claims: the path is the same. */
export const requestedAdminCauses = (
  requests: readonly { readonly exactly?: Asked }[],
  namespace: string,
  objects: Objects,
): Required<StatusCause>[] =>
  adminAccessCauses(
    requests.map(({ exactly }) => exactly),
    (index) => `spec.devices.requests[${index}]`,
    namespace,
    objects,
  )
