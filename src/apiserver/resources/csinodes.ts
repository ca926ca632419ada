import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const csiNodes = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csinodes',
  kind: 'CSINode',
  namespaced: false,
  returnsDeleted: true,

  columns: [column('Drivers', 'integer', '.spec.drivers'), ageColumn],
})
