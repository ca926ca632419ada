/** Which claims of devices a pod has got. Source: k8s.io/kubernetes/pkg/apis/core/validation, validatePodResourceClaimStatuses. */
import { duplicate, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'
import type { PodContainers } from './container-status.ts'

type Cause = Required<StatusCause>

export interface ClaimStatus {
  readonly name?: string
  readonly resourceClaimName?: string
}

export interface ExtendedClaimStatus {
  readonly resourceClaimName?: string
  /** Null where nobody gave any: Go prints lists that way. */
  readonly requestMappings?:
    readonly { readonly containerName?: string; readonly resourceName?: string; readonly requestName?: string }[] | null
}

export const claimStatusCauses = (
  statuses: readonly ClaimStatus[] = [],
  claims: readonly { readonly name?: string }[] = [],
): Cause[] =>
  statuses.flatMap(({ name = '', resourceClaimName }, index) => {
    const at = `status.resourceClaimStatuses[${index}]`
    const again = statuses.slice(0, index).some((other) => (other.name ?? '') === name)
    return [
      ...(claims.some((claim) => claim.name === name)
        ? []
        : [invalidValue(`${at}.name`, name, 'must match the name of an entry in `spec.resourceClaims`')]),
      ...(again ? [duplicate(`${at}.name`, name)] : []),
      ...(resourceClaimName === undefined
        ? []
        : spelled(`${at}.resourceClaimName`, resourceClaimName, subdomainProblems)),
    ]
  })

/** Source: validatePodExtendedResourceClaimStatus. */
export function extendedClaimCauses(status: ExtendedClaimStatus | undefined, spec: PodContainers): Cause[] {
  if (status === undefined) return []
  const at = 'status.extendedResourceClaimStatus'
  const { requestMappings, resourceClaimName = '' } = status
  const mappings = requestMappings ?? []
  const seen = new Set<string>()
  return [
    ...(mappings.length === 0 ? [required(`${at}.requestMappings`, 'at least one request mapping is required')] : []),
    ...mappings.flatMap(({ containerName = '', resourceName = '', requestName = '' }, index) => {
      const path = `${at}.requestMappings[${index}]`
      const names = { containerName, resourceName, requestName }
      const key = JSON.stringify(names)
      const again = seen.has(key)
      seen.add(key)
      return [
        ...askedCauses(containerName, resourceName, spec, path),
        ...spelled(`${at}.requestName`, requestName, labelProblems),
        ...(again ? Object.entries(names).map(([field, name]) => duplicate(`${path}.${field}`, name)) : []),
      ]
    }),
    ...(resourceClaimName === ''
      ? [required(`${at}.resourceClaimName`)]
      : spelled(`${at}.resourceClaimName`, resourceClaimName, subdomainProblems)),
  ]
}

function askedCauses(name: string, resource: string, spec: PodContainers, path: string): Cause[] {
  const container = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].find((each) => each.name === name)
  if (container === undefined)
    return [
      invalidValue(
        `${path}.containerName`,
        name,
        'must match the name of an entry in spec.initContainers.name or spec.containers.name',
      ),
    ]
  if (Object.hasOwn(container.resources?.requests ?? {}, resource)) return []
  const of = 'spec.initContainers.resources.requests or spec.containers.resources.requests'
  return [invalidValue(`${path}.resourceName`, resource, `must match the extended resource name of an entry in ${of}`)]
}
