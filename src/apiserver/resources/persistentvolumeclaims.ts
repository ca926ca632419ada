import { builtIn } from '../definition.ts'

export const persistentVolumeClaims = builtIn({
  group: '',
  version: 'v1',
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  defaults: (claim) => ({ ...claim, spec: { volumeMode: 'Filesystem', ...(claim.spec as object | undefined) } }),
  complete: (claim) => ({ ...claim, status: { phase: 'Pending' } }),
  namespaced: true,
  shortNames: ['pvc'],
  status: true,
})
