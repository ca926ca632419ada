import { authorizeRole } from '../access/escalation.ts'
import { roleCauses } from '../rules/rbac.ts'
import { createdAtColumn } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const roles = builtIn({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource: 'roles',
  kind: 'Role',
  authorize: authorizeRole('roles'),
  validate: roleCauses,
  namespaced: true,
  createdByUpdate: true,
  columns: [createdAtColumn],
})
