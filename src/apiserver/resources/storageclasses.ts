import { ageColumn, column } from '../columns.ts'
import { deepEqual } from '../../kube/object.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { builtIn, type KubeObject } from '../definition.ts'

/** Source: k8s.io/kubernetes/pkg/apis/storage/validation. */
const immutableFields = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode']

const chosen = (object: KubeObject, field: string, from: readonly string[]): Required<StatusCause>[] =>
  from.includes(object[field] as string) ? [] : [notSupported(field, object[field], from)]

export const storageClasses = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
  returnsDeleted: true,
  shortNames: ['sc'],
  columns: [
    column('Provisioner', 'string', '.provisioner'),
    column('ReclaimPolicy', 'string', '.reclaimPolicy'),
    column('VolumeBindingMode', 'string', '.volumeBindingMode'),
    column('AllowVolumeExpansion', 'boolean', '.allowVolumeExpansion'),
    ageColumn,
  ],
  validate: (storageClass, before) => [
    ...(storageClass['provisioner'] ? [] : [required('provisioner')]),
    ...chosen(storageClass, 'reclaimPolicy', ['Delete', 'Retain']),
    ...chosen(storageClass, 'volumeBindingMode', ['Immediate', 'WaitForFirstConsumer']),
    ...(before === undefined
      ? []
      : immutableFields.filter((field) => !deepEqual(storageClass[field], before[field]))
    ).map((field) => invalidValue(field, storageClass[field], 'field is immutable')),
  ],
  defaults: (storageClass) => ({ reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate', ...storageClass }),
})
