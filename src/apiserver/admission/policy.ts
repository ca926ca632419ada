/** Admission policies and their bindings, as they are written. */
import type { LabelSelector } from '../../kube/selector.ts'
import type { StatusCondition } from '../rules/conditions.ts'
import type { KubeObject } from '../types.ts'
import type { Webhook, WebhookRule } from './webhook.ts'

export interface NamedRule extends WebhookRule {
  readonly resourceNames?: readonly string[]
}
export interface MatchResources {
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly resourceRules?: readonly NamedRule[]
  readonly excludeResourceRules?: readonly NamedRule[]
  readonly matchPolicy?: string
}
export interface Validation {
  readonly expression: string
  readonly message?: string
  readonly messageExpression?: string
  readonly reason?: string
}
export interface Policy extends KubeObject {
  readonly spec?: {
    readonly paramKind?: { readonly apiVersion?: string; readonly kind?: string }
    readonly matchConstraints?: MatchResources
    readonly validations?: readonly Validation[]
    readonly failurePolicy?: string
    readonly auditAnnotations?: readonly { readonly key?: string; readonly valueExpression?: string }[]
    readonly matchConditions?: NonNullable<Webhook['matchConditions']>
    readonly variables?: readonly { readonly name: string; readonly expression: string }[]
  }
  readonly status?: PolicyStatus
}
export interface PolicyStatus {
  readonly typeChecking?: {
    readonly expressionWarnings?: readonly { readonly fieldRef?: string; readonly warning?: string }[]
  }
  readonly conditions?: readonly StatusCondition[]
}
export interface ParamRef {
  readonly name?: string
  readonly namespace?: string
  readonly selector?: LabelSelector
  readonly parameterNotFoundAction?: string
}
export interface PolicyBinding extends KubeObject {
  readonly spec?: {
    readonly policyName?: string
    readonly paramRef?: ParamRef
    readonly matchResources?: MatchResources
    readonly validationActions?: readonly string[]
  }
}
