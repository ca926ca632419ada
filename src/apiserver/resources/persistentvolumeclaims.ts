import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { accessModeCauses, accessModesText, amountCauses, phaseText } from '../rules/storage.ts'
import { claimProtection, withFinalizer } from '../rules/finalizers.ts'

type Claim = KubeObject & {
  readonly spec?: {
    readonly accessModes?: readonly string[]
    readonly resources?: { readonly requests?: Record<string, string> }
    readonly volumeName?: string
  }
  readonly status?: { readonly accessModes?: readonly string[] }
}

export const persistentVolumeClaims = builtIn({
  group: '',
  version: 'v1',
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  defaults: (claim) => ({ ...claim, spec: { volumeMode: 'Filesystem', ...(claim.spec as object | undefined) } }),
  complete: (claim) => ({ ...withFinalizer(claim, claimProtection), status: { phase: 'Pending' } }),
  validate: ({ spec }) => {
    const { accessModes, resources } = (spec ?? {}) as NonNullable<Claim['spec']>
    return [
      ...accessModeCauses(accessModes, 'at least 1 access mode is required'),
      ...amountCauses('spec.resources[storage]', resources?.requests?.['storage']),
    ]
  },
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
