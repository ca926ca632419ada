import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'
import { attributesProtection, withFinalizer } from '../rules/finalizers.ts'
import { volumeAttributesCauses } from '../rules/storage-class.ts'

export const volumeAttributesClasses = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattributesclasses',
  kind: 'VolumeAttributesClass',
  namespaced: false,
  returnsDeleted: true,
  shortNames: ['vac'],
  complete: (attributesClass) => withFinalizer(attributesClass, attributesProtection),
  validate: volumeAttributesCauses,
  documented: {
    DriverName: 'storage-v1.VolumeAttributesClass.driverName',
  },
  columns: [column('DriverName', 'string', '.driverName'), ageColumn],
})
