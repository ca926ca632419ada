/**
 * What a pod may say of its containers: one that has ended for good stays so.
 * Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodStatusUpdate; pkg/api/v1/pod, ContainerShouldRestart.
 */
import { duplicate, forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import { oneOf } from './causes.ts'
import { idCauses } from './security-context.ts'

type Cause = Required<StatusCause>

interface RestartRule {
  readonly action?: string
  readonly exitCodes?: { readonly operator?: string; readonly values?: readonly number[] }
}

export interface Container {
  readonly name?: string
  readonly restartPolicy?: string
  readonly restartPolicyRules?: readonly RestartRule[]
  readonly resources?: {
    readonly requests?: Readonly<Record<string, unknown>>
    readonly claims?: readonly { readonly name?: string; readonly request?: string }[]
  }
}

export interface PodContainers {
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
  readonly restartPolicy?: string
  readonly os?: { readonly name?: string }
}

interface AllocatedResource {
  readonly name?: string
  readonly resources?: readonly { readonly resourceID?: string; readonly health?: string }[]
}

export interface ContainerStatus {
  readonly name?: string
  readonly state?: { readonly terminated?: { readonly exitCode?: number } }
  readonly allocatedResourcesStatus?: readonly AllocatedResource[]
  readonly user?: {
    readonly linux?: { readonly uid?: number; readonly gid?: number; readonly supplementalGroups?: readonly number[] }
  }
}

type Statuses = readonly ContainerStatus[] | undefined

/** Of containers, and of those that come before them; `containers` absent: ephemeral ones are never started again. */
export function stateCauses(
  field: string,
  now: Statuses = [],
  was: Statuses = [],
  spec: PodContainers,
  containers?: readonly Container[],
): Cause[] {
  if (containers !== undefined && restartsAll(spec)) return []
  return was.flatMap(({ name, state: { terminated } = {} }, index) => {
    const after = terminated === undefined ? undefined : now.find((status) => status.name === name)
    if (after === undefined || after.state?.terminated !== undefined) return []
    const container = containers?.find((each) => each.name === name)
    if (container !== undefined && restarts(container, spec, terminated?.exitCode ?? 0)) return []
    return [forbiddenValue(`${field}[${index}].state`, 'may not be transitioned to non-terminated state')]
  })
}

const restartsAll = ({ containers = [], initContainers = [] }: PodContainers): boolean =>
  [...containers, ...initContainers].some(({ restartPolicyRules: rules = [] }) =>
    rules.some(({ action }) => action === 'RestartAllContainers'),
  )

function restarts(
  { restartPolicy, restartPolicyRules = [] }: Container,
  pod: PodContainers,
  exitCode: number,
): boolean {
  const rule = restartPolicyRules.find(({ exitCodes: { operator, values = [] } = {} }) =>
    operator === 'In' ? values.includes(exitCode) : operator === 'NotIn' && !values.includes(exitCode),
  )
  if (restartPolicy !== undefined && rule?.action === 'Restart') return true
  const policy = restartPolicy ?? pod.restartPolicy
  return policy === 'OnFailure' ? exitCode !== 0 : policy !== 'Never'
}

export const userCauses = (field: string, statuses: Statuses = [], { os }: PodContainers): Cause[] =>
  statuses.flatMap(({ user: { linux } = {} }, index) => {
    const at = `${field}[${index}].user.linux`
    if (linux === undefined) return []
    if (os?.name === 'windows') return [forbiddenValue(at, 'cannot be set for a windows pod')]
    return [
      ...idCauses(`${at}.uid`, linux.uid),
      ...idCauses(`${at}.gid`, linux.gid),
      ...(linux.supplementalGroups ?? []).flatMap((group, i) => idCauses(`${at}.supplementalGroups[${i}]`, group)),
    ]
  })

/** Of containers that may not have any. */
export const noAllocationCauses = (field: string, statuses: Statuses = []): Cause[] =>
  statuses.flatMap(({ allocatedResourcesStatus: allocated = [] }, index) =>
    allocated.length === 0
      ? []
      : [forbiddenValue(`${field}[${index}].allocatedResourcesStatus`, 'must not be specified in container status')],
  )

export const allocationCauses = (
  field: string,
  statuses: Statuses = [],
  containers: readonly Container[] = [],
): Cause[] =>
  statuses.flatMap(({ name, allocatedResourcesStatus: allocated = [] }, index) => {
    const container = containers.find((each) => each.name === name)
    return allocated.flatMap((resource, j) => {
      const at = `${field}[${index}].allocatedResourcesStatus[${j}]`
      return [...(container === undefined ? [] : askedCauses(resource, container, at)), ...healthCauses(resource, at)]
    })
  })

function askedCauses({ name = '' }: AllocatedResource, { resources = {} }: Container, at: string): Cause[] {
  const isClaim = name.startsWith('claim:')
  const asked = isClaim
    ? (resources.claims ?? []).map((claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`)
    : Object.keys(resources.requests ?? {})
  if (asked.includes(name)) return []
  const wanted = isClaim
    ? "resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
    : 'resource requests'
  return [invalidValue(`${at}.name`, name, `must match one of the container's ${wanted}`)]
}

const healthCauses = ({ resources = [] }: AllocatedResource, at: string): Cause[] =>
  resources.flatMap(({ resourceID = '', health = '' }, index) => {
    const path = `${at}.resources[${index}]`
    const again = resources.slice(0, index).some((other) => (other.resourceID ?? '') === resourceID)
    return [
      ...oneOf(`${path}.health`, health, ['Healthy', 'Unhealthy', 'Unknown']),
      ...(again ? [duplicate(`${path}.resourceID`, resourceID)] : []),
    ]
  })
