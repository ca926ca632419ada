import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn, type KubeObject, type Objects } from '../definition.ts'
import { withSourceDefaults, type VolumeSpec } from '../rules/persistent-volume-source.ts'
import { volumeWarnings } from '../rules/persistent-volume-warnings.ts'
import { volumeCauses, volumeChangeCauses } from '../rules/persistent-volume.ts'
import { accessModesText, phaseText } from '../rules/storage.ts'
import { volumeProtection, withFinalizer } from '../rules/finalizers.ts'

type Volume = KubeObject & {
  readonly spec?: VolumeSpec
  readonly status?: { readonly phase?: string; readonly lastPhaseTransitionTime?: string | null }
}

const withDefaults = (volume: Volume): KubeObject => ({
  ...volume,
  status: { ...volume.status, phase: volume.status?.phase || 'Pending' },
  spec: { persistentVolumeReclaimPolicy: 'Retain', volumeMode: 'Filesystem', ...withSourceDefaults(volume.spec ?? {}) },
})

/** Who changes its phase need not say when. Source: pkg/registry/core/persistentvolume/strategy.go. */
function withTransition(volume: Volume, before: Volume, objects: Objects): KubeObject {
  const [{ phase, lastPhaseTransitionTime: said }, { phase: was, lastPhaseTransitionTime: last }] = [
    volume.status ?? {},
    before.status ?? {},
  ]
  const time =
    phase === was ? (said === undefined ? last : said) : said === undefined || said === last ? objects.now() : said
  return time === said ? volume : { ...volume, status: { ...volume.status, lastPhaseTransitionTime: time } }
}

const claim = ({ spec: { claimRef } = {} }: Volume): string =>
  claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`

export const persistentVolumes = builtIn({
  group: '',
  version: 'v1',
  resource: 'persistentvolumes',
  kind: 'PersistentVolume',
  defaults: (volume) => withDefaults(volume as Volume),
  complete: (volume) => ({ ...withFinalizer(volume, volumeProtection), status: { phase: 'Pending' } }),
  settle: (volume) => ({
    ...volume,
    status: { ...(volume.status as object), lastPhaseTransitionTime: volume.metadata.creationTimestamp },
  }),
  keeps: (volume, before, objects) => withTransition(volume as Volume, before as Volume, objects),
  validate: (volume, before) => {
    const causes = volumeCauses((volume as Volume).spec, volume.metadata.name)
    // An update is looked at twice.
    return before === undefined
      ? causes
      : [...causes, ...causes, ...volumeChangeCauses((volume as Volume).spec, (before as Volume).spec)]
  },
  warn: volumeWarnings,
  namespaced: false,
  returnsDeleted: true,
  shortNames: ['pv'],
  status: true,
  documented: {
    Capacity: 'core-v1.PersistentVolumeSpec.capacity',
    'Access Modes': 'core-v1.PersistentVolumeSpec.accessModes',
    'Reclaim Policy': 'core-v1.PersistentVolumeSpec.persistentVolumeReclaimPolicy',
    Status: 'core-v1.PersistentVolumeStatus.phase',
    Claim: 'core-v1.PersistentVolumeSpec.claimRef',
    Reason: 'core-v1.PersistentVolumeStatus.reason',
    VolumeMode: 'core-v1.PersistentVolumeSpec.volumeMode',
    StorageClass: 'StorageClass of the pv',
    VolumeAttributesClass: 'VolumeAttributesClass of the pv',
  },
  columns: [
    column('Capacity', 'string', '.spec.capacity.storage'),
    computed('Access Modes', 'string', ({ spec }: Volume) => accessModesText(spec?.accessModes)),
    column('Reclaim Policy', 'string', '.spec.persistentVolumeReclaimPolicy'),
    computed('Status', 'string', phaseText),
    computed('Claim', 'string', claim),
    column('StorageClass', 'string', '.spec.storageClassName'),
    orElse(column('VolumeAttributesClass', 'string', '.spec.volumeAttributesClassName'), '<unset>'),
    column('Reason', 'string', '.status.reason'),
    ageColumn,
    orElse(column('VolumeMode', 'string', '.spec.volumeMode', 1), '<unset>'),
  ],
})
