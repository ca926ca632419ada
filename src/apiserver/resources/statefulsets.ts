import { deepEqual } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import { labelProblems } from '../../kube/syntax.ts'
import { atMostAll, goStruct, intOrPercentCauses, nonNegative, nonNegatives } from '../rules/numbers.ts'
import { claimCauses, type ClaimSpec } from '../rules/claim.ts'
import {
  containerColumns,
  replicaStatusCauses,
  selectorAndTemplateCauses,
  workloadDefaults,
} from '../rules/workload.ts'
import { workloadScale } from '../subresources/scale.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { oneOf, spelled } from '../rules/causes.ts'

interface Strategy {
  readonly type?: string
  readonly rollingUpdate?: { readonly partition?: number; readonly maxUnavailable?: number | string }
}

type StatefulSet = KubeObject & {
  spec?: {
    replicas?: number
    podManagementPolicy?: string
    serviceName?: string
    ordinals?: { start?: number }
    updateStrategy?: Strategy
    persistentVolumeClaimRetentionPolicy?: { whenDeleted?: string; whenScaled?: string }
    volumeClaimTemplates?: KubeObject[]
    template?: { spec?: Record<string, unknown> & { volumes?: { name?: string }[] } }
  }
  status?: { readyReplicas?: number }
}

const withWorkloadDefaults = workloadDefaults(() => ({
  replicas: 1,
  podManagementPolicy: 'OrderedReady',
  updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
  revisionHistoryLimit: 10,
}))

/** The claims that pods get are whole objects. */
function withDefaults(object: KubeObject): KubeObject {
  const { spec, ...statefulSet } = withWorkloadDefaults(object) as StatefulSet
  const retention = { whenDeleted: 'Retain', whenScaled: 'Retain', ...spec?.persistentVolumeClaimRetentionPolicy }
  const claims = spec?.volumeClaimTemplates?.map((claim) => ({
    ...claim,
    kind: 'PersistentVolumeClaim',
    apiVersion: 'v1',
    spec: { volumeMode: 'Filesystem', ...(claim.spec as object | undefined) },
    status: { phase: 'Pending', ...(claim.status as object | undefined) },
  }))
  return {
    ...statefulSet,
    spec: {
      ...spec,
      persistentVolumeClaimRetentionPolicy: retention,
      ...(claims === undefined ? {} : { volumeClaimTemplates: claims }),
    },
  }
}

/** As its controller makes the pods: each claim is a volume, the names are its own to give. */
function asPodsAreMade(statefulSet: StatefulSet): KubeObject {
  const { spec: pod, ...template } = statefulSet.spec?.template ?? {}
  const { subdomain: _, hostname: __, volumes = [], ...rest } = pod ?? {}
  const claims = (statefulSet.spec?.volumeClaimTemplates ?? []).flatMap(({ metadata: { name } }) =>
    name === undefined ? [] : [{ name, persistentVolumeClaim: { claimName: name } }],
  )
  const others = volumes.filter(({ name }) => claims.every((claim) => claim.name !== name))
  const made = { ...template, spec: { ...rest, volumes: [...claims, ...others] } }
  return { ...statefulSet, spec: { ...statefulSet.spec, template: made } }
}

function strategyCauses(strategy: Strategy | undefined): Required<StatusCause>[] {
  const { type, rollingUpdate } = strategy ?? {}
  const at = 'spec.updateStrategy.rollingUpdate'
  if (type === 'OnDelete')
    return rollingUpdate === undefined
      ? []
      : [
          invalidValue(
            at,
            goStruct(rollingUpdate, ['Partition', 'MaxUnavailable']),
            "only allowed for updateStrategy 'RollingUpdate'",
          ),
        ]
  if (type === 'RollingUpdate')
    return [
      ...nonNegative(`${at}.partition`, rollingUpdate?.partition),
      ...intOrPercentCauses(`${at}.maxUnavailable`, rollingUpdate?.maxUnavailable),
      ...atMostAll(`${at}.maxUnavailable`, rollingUpdate?.maxUnavailable),
    ]
  const shown = goStruct(strategy, ['Type', 'RollingUpdate'])
  return [invalidValue('spec.updateStrategy', shown, "must be 'RollingUpdate' or 'OnDelete'")]
}

const policies = ['Retain', 'Delete']

/** Source: pkg/apis/apps/validation, ValidateStatefulSetSpec. */
function causes(statefulSet: StatefulSet, before?: KubeObject): Required<StatusCause>[] {
  const { spec = {} } = statefulSet
  const { podManagementPolicy, serviceName = '', volumeClaimTemplates = [] } = spec
  const retention = spec.persistentVolumeClaimRetentionPolicy ?? {}
  return [
    ...(podManagementPolicy === 'OrderedReady' || podManagementPolicy === 'Parallel'
      ? []
      : [invalidValue('spec.podManagementPolicy', podManagementPolicy, "must be 'OrderedReady' or 'Parallel'")]),
    ...strategyCauses(spec.updateStrategy),
    ...(['whenDeleted', 'whenScaled'] as const).flatMap((name) =>
      oneOf(`spec.persistentVolumeClaimRetentionPolicy.${name}`, retention[name], policies),
    ),
    ...(before === undefined
      ? volumeClaimTemplates.flatMap(({ spec: claim }, index) =>
          claimCauses(`spec.volumeClaimTemplates[${index}].spec`, claim as ClaimSpec | undefined),
        )
      : []),
    ...nonNegatives('spec', spec, ['replicas', 'minReadySeconds']),
    ...nonNegative('spec.ordinals.start', spec.ordinals?.start),
    ...(before === undefined && serviceName !== '' ? spelled('spec.serviceName', serviceName, labelProblems) : []),
    ...selectorAndTemplateCauses(asPodsAreMade(statefulSet), {
      emptySelector: 'statefulset',
      selectorRequired: true,
      kind: 'StatefulSet',
    }),
    ...immutableCauses(statefulSet, before),
    ...replicaStatusCauses(statefulSet.status, counts, parts, 'status.readyReplicas'),
  ]
}

const parts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas']
const counts = ['replicas', ...parts, 'observedGeneration', 'collisionCount']

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
  validate: (statefulSet, before) => causes(statefulSet as StatefulSet, before),
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
