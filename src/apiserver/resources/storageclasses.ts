import { ageColumn, column, computed, nameColumn } from '../columns.ts'
import { builtIn, type KubeObject, type Objects, type ResourceDefinition } from '../definition.ts'
import { storageClassCauses, storageClassWarnings } from '../rules/storage-class.ts'

const isDefault = ({ metadata: { annotations } }: KubeObject): boolean =>
  ['', 'beta.'].some((stage) => annotations?.[`storageclass.${stage}kubernetes.io/is-default-class`] === 'true')

/** Source: k8s.io/kubernetes/pkg/printers/internalversion, printStorageClass. */
const nameText = (storageClass: KubeObject): string =>
  `${storageClass.metadata.name}${isDefault(storageClass) ? ' (default)' : ''}`

const expands = (storageClass: KubeObject): boolean => storageClass['allowVolumeExpansion'] === true

export const storageClasses = builtIn({
  group: 'storage.k8s.io',
  version: 'v1',
  resource: 'storageclasses',
  kind: 'StorageClass',
  namespaced: false,
  returnsDeleted: true,
  shortNames: ['sc'],
  documented: {
    Provisioner: 'storage-v1.StorageClass.provisioner',
    ReclaimPolicy: 'storage-v1.StorageClass.reclaimPolicy',
    VolumeBindingMode: 'storage-v1.StorageClass.volumeBindingMode',
    AllowVolumeExpansion: 'storage-v1.StorageClass.allowVolumeExpansion',
  },
  columns: [
    { ...nameColumn, ...computed('Name', 'string', nameText), description: nameColumn.description },
    column('Provisioner', 'string', '.provisioner'),
    column('ReclaimPolicy', 'string', '.reclaimPolicy'),
    column('VolumeBindingMode', 'string', '.volumeBindingMode'),
    computed('AllowVolumeExpansion', 'string', expands),
    ageColumn,
  ],
  validate: storageClassCauses,
  warn: storageClassWarnings,
  defaults: (storageClass) => ({
    ...storageClass,
    reclaimPolicy: storageClass['reclaimPolicy'] ?? 'Delete',
    volumeBindingMode: storageClass['volumeBindingMode'] ?? 'Immediate',
  }),
})

/** The class of claims that name none. */
export const defaultStorageClass = (objects: Objects): string | undefined => newest(objects, storageClasses, isDefault)

/** The newest object that says that it is the one for those that name none. */
export const newestDefault = (objects: Objects, of: ResourceDefinition, annotation: string): string | undefined =>
  newest(objects, of, ({ metadata: { annotations } }) => annotations?.[annotation] === 'true')

function newest(
  objects: Objects,
  of: ResourceDefinition,
  matches: (object: KubeObject) => boolean,
): string | undefined {
  const born = ({ metadata: { creationTimestamp = '' } }: KubeObject): string => creationTimestamp
  return objects
    .all(of)
    .filter(matches)
    .sort((a, b) => (born(a) < born(b) ? 1 : born(a) > born(b) ? -1 : a.metadata.name < b.metadata.name ? -1 : 1))[0]
    ?.metadata.name
}
