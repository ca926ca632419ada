import { deepEqual } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, required, tooLong, type StatusCause } from '../../kube/status.ts'
import { subdomainProblems } from '../../kube/syntax.ts'
import { ageColumn, column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { driverNameCauses } from '../rules/csi.ts'
import { goShape } from '../rules/go-diff.ts'
import { inlineVolumeCauses } from '../rules/inline-volume.ts'
import { withSourceDefaults, type VolumeSpec } from '../rules/persistent-volume-source.ts'

interface Spec {
  readonly attacher?: string
  readonly nodeName?: string
  readonly source?: { readonly persistentVolumeName?: string; readonly inlineVolumeSpec?: VolumeSpec }
}

/** Source: k8s.io/kubernetes/pkg/apis/storage/validation. */
function causes({ spec, status }: KubeObject, before?: KubeObject): Required<StatusCause>[] {
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
    ...(persistentVolumeName === null && inlineVolumeSpec !== null
      ? inlineVolumeCauses(inlineVolumeSpec, 'spec.source.inlineVolumeSpec')
      : []),
    ...(persistentVolumeName === ''
      ? [required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName')]
      : []),
    ...names('nodeName', nodeName),
    ...(persistentVolumeName === null ? [] : names('source.persistentVolumeName', persistentVolumeName)),
    ...statusCauses(status),
    ...(before === undefined || deepEqual(spec, before.spec)
      ? []
      : [invalidValue('spec', goShape('storage-v1.VolumeAttachmentSpec', spec), 'field is immutable')]),
  ]
}

interface Status {
  readonly attachmentMetadata?: Readonly<Record<string, string>>
  readonly attachError?: VolumeError
  readonly detachError?: VolumeError
}

interface VolumeError {
  readonly message?: string
  readonly errorCode?: number
}

const metadataMax = 256 * 1024
const messageMax = 1024
const codeMax = 2 ** 31 - 1

function statusCauses(status: unknown): Required<StatusCause>[] {
  const { attachmentMetadata = {}, attachError = {}, detachError = {} } = (status ?? {}) as Status
  const size = Object.entries(attachmentMetadata)
    .flat()
    .reduce((sum, text) => sum + Buffer.byteLength(text), 0)
  return [
    ...(size > metadataMax ? [tooLong('status.attachmentMetadata', metadataMax)] : []),
    ...Object.entries({ attachError, detachError }).flatMap(([field, { message = '', errorCode = 0 }]) => [
      ...(Buffer.byteLength(message) > messageMax ? [tooLong(`status.${field}.message`, metadataMax)] : []),
      ...(errorCode < 0
        ? [invalidValue(`status.${field}.errorCode`, errorCode, `must be between 0 and ${codeMax}, inclusive`)]
        : []),
    ]),
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
  defaults: (attachment) => {
    const { source, ...spec } = (attachment.spec ?? {}) as Spec
    const inline = source?.inlineVolumeSpec
    if (inline === undefined || inline === null) return attachment
    return { ...attachment, spec: { ...spec, source: { ...source, inlineVolumeSpec: withSourceDefaults(inline) } } }
  },
  validate: causes,
  documented: {
    Attacher: 'storage-v1.VolumeAttachmentSpec.attacher',
    PV: 'storage-v1.VolumeAttachmentSource.persistentVolumeName',
    Node: 'storage-v1.VolumeAttachmentSpec.nodeName',
    Attached: 'storage-v1.VolumeAttachmentStatus.attached',
  },
  columns: [
    { ...column('Attacher', 'string', '.spec.attacher'), format: 'name' },
    column('PV', 'string', '.spec.source.persistentVolumeName'),
    column('Node', 'string', '.spec.nodeName'),
    column('Attached', 'boolean', '.status.attached'),
    ageColumn,
  ],
})
