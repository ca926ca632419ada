/** Volumes of a cluster. Source: k8s.io/kubernetes/pkg/apis/core/validation, pkg/api/persistentvolume. */
import { deepEqual } from '../../kube/object.ts'
import { canonicalQuantity, parseQuantity } from '../../kube/quantity.ts'
import { forbiddenValue, invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import { sentAs } from '../../kube/types/said-empty.ts'
import { oneOf, spelled } from './causes.ts'
import { goDiff, goShape } from './go-diff.ts'
import { recycledRootCauses, sourceCauses, sourceOf, type VolumeSpec } from './persistent-volume-source.ts'
import { nodeSelectorCauses } from './placement.ts'
import { initiatorTextCauses } from './retired-volume-sources.ts'
import { accessModeCauses, classAndModeCauses, positiveCauses } from './storage.ts'

type Cause = Required<StatusCause>

const reclaimPolicies = ['Delete', 'Recycle', 'Retain']

/** Source: ValidatePersistentVolumeSpec. */
export function volumeCauses(spec: VolumeSpec = {}, name: string): Cause[] {
  const { persistentVolumeReclaimPolicy: policy, volumeAttributesClassName: attributesClass } = spec
  return [
    ...accessModeCauses('spec.accessModes', spec.accessModes),
    ...capacityCauses(sentAs(spec, 'capacity')),
    ...(policy === undefined ? [] : oneOf('spec.persistentVolumeReclaimPolicy', policy, reclaimPolicies)),
    ...affinityCauses(spec.nodeAffinity),
    ...sourceCauses(spec),
    ...initiatorTextCauses((spec as { iscsi?: unknown }).iscsi, name, 'spec.iscsi.targetportal'),
    ...recycledRootCauses(spec, 'spec'),
    ...classAndModeCauses('spec', spec),
    ...(attributesClass === undefined
      ? []
      : attributesClass === ''
        ? [required('spec.volumeAttributesClassName', 'an empty string is disallowed')]
        : spelled('spec.volumeAttributesClassName', attributesClass, subdomainProblems)),
    ...(attributesClass !== undefined && spec.csi === undefined
      ? [required('spec.csi', 'has to be specified when using volumeAttributesClassName')]
      : []),
  ]
}

function capacityCauses(given: unknown): Cause[] {
  const capacity = (given ?? {}) as Readonly<Record<string, string>>
  const names = Object.keys(capacity)
  return [
    ...(names.length === 0 ? [required('spec.capacity')] : []),
    ...(names.length === 1 && names[0] === 'storage'
      ? []
      : [notSupported('spec.capacity', given ?? null, ['storage'])]),
    ...names.flatMap((name) => {
      const at = `spec.capacity[${name}]`
      const amount = parseQuantity(capacity[name]) ?? 0
      return [
        ...(amount < 0 ? [invalidValue(at, amount, 'must be a valid resource quantity')] : []),
        ...positiveCauses(at, canonicalQuantity(capacity[name] as string)),
      ]
    }),
  ]
}

function affinityCauses(affinity: VolumeSpec['nodeAffinity']): Cause[] {
  if (affinity === undefined) return []
  const at = 'spec.nodeAffinity.required'
  return affinity.required === undefined
    ? [required(at, 'must specify required node constraints')]
    : nodeSelectorCauses(at, affinity.required)
}

/** The secret that a volume grows with may come later. */
function withExpandSecret({ csi, ...spec }: VolumeSpec, secret: unknown): VolumeSpec {
  if (csi === undefined) return spec
  const { controllerExpandSecretRef: _, ...source } = csi
  return { ...spec, csi: secret === undefined ? source : { ...source, controllerExpandSecretRef: secret } }
}

/** Where a volume is stays, and so does how it is seen. Source: ValidatePersistentVolumeUpdate. */
export function volumeChangeCauses(spec: VolumeSpec = {}, before: VolumeSpec = {}): Cause[] {
  const [now, was] = [sourceOf(spec), sourceOf(withExpandSecret(before, spec.csi?.['controllerExpandSecretRef']))]
  const text = 'spec.persistentvolumesource is immutable after creation'
  return [
    ...(deepEqual(now, was)
      ? []
      : [
          forbiddenValue(
            'spec.persistentvolumesource',
            `${text}\n${goDiff('core-v1.PersistentVolumeSource', was, now)}`,
          ),
        ]),
    ...(spec.volumeMode === before.volumeMode
      ? []
      : [invalidValue('volumeMode', spec.volumeMode ?? null, 'field is immutable')]),
    ...(before.nodeAffinity === undefined || deepEqual(spec.nodeAffinity, before.nodeAffinity)
      ? []
      : [
          invalidValue(
            'nodeAffinity',
            spec.nodeAffinity === undefined ? null : goShape('core-v1.VolumeNodeAffinity', spec.nodeAffinity),
            'field is immutable, except for updating from beta label to GA',
          ),
        ]),
  ]
}
