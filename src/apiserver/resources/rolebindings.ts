import { roleBindingCauses, withSubjectGroups } from '../rules/rbac.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'

type Binding = KubeObject & { roleRef?: { kind?: string; name?: string } }
const role = (binding: Binding): string => `${binding.roleRef?.kind ?? ''}/${binding.roleRef?.name ?? ''}`

export const roleBindings = builtIn({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'rolebindings',
  kind: 'RoleBinding',
  defaults: withSubjectGroups,
  validate: roleBindingCauses,
  namespaced: true,
  columns: [computed('Role', 'string', role), ageColumn],
})
