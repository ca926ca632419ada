import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const storageClasses = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
  shortNames: ['sc'],
  columns: [
    column('Provisioner', 'string', '.provisioner'),
    column('ReclaimPolicy', 'string', '.reclaimPolicy'),
    column('VolumeBindingMode', 'string', '.volumeBindingMode'),
    column('AllowVolumeExpansion', 'boolean', '.allowVolumeExpansion'),
    ageColumn,
  ],
  defaults: (storageClass) => ({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate', ...storageClass }),
})
