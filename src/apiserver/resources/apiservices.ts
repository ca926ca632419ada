import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const apiServices = builtIn({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  resource: 'apiservices',
  kind: 'APIService',
  namespaced: false,
  categories: ['api-extensions'],
  status: true,
  columns: [
    column('Service', 'string', '.spec.service.name'),
    column('Available', 'string', '.status.conditions[?(@.type=="Available")].status'),
    ageColumn,
  ],
})
