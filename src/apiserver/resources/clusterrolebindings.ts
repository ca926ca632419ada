import { authorizeBinding } from '../access/escalation.ts'
import { bindingColumns } from '../rules/binding-columns.ts'
import { clusterRoleBindingCauses, withGroups } from '../rules/rbac.ts'
import { builtIn } from '../definition.ts'

export const clusterRoleBindings = builtIn({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'clusterrolebindings',
  kind: 'ClusterRoleBinding',
  defaults: withGroups,
  authorize: authorizeBinding('clusterrolebindings'),
  validate: clusterRoleBindingCauses,
  namespaced: false,
  createdByUpdate: true,
  documented: {
    Role: 'RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.',
    Users: 'Users in the clusterRoleBinding',
    Groups: 'Groups in the clusterRoleBinding',
    ServiceAccounts: 'ServiceAccounts in the clusterRoleBinding',
  },
  columns: bindingColumns,
})
