import { ageColumn } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const resourceQuotas = builtIn({
  group: '',
  version: 'v1',
  resource: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
  returnsDeleted: true,
  shortNames: ['quota'],
  status: true,
  columns: [ageColumn],
})
