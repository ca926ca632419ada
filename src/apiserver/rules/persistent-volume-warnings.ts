/** What is told of volumes that are valid. Source: k8s.io/kubernetes/pkg/api/persistentvolume/util.go. */
import { isRecord, records } from '../../kube/object.ts'
import type { KubeObject } from '../types.ts'
import { termWarnings } from './node-label-warnings.ts'
import { oldAnnotationWarnings, oldStorageClass } from './old-annotations.ts'
import type { VolumeSpec } from './persistent-volume-source.ts'
import { retiredWarnings } from './retired-volume-sources.ts'

const oldAnnotations = {
  ...oldStorageClass,
  'volume.beta.kubernetes.io/mount-options': 'deprecated since v1.31; use "mountOptions" attribute instead',
}

export function volumeWarnings({ spec = {}, metadata: { annotations = {} } }: KubeObject): string[] {
  const { persistentVolumeReclaimPolicy: policy, nodeAffinity } = spec as VolumeSpec
  const terms = isRecord(nodeAffinity?.required) ? records(nodeAffinity.required['nodeSelectorTerms']) : []
  return [
    ...oldAnnotationWarnings(oldAnnotations, annotations),
    ...(policy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
    ...terms.flatMap((term, index) =>
      termWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`, false),
    ),
    ...retiredWarnings(spec as Record<string, unknown>, 'spec', ['flocker', 'quobyte', 'gitRepo']),
  ]
}
