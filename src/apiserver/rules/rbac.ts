/** What roles and bindings have to say, and what of a binding stays. Source: k8s.io/kubernetes/pkg/apis/rbac/validation. */
import { deepEqual, isRecord } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import type { LabelSelector } from '../../kube/selector.ts'
import { oneOf, spelled } from './causes.ts'
import { labelSelectorCauses } from './label-selector.ts'
import { pathSegmentProblems } from './metadata.ts'

type Cause = Required<StatusCause>

/** A role that is made of others says of which. */
function aggregationCauses({ aggregationRule }: KubeObject): Cause[] {
  if (!isRecord(aggregationRule)) return []
  const { clusterRoleSelectors: selectors } = aggregationRule
  const at = 'aggregationRule.clusterRoleSelectors'
  if (!Array.isArray(selectors) || selectors.length === 0)
    return [required(at, 'at least one clusterRoleSelector required if aggregationRule is non-nil')]
  return selectors.flatMap((selector: LabelSelector, index) => {
    const causes = labelSelectorCauses(`${at}[${index}]`, selector)
    return causes.length === 0 ? [] : [...causes, invalidValue(`${at}[${index}]`, null, 'invalid label selector.')]
  })
}

export const roleCauses = (role: KubeObject): Cause[] => ruleCauses(role, true)

export const clusterRoleCauses = (role: KubeObject): Cause[] => [...ruleCauses(role, false), ...aggregationCauses(role)]

function ruleCauses(role: KubeObject, namespaced: boolean): Cause[] {
  const rules = Array.isArray(role['rules']) ? role['rules'].filter(isRecord) : []
  const filled = (value: unknown): boolean => Array.isArray(value) && value.length > 0
  return rules.flatMap((rule, index): Cause[] => {
    const at = `rules[${index}]`
    const causes = filled(rule['verbs']) ? [] : [required(`${at}.verbs`, 'verbs must contain at least one value')]
    if (filled(rule['nonResourceURLs'])) {
      const refused = (text: string): Cause => invalidValue(`${at}.nonResourceURLs`, rule['nonResourceURLs'], text)
      const mixed = filled(rule['apiGroups']) || filled(rule['resources']) || filled(rule['resourceNames'])
      return [
        ...causes,
        ...(namespaced ? [refused('namespaced rules cannot apply to non-resource URLs')] : []),
        ...(mixed ? [refused('rules cannot apply to both regular resources and non-resource URLs')] : []),
      ]
    }
    return [
      ...causes,
      ...(filled(rule['apiGroups'])
        ? []
        : [required(`${at}.apiGroups`, 'resource rules must supply at least one api group')]),
      ...(filled(rule['resources'])
        ? []
        : [required(`${at}.resources`, 'resource rules must supply at least one resource')]),
    ]
  })
}

export const roleBindingCauses = (binding: KubeObject, before?: KubeObject): Cause[] =>
  bindingCauses(binding, before, true)

export const clusterRoleBindingCauses = (binding: KubeObject, before?: KubeObject): Cause[] =>
  bindingCauses(binding, before, false)

function bindingCauses(binding: KubeObject, before: KubeObject | undefined, namespaced: boolean): Cause[] {
  const { apiGroup = '', kind = '', name = '' } = (binding['roleRef'] ?? {}) as Record<string, string | undefined>
  const changed = before !== undefined && !deepEqual(binding['roleRef'], before['roleRef'])
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  return [
    ...oneOf('roleRef.apiGroup', apiGroup, [rbacGroup]),
    ...oneOf('roleRef.kind', kind, kinds),
    ...(name === '' ? [required('roleRef.name')] : spelled('roleRef.name', name, pathSegmentProblems)),
    ...subjectCauses(binding, namespaced),
    ...(changed
      ? [invalidValue('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')]
      : []),
  ]
}

interface Subject {
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
  readonly apiGroup?: string
}

const subjectKinds = ['ServiceAccount', 'User', 'Group']

/** Source: ValidateRoleBindingSubject. */
function subjectCauses(binding: KubeObject, namespaced: boolean): Cause[] {
  const subjects = (binding['subjects'] as readonly Subject[] | null | undefined) ?? []
  return subjects.flatMap(({ kind = '', name = '', namespace = '', apiGroup = '' }, index) => {
    const at = `subjects[${index}]`
    const causes = name === '' ? [required(`${at}.name`)] : []
    causes.push(...oneOf(`${at}.kind`, kind, subjectKinds))
    if (kind === 'User' || kind === 'Group') causes.push(...oneOf(`${at}.apiGroup`, apiGroup, [rbacGroup]))
    if (kind !== 'ServiceAccount') return causes
    causes.push(...oneOf(`${at}.apiGroup`, apiGroup, ['']))
    if (name !== '') causes.push(...spelled(`${at}.name`, name, subdomainProblems))
    if (!namespaced && namespace === '') causes.push(required(`${at}.namespace`))
    return causes
  })
}

const rbacGroup = 'rbac.authorization.k8s.io'

/** Users, groups and roles are of RBAC's own group. Source: k8s.io/kubernetes/pkg/apis/rbac/v1/defaults.go. */
export function withGroups(binding: KubeObject): KubeObject {
  const { subjects, roleRef } = binding as { subjects?: { kind?: string; apiGroup?: string }[]; roleRef?: object }
  const group = (subject: { kind?: string; apiGroup?: string }): object =>
    ['User', 'Group'].includes(subject.kind ?? '') && (subject.apiGroup ?? '') === ''
      ? { ...subject, apiGroup: rbacGroup }
      : subject
  const refers = (roleRef as { apiGroup?: string } | undefined)?.apiGroup ?? ''
  return {
    ...binding,
    ...(Array.isArray(subjects) ? { subjects: subjects.map(group) } : {}),
    roleRef: { ...roleRef, apiGroup: refers === '' ? rbacGroup : refers },
  }
}
