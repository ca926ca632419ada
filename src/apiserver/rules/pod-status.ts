/** What the status of a pod may say. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePodStatusUpdate. */
import { isIP } from 'node:net'
import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems, subdomainProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { addressProblems } from './address.ts'
import { spelled } from './causes.ts'

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
  const { nominatedNodeName: nominated = '', observedGeneration = 0, hostIPs = [], podIPs = [] } = now
  const causes: Cause[] = []
  const field = 'status.nominatedNodeName'
  if (nominated !== '' && nominated !== was.nominatedNodeName) {
    causes.push(...spelled(field, nominated, subdomainProblems))
    if (((before.spec as { nodeName?: string } | undefined)?.nodeName ?? '') !== '')
      causes.push(forbiddenValue(field, 'may not be set on pods that are already bound to a node'))
  }
  if (observedGeneration < 0)
    causes.push(invalidValue('status.observedGeneration', observedGeneration, 'must be a non-negative integer'))
  if (now.qosClass !== was.qosClass)
    causes.push(invalidValue('status.qosClass', now.qosClass ?? '', 'field is immutable'))
  causes.push(...conditionCauses(now.conditions ?? []))
  causes.push(...addressCauses('status.podIPs', podIPs, was.podIPs))
  const [first] = hostIPs
  if (first !== undefined && first.ip !== (now.hostIP ?? ''))
    causes.push(invalidValue('status.hostIPs[0].ip', first.ip, 'must be equal to `hostIP`'))
  return [...causes, ...addressCauses('status.hostIPs', hostIPs, was.hostIPs)]
}

/** Those that others than the system add have qualified names. */
const conditionCauses = (conditions: NonNullable<Status['conditions']>): Cause[] =>
  conditions.flatMap(({ type, observedGeneration = 0 }, index) => [
    ...(systemConditions.has(type) ? [] : spelled(`status.conditions[${index}].Type`, type, qualifiedNameProblems)),
    ...(observedGeneration < 0
      ? [
          invalidValue(
            `status.conditions[${index}].observedGeneration`,
            observedGeneration,
            'must be a non-negative integer',
          ),
        ]
      : []),
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
