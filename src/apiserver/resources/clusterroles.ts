import { authorizeRole } from '../access/escalation.ts'
import { clusterRoleCauses } from '../rules/rbac.ts'
import { createdAtColumn } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const clusterRoles = builtIn({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'clusterroles',
  kind: 'ClusterRole',
  authorize: authorizeRole('clusterroles'),
  validate: clusterRoleCauses,
  namespaced: false,
  createdByUpdate: true,
  columns: [createdAtColumn],
})
