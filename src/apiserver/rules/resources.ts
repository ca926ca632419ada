/**
 * Names of resources and amounts of them, in nodes, quotas, limit ranges. Source: k8s.io/kubernetes/pkg/apis/core/helper,
 * pkg/apis/core/validation.
 */
import { canonicalQuantity, parseQuantity } from '../../kube/quantity.ts'
import { invalidValue, notSupported, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'
import { spelled } from './causes.ts'
import { isPodLevel } from './pod-amounts.ts'

type Cause = Required<StatusCause>

const compute = ['cpu', 'memory', 'ephemeral-storage']
const counted = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const asked = (names: readonly string[]): string[] =>
  names.flatMap((name) => [name, `requests.${name}`, `limits.${name}`])
/** What a quota of some pods can count. */
const ofPods = ['pods', ...asked(['cpu', 'memory'])]
const ofQuotas = new Set([...asked(compute), 'requests.storage', ...counted])
const standard = new Set([...ofQuotas, 'storage'])

const isPages = (name: string): boolean => /^(requests\.)?hugepages-/.test(name)
export const isNative = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')

/** What device plugins and users bring: whole numbers of it. */
export const isExtended = (name: string): boolean =>
  !isNative(name) && !name.startsWith('requests.') && qualifiedNameProblems(`requests.${name}`).length === 0

/** Whether more of it may be promised than there is. */
export const isOvercommitAllowed = (name: string): boolean => isNative(name) && !name.startsWith('hugepages-')

/** Source: ValidateResourceQuantityValue. */
export function resourceValueCauses(field: string, name: string, text: string): Cause[] {
  const amount = parseQuantity(text) ?? 0
  const whole = counted.includes(name) || isExtended(name)
  return [
    ...(amount < 0 ? [invalidValue(field, canonicalQuantity(text), 'must be greater than or equal to 0')] : []),
    ...(whole && !Number.isInteger(amount) ? [invalidValue(field, canonicalQuantity(text), 'must be an integer')] : []),
  ]
}

/** Source: validateResourceName. */
export function resourceNameCauses(field: string, name: string): Cause[] {
  const problems = spelled(field, name, qualifiedNameProblems)
  return problems.length > 0 || name.includes('/') || standard.has(name) || isPages(name)
    ? problems
    : [invalidValue(field, name, 'must be a standard resource type or fully qualified')]
}

/** Source: validateContainerResourceName. */
export function containerResourceNameCauses(field: string, name: string): Cause[] {
  const causes = resourceNameCauses(field, name)
  if (name.includes('/'))
    return isNative(name) || isExtended(name)
      ? causes
      : [...causes, invalidValue(field, name, "doesn't follow extended resource name standard")]
  return compute.includes(name) || isPages(name)
    ? causes
    : [...causes, invalidValue(field, name, 'must be a standard resource for containers')]
}

/** Source: validatePodResourceName. */
export function podResourceNameCauses(field: string, name: string): Cause[] {
  const causes = resourceNameCauses(field, name)
  return causes.length > 0 || isPodLevel(name) ? causes : [notSupported(field, name, ['cpu', 'hugepages-', 'memory'])]
}

/** Source: ValidateResourceQuotaResourceName. */
export function quotaResourceNameCauses(field: string, name: string): Cause[] {
  const causes = resourceNameCauses(field, name)
  return name.includes('/') || ofQuotas.has(name) || isPages(name)
    ? causes
    : [...causes, invalidValue(field, name, 'must be a standard resource for quota')]
}

/** Whether a quota of that scope can count the resource. Source: IsResourceQuotaScopeValidForResource. */
export function countsInScope(scope: string, name: string): boolean {
  if (!ofQuotas.has(name)) return true
  switch (scope) {
    case 'Terminating':
    case 'NotTerminating':
    case 'NotBestEffort':
    case 'PriorityClass':
    case 'CrossNamespacePodAffinity':
      return ofPods.includes(name)
    case 'BestEffort':
      return name === 'pods'
    case 'VolumeAttributesClass':
      return name === 'persistentvolumeclaims' || name === 'requests.storage'
    default:
      return true
  }
}
