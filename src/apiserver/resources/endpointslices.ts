import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const endpointSlices = builtIn({
  group: 'discovery.k8s.io',
  version: 'v1',
  resource: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,

  columns: [column('AddressType', 'string', '.addressType'), ageColumn],
})
