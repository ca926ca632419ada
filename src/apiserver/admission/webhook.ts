/** Webhook configurations as they are stored: what Mutating- and ValidatingWebhookConfiguration have in common. */
import { saysEmpty, sentAs } from '../../kube/types/said-empty.ts'
import { conditionProblem } from './condition-types.ts'
import type { LabelSelector } from '../../kube/selector.ts'
import { duplicate, invalidValue, required, tooMany, type StatusCause } from '../../kube/status.ts'
import { labelSelectorCauses } from '../rules/label-selector.ts'
import { addressCauses, reviewVersionCauses, withServicePort } from '../rules/webhook-client.ts'
import type { KubeObject } from '../types.ts'
import type { WebhookClientConfig } from '../webhook-call.ts'
import { qualifiedNameProblems, subdomainProblems } from '../../kube/syntax.ts'
import { oneOf, spelled } from '../rules/causes.ts'

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

/** Whether the list of webhooks, or something in it, was sent empty: that is another one to who counts generations. */
export function saysNoWebhooks(_before: KubeObject, after: KubeObject): boolean {
  const sent = sentAs(after, 'webhooks')
  return Array.isArray(sent) && (sent.length === 0 || saysEmpty(sent))
}

/** Source: k8s.io/kubernetes/pkg/apis/admissionregistration/v1/defaults.go. */
export const withValidatingDefaults = (configuration: KubeObject): KubeObject => withDefaults(configuration, false)

export const withMutatingDefaults = (configuration: KubeObject): KubeObject => withDefaults(configuration, true)

