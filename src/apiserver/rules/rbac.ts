/** What roles and bindings have to say, and what of a binding stays. Source: k8s.io/kubernetes/pkg/apis/rbac/validation. */
import { deepEqual, isRecord } from '../../kube/object.ts'
import { invalidValue, required, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'

type Cause = Required<StatusCause>

export function ruleCauses(role: KubeObject): Cause[] {
  const rules = Array.isArray(role['rules']) ? role['rules'].filter(isRecord) : []
  const filled = (value: unknown): boolean => Array.isArray(value) && value.length > 0
  return rules.flatMap((rule, index): Cause[] => {
    const at = `rules[${index}]`
    const causes = filled(rule['verbs']) ? [] : [required(`${at}.verbs`, 'verbs must contain at least one value')]
    if (filled(rule['nonResourceURLs'])) return causes
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

export function bindingCauses(binding: KubeObject, before?: KubeObject): Cause[] {
  const { apiGroup, kind, name } = (binding['roleRef'] ?? {}) as Record<string, string | undefined>
  if (before !== undefined && !deepEqual(binding['roleRef'], before['roleRef']))
    return [invalidValue('roleRef', { APIGroup: apiGroup, Kind: kind, Name: name }, 'cannot change roleRef')]
  return name === undefined || name === '' ? [required('roleRef.name')] : []
}

/** Users and groups are of RBAC's own group. Source: k8s.io/kubernetes/pkg/apis/rbac/v1/defaults.go. */
export function withSubjectGroups(binding: KubeObject): KubeObject {
  const { subjects } = binding as { subjects?: { kind?: string; apiGroup?: string }[] }
  if (!Array.isArray(subjects)) return binding
  const group = (subject: { kind?: string; apiGroup?: string }): object =>
    ['User', 'Group'].includes(subject.kind ?? '') && (subject.apiGroup ?? '') === ''
      ? { ...subject, apiGroup: 'rbac.authorization.k8s.io' }
      : subject
  return { ...binding, subjects: subjects.map(group) }
}
