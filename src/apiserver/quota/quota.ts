/** A resource quota, and what of it counts for an object. Source: k8s.io/apiserver/pkg/quota/v1/generic/evaluator.go, Matches. */
import type { Amounts } from '../rules/amounts.ts'
import type { KubeObject } from '../types.ts'
import type { ScopeRequirement } from './scope.ts'
import type { QuotaUsage } from './usage.ts'

export type Quota = KubeObject & {
  readonly spec?: {
    readonly hard?: Amounts
    readonly scopes?: readonly string[]
    readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] }
  }
  readonly status?: { readonly hard?: Amounts; readonly used?: Amounts }
}

/** Whether the object is one of those that the quota is about. */
export function isInScopes({ spec = {} }: Quota, usage: QuotaUsage, object: KubeObject): boolean {
  const { scopes = [], scopeSelector: { matchExpressions = [] } = {} } = spec
  const required = [...scopes.map((scopeName) => ({ scopeName, operator: 'Exists' })), ...matchExpressions]
  return required.every((requirement) => usage.inScope?.(requirement, object) === true)
}
