import { isAlike } from '../../kube/object.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject, type Objects } from '../definition.ts'
import { adminAccessCauses, requestedAdminCauses } from '../rules/device-admin.ts'
import { claimStatusCauses, withoutReleased, type ClaimStatus } from '../rules/device-allocation.ts'
import { claimCauses, requestNames, withClaimDefaults, type ClaimSpec } from '../rules/device-claim.ts'
import { goShape } from '../rules/go-diff.ts'

type Claim = KubeObject & { readonly spec?: ClaimSpec; readonly status?: ClaimStatus }

function causes(
  claim: KubeObject,
  old: KubeObject | undefined,
  subresource: string,
  objects: Objects,
): Required<StatusCause>[] {
  const { spec = {}, status = {}, metadata } = claim as Claim
  const before = old as Claim | undefined
  const { namespace = '' } = metadata
  if (before === undefined)
    return [...requestedAdminCauses(spec.devices?.requests ?? [], namespace, objects), ...claimCauses(spec, 'spec')]
  if (subresource === 'status')
    return [
      ...grantedAdminCauses(status, before.status ?? {}, namespace, objects),
      ...claimStatusCauses(
        status,
        before.status ?? {},
        metadata.deletionTimestamp !== undefined,
        requestNames(spec.devices ?? {}),
      ),
    ]
  return isAlike(spec, before.spec)
    ? []
    : [invalidValue('spec', goShape('resource-v1.ResourceClaimSpec', spec), 'field is immutable')]
}

const resultsOf = ({ allocation }: ClaimStatus): readonly { readonly adminAccess?: boolean }[] =>
  allocation?.devices?.results ?? []

/** What is granted stays so. */
const grantedAdminCauses = (
  status: ClaimStatus,
  before: ClaimStatus,
  namespace: string,
  objects: Objects,
): Required<StatusCause>[] =>
  resultsOf(before).some(({ adminAccess }) => adminAccess === true)
    ? []
    : adminAccessCauses(resultsOf(status), (index) => `status.allocation.devices.results[${index}]`, namespace, objects)

const statusOf = ({ status }: KubeObject): ClaimStatus => status ?? {}

function state({ metadata, status = {} }: Claim): string {
  const isGoing = metadata.deletionTimestamp !== undefined
  return [
    ...(isGoing ? ['deleted'] : []),
    ...(status.allocation !== undefined ? ['allocated'] : isGoing ? [] : ['pending']),
    ...(status.allocation !== undefined && status.reservedFor?.length ? ['reserved'] : []),
  ].join(',')
}

export const resourceClaims = builtIn({
  group: 'resource.k8s.io',
  version: 'v1',
  resource: 'resourceclaims',
  kind: 'ResourceClaim',
  namespaced: true,
  untabled: 'status',
  status: true,
  statusLeaves: 'metadata',
  returnsDeleted: true,
  defaults: (claim) => ({ ...claim, spec: withClaimDefaults(claim.spec as ClaimSpec | undefined) }),
  keeps: (claim, before) => {
    const [status, earlier] = [statusOf(claim), statusOf(before)]
    return status.devices === undefined ? claim : { ...claim, status: withoutReleased(status, earlier) }
  },
  validate: causes,
  documented: {
    State: 'A summary of the current state (allocated, pending, reserved, etc.).',
  },
  columns: [computed('State', 'string', state), ageColumn],
})
