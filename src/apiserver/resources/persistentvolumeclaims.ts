import { builtIn } from '../definition.ts'

export const persistentVolumeClaims = builtIn({
  group: '',
  version: 'v1',
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
  shortNames: ['pvc'],
  status: true,
})
