import { builtIn } from '../definition.ts'

export const persistentVolumes = builtIn({
  group: '',
  version: 'v1',
  resource: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
  shortNames: ['pv'],
  status: true,
})
