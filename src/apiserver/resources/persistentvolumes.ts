import { builtIn } from '../definition.ts'

export const persistentVolumes = builtIn({
  group: '',
  version: 'v1',
  resource: 'persistentvolumes',
  kind: 'PersistentVolume',
  defaults: (volume) => ({
    ...volume,
    spec: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem', ...(volume.spec as object | undefined) },
  }),
  complete: (volume) => ({ ...volume, status: { phase: 'Pending' } }),
  namespaced: false,
  shortNames: ['pv'],
  status: true,
})
