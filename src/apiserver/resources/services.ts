import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const services = builtIn({
  group: '',
  version: 'v1',
  resource: 'services',
  kind: 'Service',
  namespaced: true,
  shortNames: ['svc'],
  categories: ['all'],
  status: true,
  columns: [column('Type', 'string', '.spec.type'), column('Cluster-IP', 'string', '.spec.clusterIP'), ageColumn],
})
