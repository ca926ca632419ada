import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { accessModeCauses, accessModesText, amountCauses, phaseText } from '../rules/storage.ts'
import { volumeProtection, withFinalizer } from '../rules/finalizers.ts'

type Volume = KubeObject & {
  readonly spec?: Record<string, unknown> & {
    readonly capacity?: Record<string, string>
    readonly accessModes?: readonly string[]
    readonly persistentVolumeReclaimPolicy?: string
    readonly claimRef?: { readonly namespace?: string; readonly name?: string }
  }
}

/** Fields of the spec that are no source of the volume. */
const common = new Set([
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
])
const reclaimPolicies = ['Delete', 'Recycle', 'Retain']

/** Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePersistentVolumeSpec. */
function causes({ spec = {} }: Volume): Required<StatusCause>[] {
  const { capacity = {}, persistentVolumeReclaimPolicy: policy } = spec
  const sources = Object.keys(spec).filter((name) => !common.has(name) && isRecord(spec[name]))
  return [
    ...accessModeCauses('spec.accessModes', spec.accessModes),
    ...(Object.keys(capacity).length === 0 ? [required('spec.capacity')] : []),
    ...('storage' in capacity
      ? amountCauses('spec.capacity[storage]', capacity['storage'])
      : [notSupported('spec.capacity', spec.capacity ?? null, ['storage'])]),
    ...(sources.length === 0 ? [required('spec', 'must specify a volume type')] : []),
    ...sources.slice(1).map((name) => forbiddenValue(`spec.${name}`, 'may not specify more than 1 volume type')),
    ...(reclaimPolicies.includes(policy ?? '')
      ? []
      : [notSupported('spec.persistentVolumeReclaimPolicy', policy, reclaimPolicies)]),
  ]
}

function withDefaults(volume: Volume): KubeObject {
  const { hostPath } = volume.spec ?? {}
  return {
    ...volume,
    spec: {
      persistentVolumeReclaimPolicy: 'Retain',
      volumeMode: 'Filesystem',
      ...volume.spec,
      ...(isRecord(hostPath) ? { hostPath: { type: '', ...hostPath } } : {}),
    },
  }
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
  validate: (volume) => causes(volume as Volume),
  namespaced: false,
  returnsDeleted: true,
  shortNames: ['pv'],
  status: true,
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