function withDefaults(configuration: KubeObject, mutating: boolean): KubeObject {
  if (webhookCount(configuration) === 0) return configuration
  return {
    ...configuration,
    webhooks: webhooksOf(configuration).map((webhook) => ({
      ...webhook,
      clientConfig: withServicePort(webhook.clientConfig),
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

type Cause = Required<StatusCause>

/** Resources, with and without their parts. Source: validateResources. */
function resourceCauses(resources: readonly string[], at: string): Cause[] {
  const lists = (wanted: string): boolean => resources.includes(wanted)
  const earlier = (wanted: string, index: number): boolean => resources.slice(0, index).includes(wanted)
  return [
    ...resources.flatMap((each, index) => {
      const [resource, part] = each.split('/', 2)
      if (each === '') return [required(`${at}[${index}]`)]
      return [`${resource}/*`, `*/${part}`]
        .filter((wide) => part !== undefined && earlier(wide, index))
        .map((wide) => invalidValue(`${at}[${index}]`, each, `if '${wide}' is present, must not specify ${each}`))
    }),
    ...(resources.length > 1 && lists('*/*')
      ? [invalidValue(at, resources, "if '*/*' is present, must not specify other resources")]
      : []),
    ...(lists('*') && resources.some((each) => each !== '*' && !each.includes('/'))
      ? [invalidValue(at, resources, "if '*' is present, must not specify other resources without subresources")]
      : []),
  ]
}

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE']

/** Source: k8s.io/kubernetes/pkg/apis/admissionregistration/validation. */
export const validatingCauses = (configuration: KubeObject): Cause[] => webhookCauses(configuration, false)

export const mutatingCauses = (configuration: KubeObject): Cause[] => webhookCauses(configuration, true)

const webhookCauses = (configuration: KubeObject, mutating: boolean): Cause[] =>
  webhooksOf(configuration).flatMap((webhook, index, all) => {
    const at = `webhooks[${index}]`
    const again = webhook.name !== '' && all.slice(0, index).some(({ name }) => name === webhook.name)
    return [...causesOf(webhook, at, mutating), ...(again ? [duplicate(`${at}.name`, webhook.name)] : [])]
  })

function expressionCauses(expression: string, path: string, params: boolean): Cause[] {
  const problem = conditionProblem(expression, params)
  return problem === undefined ? [] : [invalidValue(path, expression, problem)]
}

/** `params` says whether they see parameters. */
export function conditionCauses(
  conditions: NonNullable<Webhook['matchConditions']>,
  at: string,
  params = false,
): Cause[] {
  const causes = conditions.flatMap(({ name, expression = '' }, index) => {
    const path = `${at}[${index}]`
    const again = name !== undefined && name !== '' && conditions.slice(0, index).some((other) => other.name === name)
    return [
      ...(expression.trim() === ''
        ? [required(`${path}.expression`)]
        : expressionCauses(expression.trim(), `${path}.expression`, params)),
      ...(name ? spelled(`${path}.name`, name, qualifiedNameProblems) : [required(`${path}.name`)]),
      ...(again ? [duplicate(`${path}.name`, name)] : []),
    ]
  })
  return conditions.length > 64 ? [tooMany(at, conditions.length, 64), ...causes] : causes
}

function causesOf(webhook: Webhook, at: string, mutating: boolean): Cause[] {
  const { name, sideEffects, failurePolicy, timeoutSeconds = 10, admissionReviewVersions, clientConfig } = webhook
  const causes: Cause[] = []
  const misspelled = name === '' ? [] : subdomainProblems(name)
  if (name === '') causes.push(required(`${at}.name`))
  else if (misspelled.length > 0) causes.push(invalidValue(`${at}.name`, name, misspelled.join(',')))
  else if (name.split('.').length < 3)
    causes.push(invalidValue(`${at}.name`, name, 'should be a domain with at least three segments separated by dots'))
  for (const [index, rule] of (webhook.rules ?? []).entries()) causes.push(...ruleCauses(rule, `${at}.rules[${index}]`))
  causes.push(
    ...oneOf(`${at}.failurePolicy`, failurePolicy, ['Fail', 'Ignore']),
    ...oneOf(`${at}.matchPolicy`, webhook.matchPolicy, ['Equivalent', 'Exact']),
  )
  if (sideEffects === undefined || sideEffects === null)
    causes.push(required(`${at}.sideEffects`, 'must specify one of None, NoneOnDryRun'))
  else causes.push(...oneOf(`${at}.sideEffects`, sideEffects, ['None', 'NoneOnDryRun']))
  if (timeoutSeconds < 1 || timeoutSeconds > 30)
    causes.push(
      invalidValue(`${at}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds'),
    )
  causes.push(
    ...labelSelectorCauses(`${at}.namespaceSelector`, webhook.namespaceSelector),
    ...labelSelectorCauses(`${at}.objectSelector`, webhook.objectSelector),
    ...(mutating ? oneOf(`${at}.reinvocationPolicy`, webhook.reinvocationPolicy, ['IfNeeded', 'Never']) : []),
    ...addressCauses(clientConfig, `${at}.clientConfig`),
    ...conditionCauses(webhook.matchConditions ?? [], `${at}.matchConditions`),
  )
  const versions = `${at}.admissionReviewVersions`
  causes.push(...reviewVersionCauses(admissionReviewVersions, versions, 'must specify one of v1, v1beta1'))
  return causes
}

export function ruleCauses(rule: WebhookRule, at: string): Cause[] {
  const listed = (
    field: 'operations' | 'apiGroups' | 'apiVersions',
    others: string,
    ofItem: (item: string, path: string) => Cause[],
  ): Cause[] => {
    const list = rule[field] ?? []
    const path = `${at}.${field}`
    return [
      ...(list.length === 0 ? [required(path)] : []),
      ...(list.length > 1 && list.includes('*')
        ? [invalidValue(path, list, `if '*' is present, must not specify other ${others}`)]
        : []),
      ...list.flatMap((item, index) => ofItem(item, `${path}[${index}]`)),
    ]
  }
  const { resources = [] } = rule
  return [
    ...listed('operations', 'operations', (operation, path) => oneOf(path, operation, operations)),
    ...listed('apiGroups', 'API groups', () => []),
    ...listed('apiVersions', 'API versions', (version, path) => (version === '' ? [required(path)] : [])),
    ...(resources.length === 0 ? [required(`${at}.resources`)] : []),
    ...resourceCauses(resources, `${at}.resources`),
    ...oneOf(`${at}.scope`, rule.scope, ['*', 'Cluster', 'Namespaced']),
  ]
}
