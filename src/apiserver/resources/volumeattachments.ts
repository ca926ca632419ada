import { deepEqual } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import { ageColumn, column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { driverNameCauses } from '../rules/csi.ts'
import { goShape } from '../rules/go-diff.ts'

interface Spec {
  readonly attacher?: string
  readonly nodeName?: string
  readonly source?: { readonly persistentVolumeName?: string; readonly inlineVolumeSpec?: object }
}

/** Source: k8s.io/kubernetes/pkg/apis/storage/validation. */
function causes({ spec }: KubeObject, before?: KubeObject): Required<StatusCause>[] {
  const { attacher = '', nodeName = '', source = {} } = (spec ?? {}) as Spec
  const { persistentVolumeName = null, inlineVolumeSpec = null } = source
  const names = (field: string, value: string): Required<StatusCause>[] =>
    subdomainProblems(value).map((problem) => invalidValue(`spec.${field}`, value, problem))
  return [
    ...driverNameCauses('spec.attacher', attacher),
    ...((persistentVolumeName === null) === (inlineVolumeSpec === null)
      ? [
          (inlineVolumeSpec === null ? required : forbiddenValue)(
            'spec.source',
            'must specify exactly one of inlineVolumeSpec and persistentVolumeName',
          ),
        ]
      : []),
    ...(persistentVolumeName === ''
      ? [required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName')]
      : []),
    ...(persistentVolumeName === null ? [] : names('source.persistentVolumeName', persistentVolumeName)),
    ...names('nodeName', nodeName),
    ...(before === undefined || deepEqual(spec, before.spec)
      ? []
      : [invalidValue('spec', goShape('storage-v1.VolumeAttachmentSpec', spec), 'field is immutable')]),
  ]
}

export const volumeAttachments = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'volumeattachments',
  kind: 'VolumeAttachment',
  namespaced: false,
  lockedUpdates: true,
  returnsDeleted: true,
  status: true,
  statusLeaves: 'metadata',
  validate: causes,
  columns: [
    { ...column('Attacher', 'string', '.spec.attacher'), format: 'name' },
    column('PV', 'string', '.spec.source.persistentVolumeName'),
    column('Node', 'string', '.spec.nodeName'),
    column('Attached', 'boolean', '.status.attached'),
    ageColumn,
  ],
})
