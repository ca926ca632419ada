import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { accessModesText, claimCauses, phaseText, type ClaimSpec } from '../rules/storage.ts'
import { claimProtection, withFinalizer } from '../rules/finalizers.ts'

type Claim = KubeObject & {
  readonly spec?: ClaimSpec
  readonly status?: { readonly accessModes?: readonly string[] }
}

export const persistentVolumeClaims = builtIn({
  group: '',
  version: 'v1',
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  defaults: (claim) => ({ ...claim, spec: { volumeMode: 'Filesystem', ...(claim.spec as object | undefined) } }),
  complete: (claim) => ({ ...withFinalizer(claim, claimProtection), status: { phase: 'Pending' } }),
  validate: (claim) => claimCauses('spec', (claim as Claim).spec),
  namespaced: true,
  returnsDeleted: true,
  shortNames: ['pvc'],
  status: true,
  columns: [
    computed('Status', 'string', phaseText),
    column('Volume', 'string', '.spec.volumeName'),
    column('Capacity', 'string', '.status.capacity.storage'),
    computed('Access Modes', 'string', ({ spec, status }: Claim) =>
      (spec?.volumeName ?? '') === '' ? '' : accessModesText(status?.accessModes),
    ),
    column('StorageClass', 'string', '.spec.storageClassName'),
    orElse(column('VolumeAttributesClass', 'string', '.spec.volumeAttributesClassName'), '<unset>'),
    ageColumn,
    orElse(column('VolumeMode', 'string', '.spec.volumeMode', 1), '<unset>'),
  ],
})
