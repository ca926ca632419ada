/** Webhook configurations as they are stored: what Mutating- and ValidatingWebhookConfiguration have in common. */
import { isRecord } from '../../kube/object.ts'
import type { LabelSelector } from '../../kube/selector.ts'
import type { KubeObject } from '../types.ts'
import type { WebhookClientConfig } from '../webhook-call.ts'

export interface WebhookRule {
  readonly apiGroups?: readonly string[]
  readonly apiVersions?: readonly string[]
  readonly resources?: readonly string[]
  readonly operations?: readonly string[]
  readonly scope?: string
}

export interface Webhook {
  readonly name: string
  readonly clientConfig: WebhookClientConfig
  readonly rules?: readonly WebhookRule[]
  readonly failurePolicy?: 'Fail' | 'Ignore'
  readonly matchPolicy?: 'Exact' | 'Equivalent'
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
  readonly sideEffects?: string
  readonly timeoutSeconds?: number
  readonly admissionReviewVersions?: readonly string[]
  readonly reinvocationPolicy?: 'Never' | 'IfNeeded'
  readonly matchConditions?: readonly { readonly name: string; readonly expression: string }[]
}

export const webhooksOf = (configuration: KubeObject): readonly Webhook[] =>
  Array.isArray(configuration['webhooks']) ? (configuration['webhooks'] as Webhook[]) : []

export const webhookCount = (configuration: KubeObject): number => webhooksOf(configuration).length

/** Source: k8s.io/kubernetes/pkg/apis/admissionregistration/v1/defaults.go. */
export function withWebhookDefaults(configuration: KubeObject): KubeObject {
  const mutating = configuration.kind === 'MutatingWebhookConfiguration'
  return {
    ...configuration,
    webhooks: webhooksOf(configuration).map((webhook) => ({
      ...webhook,
      clientConfig: withPort(webhook.clientConfig),
      failurePolicy: webhook.failurePolicy ?? 'Fail',
      matchPolicy: webhook.matchPolicy ?? 'Equivalent',
      namespaceSelector: webhook.namespaceSelector ?? {},
      objectSelector: webhook.objectSelector ?? {},
      timeoutSeconds: webhook.timeoutSeconds ?? 10,
      ...(mutating ? { reinvocationPolicy: webhook.reinvocationPolicy ?? 'Never' } : {}),
      ...(webhook.rules === undefined
        ? {}
        : { rules: webhook.rules.map((rule) => ({ ...rule, scope: rule.scope ?? '*' })) }),
    })),
  }
}

const withPort = (config: Webhook['clientConfig']): object =>
  isRecord(config.service) ? { ...config, service: { port: 443, ...config.service } } : config
