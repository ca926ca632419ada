/** Which requests policies are about. Source: k8s.io/apiserver/pkg/admission/plugin/policy/matching. */
import { duplicate, type StatusCause } from '../../kube/status.ts'
import { oneOf, spelled } from '../rules/causes.ts'
import { labelSelectorCauses } from '../rules/label-selector.ts'
import { pathSegmentProblems } from '../rules/metadata.ts'
import type { AdmissionRequest } from './admission.ts'
import type { MatchResources, NamedRule } from './policy.ts'
import { ruleMatches } from './rules.ts'
import { ruleCauses } from './webhook.ts'

type Cause = Required<StatusCause>

/** Source: k8s.io/kubernetes/pkg/apis/admissionregistration/v1/defaults.go. */
export function matchDefaults(match: MatchResources): MatchResources {
  const rules = (list: readonly NamedRule[]): readonly NamedRule[] =>
    list.map((rule) => ({ ...rule, scope: rule.scope ?? '*' }))
  const { resourceRules, excludeResourceRules } = match
  return {
    ...match,
    matchPolicy: match.matchPolicy ?? 'Equivalent',
    namespaceSelector: match.namespaceSelector ?? {},
    objectSelector: match.objectSelector ?? {},
    ...(resourceRules === undefined ? {} : { resourceRules: rules(resourceRules) }),
    ...(excludeResourceRules === undefined ? {} : { excludeResourceRules: rules(excludeResourceRules) }),
  }
}

/** Whether the rules are about the request; without rules they are about any. */
export function rulesMatch(
  { resourceRules = [], excludeResourceRules = [], matchPolicy }: MatchResources,
  request: AdmissionRequest,
): boolean {
  const about = ({ resourceNames = [], ...rule }: NamedRule): boolean =>
    ruleMatches(rule, request, matchPolicy !== 'Exact') &&
    (resourceNames.length === 0 || resourceNames.includes(request.name))
  return !excludeResourceRules.some(about) && (resourceRules.length === 0 || resourceRules.some(about))
}

/** What is wrong with them. Source: k8s.io/kubernetes/pkg/apis/admissionregistration/validation. */
export const matchCauses = (match: MatchResources, at: string): Cause[] => [
  ...oneOf(`${at}.matchPolicy`, match.matchPolicy, ['Equivalent', 'Exact']),
  ...labelSelectorCauses(`${at}.namespaceSelector`, match.namespaceSelector),
  ...labelSelectorCauses(`${at}.objectSelector`, match.objectSelector),
  ...(['resourceRules', 'excludeResourceRules'] as const).flatMap((list) =>
    (match[list] ?? []).flatMap((rule, index) => namedRuleCauses(rule, `${at}.${list}[${index}]`)),
  ),
]

const namedRuleCauses = (rule: NamedRule, at: string): Cause[] => [
  ...(rule.resourceNames ?? []).flatMap((name, index, all) => [
    ...spelled(`${at}.resourceNames[${index}]`, name, pathSegmentProblems),
    ...(all.indexOf(name) < index ? [duplicate(`${at}.resourceNames[${index}]`, name)] : []),
  ]),
  ...ruleCauses(rule, at),
]
