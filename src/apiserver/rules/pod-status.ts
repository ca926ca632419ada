/** What the status of a pod may say. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodStatusUpdate. */
import { isIP } from 'node:net'
import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems, subdomainProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { addressProblems } from './address.ts'
import { spelled } from './causes.ts'
import {
  allocationCauses,
  noAllocationCauses,
  stateCauses,
  userCauses,
  type ContainerStatus,
  type PodContainers,
} from './container-status.ts'
import {
  claimStatusCauses,
  extendedClaimCauses,
  type ClaimStatus,
  type ExtendedClaimStatus,
} from './pod-claim-status.ts'

type Cause = Required<StatusCause>

interface Status {
  readonly phase?: string
  readonly nominatedNodeName?: string
  readonly observedGeneration?: number
  readonly qosClass?: string
  readonly podIP?: string
  readonly podIPs?: readonly { readonly ip: string }[]
  readonly hostIP?: string
  readonly conditions?: readonly { readonly type: string; readonly observedGeneration?: number }[]
  readonly hostIPs?: readonly { readonly ip: string }[]
  readonly containerStatuses?: readonly ContainerStatus[]
  readonly initContainerStatuses?: readonly ContainerStatus[]
  readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
  readonly resourceClaimStatuses?: readonly ClaimStatus[]
  readonly extendedResourceClaimStatus?: ExtendedClaimStatus
}

interface Spec extends PodContainers {
  readonly nodeName?: string
  readonly resourceClaims?: readonly { readonly name?: string }[]
}

const statusOf = (pod: KubeObject): Status => (isRecord(pod.status) ? pod.status : {})

/** Whether none of its containers will run again. */
export const isOver = (pod: KubeObject): boolean => ['Failed', 'Succeeded'].includes(statusOf(pod).phase ?? '')

/** The one address, where it is said, is the first of all. Source: pkg/apis/core/v1/conversion.go. */
export function withAddresses(pod: KubeObject): KubeObject {
  const { podIP = '', podIPs = [] } = statusOf(pod)
  if (podIP === '' || podIPs[0]?.ip === podIP) return pod
  return { ...pod, status: { ...(pod.status as object), podIPs: [{ ip: podIP }] } }
}

export function podStatusCauses(pod: KubeObject, before: KubeObject): Cause[] {
  const [now, was] = [statusOf(pod), statusOf(before)]
  const spec = (before.spec ?? {}) as Spec
  const { containers = [], initContainers = [] } = spec
  const { observedGeneration = 0, hostIPs = [], podIPs = [] } = now
  const [first] = hostIPs
  const at = (field: string): string => `status.${field}`
  return [
    ...conditionCauses(now.conditions ?? []),
    ...nominationCauses(now, was, spec),
    ...(observedGeneration < 0
      ? [invalidValue(at('observedGeneration'), observedGeneration, 'must be a non-negative integer')]
      : []),
    ...(now.qosClass === was.qosClass ? [] : [invalidValue(at('qosClass'), now.qosClass ?? '', 'field is immutable')]),
    ...stateCauses(at('containerStatuses'), now.containerStatuses, was.containerStatuses, spec, containers),
    ...stateCauses(
      at('initContainerStatuses'),
      now.initContainerStatuses,
      was.initContainerStatuses,
      spec,
      initContainers,
    ),
    ...stateCauses(
      at('ephemeralContainerStatuses'),
      now.ephemeralContainerStatuses,
      was.ephemeralContainerStatuses,
      spec,
    ),
    ...claimStatusCauses(now.resourceClaimStatuses, spec.resourceClaims),
    ...extendedClaimCauses(now.extendedResourceClaimStatus, spec),
    ...addressCauses(at('podIPs'), podIPs, was.podIPs),
    ...(first !== undefined && first.ip !== (now.hostIP ?? '')
      ? [invalidValue('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`')]
      : []),
    ...addressCauses(at('hostIPs'), hostIPs, was.hostIPs),
    ...kinds.flatMap((field) => userCauses(at(field), now[field], spec)),
    ...allocationCauses(at('containerStatuses'), now.containerStatuses, containers),
    ...allocationCauses(at('initContainerStatuses'), now.initContainerStatuses, initContainers),
    ...noAllocationCauses(at('ephemeralContainerStatuses'), now.ephemeralContainerStatuses),
  ]
}

const kinds = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const

function nominationCauses({ nominatedNodeName: name = '' }: Status, was: Status, { nodeName = '' }: Spec): Cause[] {
  if (name === '' || name === was.nominatedNodeName) return []
  const field = 'status.nominatedNodeName'
  return [
    ...spelled(field, name, subdomainProblems),
    ...(nodeName === '' ? [] : [forbiddenValue(field, 'may not be set on pods that are already bound to a node')]),
  ]
}

/** Those that others than the system add have qualified names. */
const conditionCauses = (conditions: NonNullable<Status['conditions']>): Cause[] =>
  conditions.flatMap(({ type, observedGeneration = 0 }, index) => [
    ...(observedGeneration < 0
      ? [
          invalidValue(
            `status.conditions[${index}].observedGeneration`,
            observedGeneration,
            'must be a non-negative integer',
          ),
        ]
      : []),
    ...(systemConditions.has(type) ? [] : spelled(`status.conditions[${index}].Type`, type, qualifiedNameProblems)),
  ])

const systemConditions = new Set(['PodScheduled', 'PodReady', 'Initialized'])

type Addresses = readonly { readonly ip: string }[]

function addressCauses(field: string, now: Addresses, was: Addresses = []): Cause[] {
  const added = now.map(({ ip }, index) => ({ ip, index })).filter(({ ip }) => !was.some((old) => old.ip === ip))
  const causes = added.flatMap(({ ip, index }) => spelled(`${field}[${index}]`, ip, addressProblems))
  const families = new Set(now.map(({ ip }) => isIP(ip)))
  return now.length > 1 && (now.length > 2 || families.size < 2)
    ? [
        ...causes,
        invalidValue(
          field,
          now.map(({ ip }) => ({ IP: ip })),
          'may specify no more than one IP for each IP family',
        ),
      ]
    : causes
}

/**
 * A status that doesn't say which generation was observed keeps what it said, as a whole and condition by condition;
 * the class that a pod was made with stays. Source: preserveOldObservedGeneration in pkg/registry/core/pod/strategy.go.
 */
export function withKeptStatus(pod: KubeObject, before: KubeObject): KubeObject {
  const [now, was] = [pod['status'], before['status']] as [Status | undefined, Status | undefined]
  if (now === was || now === undefined || was === undefined) return pod
  const observed = new Map<string, number[]>()
  for (const { type, observedGeneration = 0 } of was.conditions ?? [])
    observed.set(type, [...(observed.get(type) ?? []), observedGeneration])
  const conditions = now.conditions?.map((condition) => {
    const old = observed.get(condition.type)?.shift() ?? 0
    return (condition.observedGeneration ?? 0) !== 0 || old === 0
      ? condition
      : { ...condition, observedGeneration: old }
  })
  const kept = {
    ...((now.observedGeneration ?? 0) === 0 && was.observedGeneration !== undefined
      ? { observedGeneration: was.observedGeneration }
      : {}),
    ...((now.qosClass ?? '') === '' && was.qosClass !== undefined ? { qosClass: was.qosClass } : {}),
    ...(conditions === undefined ? {} : { conditions }),
  }
  return { ...pod, status: { ...now, ...kept } }
}
