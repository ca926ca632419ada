/** Which pods a quota with scopes counts. Source: k8s.io/kubernetes/pkg/quota/v1/evaluator/core/pods.go. */
import { isRecord } from '../../kube/object.ts'
import { qosClass } from '../rules/qos.ts'
import type { KubeObject } from '../types.ts'

export interface ScopeRequirement {
  readonly scopeName: string
  readonly operator: string
  readonly values?: readonly string[]
}

interface PodSpec {
  readonly activeDeadlineSeconds?: number
  readonly priorityClassName?: string
  readonly affinity?: Readonly<Record<string, unknown>>
}

export function podInScope(requirement: ScopeRequirement, pod: KubeObject): boolean {
  const { activeDeadlineSeconds, priorityClassName, affinity } = pod.spec as PodSpec
  switch (requirement.scopeName) {
    case 'Terminating':
      return activeDeadlineSeconds !== undefined
    case 'NotTerminating':
      return activeDeadlineSeconds === undefined
    case 'BestEffort':
      return qosClass(pod.spec) === 'BestEffort'
    case 'NotBestEffort':
      return qosClass(pod.spec) !== 'BestEffort'
    case 'PriorityClass':
      return meets(requirement, priorityClassName)
    case 'CrossNamespacePodAffinity':
      return ['podAffinity', 'podAntiAffinity'].some((name) => affinityTerms(affinity?.[name]).some(looksElsewhere))
    default:
      return false
  }
}

/** Whether something with that name of a class, or none, is meant. */
export function meets({ operator, values = [] }: ScopeRequirement, name: string | undefined): boolean {
  switch (operator) {
    case 'Exists':
      return name !== undefined
    case 'DoesNotExist':
      return name === undefined
    case 'In':
      return name !== undefined && values.includes(name)
    default:
      return name === undefined || !values.includes(name)
  }
}

interface AffinityTerm {
  readonly namespaces?: readonly string[]
  readonly namespaceSelector?: object
}

function affinityTerms(affinity: unknown): AffinityTerm[] {
  if (!isRecord(affinity)) return []
  const list = (name: string): Record<string, unknown>[] =>
    Array.isArray(affinity[name]) ? affinity[name].filter(isRecord) : []
  return [
    ...list('requiredDuringSchedulingIgnoredDuringExecution'),
    ...list('preferredDuringSchedulingIgnoredDuringExecution').map(({ podAffinityTerm }) => podAffinityTerm ?? {}),
  ]
}

const looksElsewhere = ({ namespaces = [], namespaceSelector }: AffinityTerm): boolean =>
  namespaces.length > 0 || namespaceSelector !== undefined
