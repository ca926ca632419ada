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
import { goShape } from '../rules/go-diff.ts'
import { claimWarnings } from '../rules/container-warnings.ts'
import { templateWarnings } from '../rules/template-warnings.ts'

interface Strategy {
  readonly type?: string
  readonly rollingUpdate?: { readonly partition?: number; readonly maxUnavailable?: number | string }
}

type StatefulSet = KubeObject & {
  spec?: {
    replicas?: number
    podManagementPolicy?: string
    revisionHistoryLimit?: number
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
  revisionHistoryLimit: 10,
}))

/** The claims that pods get are whole objects. */
function withDefaults(object: KubeObject): KubeObject {
  const { spec, ...statefulSet } = withWorkloadDefaults(object) as StatefulSet
  const { type, rollingUpdate } = spec?.updateStrategy ?? {}
  const rolls = type === undefined || (type === 'RollingUpdate' && rollingUpdate !== undefined)
  const rolling = rolls ? { rollingUpdate: { partition: 0, ...rollingUpdate } } : {}
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
      updateStrategy: { type: 'RollingUpdate', ...spec?.updateStrategy, ...rolling },
      persistentVolumeClaimRetentionPolicy: retention,
      ...(claims === undefined ? {} : { volumeClaimTemplates: claims }),
    },
  }
}

/** How many pods may be unavailable at once is not for the update to say here: the feature is off. */
function oneByOne(statefulSet: StatefulSet, before?: StatefulSet): KubeObject {
  const { spec } = statefulSet
  const { maxUnavailable, ...rollingUpdate } = spec?.updateStrategy?.rollingUpdate ?? {}
  const had = before?.spec?.updateStrategy?.rollingUpdate?.maxUnavailable !== undefined
  return maxUnavailable === undefined || had
    ? statefulSet
    : { ...statefulSet, spec: { ...spec, updateStrategy: { ...spec?.updateStrategy, rollingUpdate } } }
}

/** Where an update is wrong, its path has one step more. */
function warnings({ spec }: StatefulSet, isNew: boolean): string[] {
  return [
    ...(spec?.volumeClaimTemplates ?? []).flatMap((claim, index) =>
      claimWarnings(claim.spec, `spec.volumeClaimTemplates[${index}]${isNew ? '' : '.Spec'}`),
    ),
    ...((spec?.revisionHistoryLimit ?? 0) < 0
      ? ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
      : []),
  ]
}

/** As its controller makes the pods: each claim is a volume, the names are its own to give. */
function asPodsAreMade(statefulSet: StatefulSet): KubeObject {
  const { spec: pod, ...template } = statefulSet.spec?.template ?? {}
  const { subdomain: _, hostname: __, volumes = [], ...rest } = pod ?? {}
  const claims = (statefulSet.spec?.volumeClaimTemplates ?? []).flatMap(({ metadata: { name = '' } }, index, all) =>
    all.findIndex((other) => (other.metadata.name ?? '') === name) < index
      ? []
      : [{ name, persistentVolumeClaim: { claimName: name } }],
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
  const shown = goShape('apps-v1.StatefulSetUpdateStrategy', strategy)
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
      invalidSelector: '',
      metadataLooks: 2,
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
  blank: { spec: { replicas: 0 } },
  scale: workloadScale,
  defaults: withDefaults,
  complete: (statefulSet) => oneByOne(statefulSet as StatefulSet),
  keeps: (statefulSet, before) => oneByOne(statefulSet as StatefulSet, before as StatefulSet),
  warn: (statefulSet, before) => [
    ...templateWarnings(statefulSet, before),
    ...warnings(statefulSet as StatefulSet, before === undefined),
  ],
  validate: (statefulSet, before) => causes(statefulSet as StatefulSet, before),
  documented: {
    Ready: 'Number of the pod with ready state',
  },
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
