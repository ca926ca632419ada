/** Volumes that an attachment brings with it. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidatePersistentVolumeSpec. */
import { forbiddenValue, required, type StatusCause } from '../../kube/status.ts'
import { recycledRootCauses, sourceCauses, type VolumeSpec } from './persistent-volume-source.ts'
import { initiatorTextCauses } from './retired-volume-sources.ts'
import { accessModeCauses } from './storage.ts'

type Cause = Required<StatusCause>

/** What only claims ask for has no place there. */
export function inlineVolumeCauses(spec: VolumeSpec, at: string): Cause[] {
  const {
    capacity,
    persistentVolumeReclaimPolicy: policy = '',
    volumeMode = 'Filesystem',
    storageClassName = '',
  } = spec
  const forbids = (field: string, isGiven: boolean, text = 'may not be specified'): Cause[] =>
    isGiven ? [forbiddenValue(`${at}.${field}`, `${text} in the context of inline volumes`)] : []
  return [
    ...forbids('claimRef', spec.claimRef !== undefined),
    ...forbids('capacity', Object.keys(capacity ?? {}).length > 0),
    ...(spec.csi === undefined ? [required(`${at}.csi`, 'has to be specified in the context of inline volumes')] : []),
    ...accessModeCauses(`${at}.accessModes`, spec.accessModes),
    ...forbids('persistentVolumeReclaimPolicy', policy !== '' && policy !== 'Retain', 'may only be Retain'),
    ...forbids('nodeAffinity', spec.nodeAffinity !== undefined),
    ...sourceCauses(spec, at),
    ...initiatorTextCauses((spec as Record<string, unknown>)['iscsi'], '', `${at}.iscsi.targetportal`),
    ...recycledRootCauses(spec, at),
    ...forbids('storageClassName', storageClassName !== ''),
    ...forbids('volumeMode', volumeMode !== 'Filesystem', 'may not specify volumeMode other than Filesystem'),
  ]
}
