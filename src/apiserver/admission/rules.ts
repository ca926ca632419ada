/** Which requests a webhook's rules are about. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/rules. */
import type { ResourceDefinition } from '../definition.ts'
import type { AdmissionRequest } from './admission.ts'
import type { WebhookRule } from './webhook.ts'

const includes = (list: readonly string[] | undefined, value: string): boolean =>
  list?.some((each) => each === '*' || each === value) === true

/** `equivalent`: a rule for another version of the kind will do. */
export function ruleMatches(
  rule: WebhookRule,
  { definition, operation, exchange }: AdmissionRequest,
  equivalent: boolean,
): boolean {
  const { subresource } = exchange.request
  if (!includes(rule.operations, operation) || !includes(rule.apiGroups, definition.group)) return false
  if (!equivalent && !includes(rule.apiVersions, definition.version)) return false
  if (rule.scope === 'Cluster' && definition.namespaced) return false
  if (rule.scope === 'Namespaced' && !definition.namespaced) return false
  return (rule.resources ?? []).some((each) => {
    const [resource = '', below = ''] = each.split('/')
    return (resource === '*' || resource === definition.resource) && (below === '*' || below === subresource)
  })
}

/** The version in which a webhook or a policy of these rules wants to see this kind. */
export function versionFor(
  rules: readonly WebhookRule[] = [],
  { group, version, resource }: ResourceDefinition,
): string {
  const about = rules.filter(
    (rule) =>
      includes(rule.apiGroups, group) &&
      (rule.resources ?? []).some((each) => each === '*' || each.split('/')[0] === resource),
  )
  if (about.some((rule) => includes(rule.apiVersions, version))) return version
  return about[0]?.apiVersions?.[0] ?? version
}
