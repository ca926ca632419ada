import { parseQuantity } from '../../kube/quantity.ts'
import { forbidden } from '../../kube/status.ts'
import { ageColumn, column, computed, orElse } from '../columns.ts'
import { builtIn, type KubeObject, type Objects } from '../definition.ts'
import {
  claimCauses,
  claimChangeCauses,
  withBothSources,
  withoutUnknownSource,
  type ClaimSpec,
} from '../rules/claim.ts'
import { claimStatusCauses, type ClaimStatus } from '../rules/claim-status.ts'
import { claimProtection, withFinalizer } from '../rules/finalizers.ts'
import { requireClaimWithinLimits } from '../rules/limit-ranger.ts'
import { accessModesText, phaseText } from '../rules/storage.ts'
import { defaultStorageClass, storageClasses } from './storageclasses.ts'
import { oldAnnotationWarnings, oldStorageClass } from '../rules/old-annotations.ts'
import { claimWarnings } from '../rules/container-warnings.ts'
import { claimQuota } from '../quota/claims.ts'

type Claim = KubeObject & {
  readonly spec?: ClaimSpec
  readonly status?: ClaimStatus & { readonly phase?: string; readonly accessModes?: readonly string[] }
}

const specOf = (claim: KubeObject): ClaimSpec => (claim as Claim).spec ?? {}

/** The DefaultStorageClass and StorageObjectInUseProtection admission plugins. */
function completed(claim: KubeObject, objects: Objects): KubeObject {
  const spec = withoutUnknownSource(specOf(claim))
  const storageClassName = spec.storageClassName ?? defaultStorageClass(objects)
  const classed = storageClassName === undefined ? spec : { ...spec, storageClassName }
  return { ...withFinalizer(claim, claimProtection), spec: withBothSources(classed), status: { phase: 'Pending' } }
}

/** The PersistentVolumeClaimResize admission plugin. */
function admitGrowth(claim: KubeObject, before: KubeObject, objects: Objects): void {
  const size = (spec: ClaimSpec): number => parseQuantity(spec.resources?.requests?.['storage'] ?? '0') ?? 0
  const [spec, was] = [specOf(claim), specOf(before)]
  if (size(spec) <= size(was)) return
  const { storageClassName = '' } = spec
  const storageClass = objects.get(storageClasses, storageClassName)?.value
  const refuse = (why: string): Error => {
    const ref = { group: '', resource: 'persistentvolumeclaims', name: claim.metadata.name }
    return forbidden(ref, `persistentvolumeclaims "${ref.name}" is forbidden: ${why}`)
  }
  if ((before as Claim).status?.phase !== 'Bound') throw refuse('Only bound persistent volume claims can be expanded')
  if (storageClass?.['allowVolumeExpansion'] !== true || storageClassName !== was.storageClassName)
    throw refuse(
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
}

export const persistentVolumeClaims = builtIn({
  group: '',
  version: 'v1',
  resource: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  quota: claimQuota,
  defaults: (claim) => {
    const { status } = claim as Claim
    const spec = { volumeMode: 'Filesystem', ...specOf(claim) }
    return { ...claim, spec, status: { ...status, phase: status?.phase || 'Pending' } }
  },
  complete: completed,
  keeps: (claim, before) => {
    const { dataSource, dataSourceRef } = specOf(before)
    const isBare = dataSource === undefined && dataSourceRef === undefined
    const spec = isBare ? withoutUnknownSource(specOf(claim)) : specOf(claim)
    return { ...claim, spec: withBothSources(spec) }
  },
  admitCreate: requireClaimWithinLimits,
  admitUpdate: (claim, before, objects, subresource) => {
    if (subresource === '' && before.metadata.deletionTimestamp === undefined) requireClaimWithinLimits(claim, objects)
    admitGrowth(claim, before, objects)
  },
  validate: (claim, before, subresource) =>
    subresource === 'status'
      ? claimStatusCauses((claim as Claim).status)
      : [
          ...claimCauses('spec', specOf(claim)),
          ...(before === undefined ? [] : claimChangeCauses(specOf(claim), specOf(before), (before as Claim).status)),
        ],
  warn: (claim) => [
    ...oldAnnotationWarnings(oldStorageClass, claim.metadata.annotations ?? {}),
    ...claimWarnings(claim.spec, 'spec'),
  ],
  namespaced: true,
  returnsDeleted: true,
  shortNames: ['pvc'],
  status: true,
  documented: {
    Status: 'core-v1.PersistentVolumeClaimStatus.phase',
    Volume: 'core-v1.PersistentVolumeClaimSpec.volumeName',
    Capacity: 'core-v1.PersistentVolumeClaimStatus.capacity',
    'Access Modes': 'core-v1.PersistentVolumeClaimStatus.accessModes',
    VolumeMode: 'core-v1.PersistentVolumeClaimSpec.volumeMode',
    StorageClass: 'StorageClass of the pvc',
    VolumeAttributesClass: 'VolumeAttributesClass of the pvc',
  },
  columns: [
    computed('Status', 'string', phaseText),
    column('Volume', 'string', '.spec.volumeName'),
    computed('Capacity', 'string', ({ spec, status }: Claim) =>
      (spec?.volumeName ?? '') === '' ? '' : String(status?.capacity?.['storage'] ?? '0'),
    ),
    computed('Access Modes', 'string', ({ spec, status }: Claim) =>
      (spec?.volumeName ?? '') === '' ? '' : accessModesText(status?.accessModes),
    ),
    column('StorageClass', 'string', '.spec.storageClassName'),
    orElse(column('VolumeAttributesClass', 'string', '.spec.volumeAttributesClassName'), '<unset>'),
    ageColumn,
    orElse(column('VolumeMode', 'string', '.spec.volumeMode', 1), '<unset>'),
  ],
})
