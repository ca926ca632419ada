/** What objects use up of resource quotas. Source: k8s.io/apiserver/pkg/quota/v1/generic/evaluator.go. */
import { resourceId } from '../../kube/object.ts'
import type { ResourceDefinition } from '../definition.ts'
import { sumOf, type Amounts } from '../rules/amounts.ts'
import type { KubeObject } from '../types.ts'
import type { ScopeRequirement } from './scope.ts'

/** What a kind uses up, besides its number. */
export interface QuotaUsage {
  /** Whether objects of the kind count towards what a quota calls so. */
  readonly counts: (name: string) => boolean
  readonly of: (object: KubeObject) => Amounts
  /** Whether an update may change it. */
  readonly changes?: (object: KubeObject, before: KubeObject, subresource: string) => boolean
  /** Absent: no quota with scopes counts the kind. */
  readonly inScope?: (requirement: ScopeRequirement, object: KubeObject) => boolean
  /** What an object fails to say that a quota counts: it is refused then. */
  readonly lacks?: (names: readonly string[], object: KubeObject) => string | undefined
}

/** Kinds whose number had a name before `count/…`. */
const aliases = ['configmaps', 'replicationcontrollers', 'resourcequotas', 'secrets']

/** With the number of objects; undefined for kinds that no quota counts. */
export function usageOf(definition: ResourceDefinition): QuotaUsage | undefined {
  const { group, resource, quota } = definition
  if (resource === 'events') return undefined
  const count: Amounts = {
    [`count/${resourceId(definition)}`]: '1',
    ...(group === '' && aliases.includes(resource) ? { [resource]: '1' } : {}),
  }
  const counts = (name: string): boolean => name in count
  if (quota === undefined) return { counts, of: () => count }
  return {
    ...quota,
    counts: (name) => counts(name) || quota.counts(name),
    of: (object) => sumOf(count, quota.of(object)),
  }
}
