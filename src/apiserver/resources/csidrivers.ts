import { builtIn } from '../definition.ts'

export const csiDrivers = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csidrivers',
  kind: 'CSIDriver',
  namespaced: false,
  returnsDeleted: true,
})
