import { ageColumn, column } from '../columns.ts'
import { deepEqual } from '../../kube/object.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { builtIn, type KubeObject, type Objects } from '../definition.ts'

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

/** The class of claims that name none: the newest of those that say that they are it. */
export function defaultStorageClass(objects: Objects): string | undefined {
  const isDefault = ({ metadata: { annotations } }: KubeObject): boolean =>
    ['', 'beta.'].some((stage) => annotations?.[`storageclass.${stage}kubernetes.io/is-default-class`] === 'true')
  const born = ({ metadata: { creationTimestamp = '' } }: KubeObject): string => creationTimestamp
  return objects
    .all(storageClasses)
    .filter(isDefault)
    .sort((a, b) => (born(a) < born(b) ? 1 : born(a) > born(b) ? -1 : a.metadata.name < b.metadata.name ? -1 : 1))[0]
    ?.metadata.name
}
