import { deepEqual } from '../../kube/object.ts'
import { forbiddenValue, type StatusCause } from '../../kube/status.ts'
import { containerColumns, workloadCauses, workloadDefaults } from '../rules/workload.ts'
import { workloadScale } from '../subresources/scale.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'

type StatefulSet = KubeObject & {
  spec?: { replicas?: number; volumeClaimTemplates?: KubeObject[] }
  status?: { readyReplicas?: number }
}

const withWorkloadDefaults = workloadDefaults(() => ({
  persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
  replicas: 1,
  podManagementPolicy: 'OrderedReady',
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
  revisionHistoryLimit: 10,
}))

/** The claims that pods get are whole objects. */
function withDefaults(object: KubeObject): KubeObject {
  const { spec, ...statefulSet } = withWorkloadDefaults(object) as StatefulSet
  const claims = spec?.volumeClaimTemplates?.map((claim) => ({
    ...claim,
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    spec: { volumeMode: 'Filesystem', ...(claim.spec as object | undefined) },
    status: { phase: 'Pending', ...(claim.status as object | undefined) },
  }))
  return { ...statefulSet, spec: { ...spec, ...(claims === undefined ? {} : { volumeClaimTemplates: claims }) } }
}

const mutable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]

/** Source: pkg/apis/apps/validation, ValidateStatefulSetUpdate. */
function immutableCauses({ spec }: KubeObject, before?: KubeObject): Required<StatusCause>[] {
  const rest = (given: unknown): object =>
    Object.fromEntries(Object.entries(given ?? {}).filter(([name]) => !mutable.includes(name)))
  if (before === undefined || deepEqual(rest(spec), rest(before.spec))) return []
  return [
    forbiddenValue(
      'spec',
      "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ),
  ]
}

export const statefulSets = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'statefulsets',
  kind: 'StatefulSet',
  namespaced: true,
  shortNames: ['sts'],
  categories: ['all'],
  status: true,
  scale: workloadScale,
  defaults: withDefaults,
  validate: (statefulSet, before) => [...workloadCauses(statefulSet, before), ...immutableCauses(statefulSet, before)],
  columns: [
    computed(
      'Ready',
      'string',
      ({ spec, status }: StatefulSet) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 1}`,
    ),
    ageColumn,
    ...containerColumns,
  ],
  generation: true,
})
