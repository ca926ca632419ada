import { deepEqual } from '../../kube/object.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { driverCauses, driverSpec, driverWarnings, withDriverDefaults } from '../rules/csi.ts'

const audiences = (driver: KubeObject): string =>
  driverSpec(driver)
    .tokenRequests?.map(({ audience = '' }) => audience)
    .join(',') ?? '<unset>'

const modes = (driver: KubeObject): string => (driverSpec(driver).volumeLifecycleModes ?? []).join(',') || '<none>'

export const csiDrivers = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'csidrivers',
  kind: 'CSIDriver',
  namespaced: false,
  lockedUpdates: true,
  returnsDeleted: true,
  defaults: withDriverDefaults,
  // It counts changes alone: a new one has none.
  keeps: (driver, before) => {
    const { generation = 0 } = before.metadata
    if (deepEqual(driver.spec, before.spec)) return driver
    return { ...driver, metadata: { ...driver.metadata, generation: generation + 1 } }
  },
  validate: driverCauses,
  warn: driverWarnings,
  documented: {
    AttachRequired: 'storage-v1.CSIDriverSpec.attachRequired',
    PodInfoOnMount: 'storage-v1.CSIDriverSpec.podInfoOnMount',
    StorageCapacity: 'storage-v1.CSIDriverSpec.storageCapacity',
    TokenRequests: 'storage-v1.CSIDriverSpec.tokenRequests',
    RequiresRepublish: 'storage-v1.CSIDriverSpec.requiresRepublish',
    Modes: 'storage-v1.CSIDriverSpec.volumeLifecycleModes',
  },
  columns: [
    column('AttachRequired', 'boolean', '.spec.attachRequired'),
    column('PodInfoOnMount', 'boolean', '.spec.podInfoOnMount'),
    column('StorageCapacity', 'boolean', '.spec.storageCapacity'),
    computed('TokenRequests', 'string', audiences),
    column('RequiresRepublish', 'boolean', '.spec.requiresRepublish'),
    computed('Modes', 'string', modes),
    ageColumn,
  ],
})
