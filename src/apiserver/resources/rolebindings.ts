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
  documented: {
    Role: 'RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.',
    Users: 'Users in the roleBinding',
    Groups: 'Groups in the roleBinding',
    ServiceAccounts: 'ServiceAccounts in the roleBinding',
  },
  columns: bindingColumns,
})
