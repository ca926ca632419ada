import { authorizeBinding } from '../access/escalation.ts'
import { bindingColumns } from '../rules/binding-columns.ts'
import { roleBindingCauses, withGroups } from '../rules/rbac.ts'
import { builtIn } from '../definition.ts'

export const roleBindings = builtIn({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'rolebindings',
  kind: 'RoleBinding',
  defaults: withGroups,
  authorize: authorizeBinding('rolebindings'),
  validate: roleBindingCauses,
  namespaced: true,
  createdByUpdate: true,
  columns: bindingColumns,
})
