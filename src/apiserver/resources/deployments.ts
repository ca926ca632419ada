import { deepEqual } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, notSupported, type StatusCause } from '../../kube/status.ts'
import { atMostAll, intOrPercentCauses, isNone, nonNegatives } from '../rules/numbers.ts'
import {
  immutableSelector,
  replicaSetWords,
  replicaStatusCauses,
  selectorAndTemplateCauses,
  templateColumns,
  workloadDefaults,
} from '../rules/workload.ts'
import { workloadScale } from '../subresources/scale.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { goShape } from '../rules/go-diff.ts'
import { workloadWarnings } from '../rules/template-warnings.ts'

type Deployment = KubeObject & {
  spec?: {
    replicas?: number
    minReadySeconds?: number
    progressDeadlineSeconds?: number
    strategy?: { type?: string; rollingUpdate?: { maxUnavailable?: number | string; maxSurge?: number | string } }
  }
  status?: { readyReplicas?: number; updatedReplicas?: number; availableReplicas?: number }
}

const withWorkloadDefaults = workloadDefaults(() => ({
  replicas: 1,
  strategy: { type: 'RollingUpdate' },
  revisionHistoryLimit: 10,
  progressDeadlineSeconds: 600,
}))

function withDefaults(object: KubeObject): KubeObject {
  const deployment = withWorkloadDefaults(object) as Deployment
  const { type = 'RollingUpdate', rollingUpdate } = deployment.spec?.strategy ?? {}
  const rolling = { rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%', ...rollingUpdate } }
  const strategy = {
    type,
    ...(type === 'RollingUpdate' ? rolling : rollingUpdate === undefined ? {} : { rollingUpdate }),
  }
  return { ...deployment, spec: { ...deployment.spec, strategy } }
}

/** Source: pkg/apis/apps/validation, ValidateDeploymentStrategy. */
function strategyCauses({ spec }: Deployment): Required<StatusCause>[] {
  const { type, rollingUpdate } = spec?.strategy ?? {}
  const at = 'spec.strategy.rollingUpdate'
  if (type === 'Recreate')
    return rollingUpdate === undefined
      ? []
      : [forbiddenValue(at, "may not be specified when strategy `type` is 'Recreate'")]
  if (type !== 'RollingUpdate')
    return [
      notSupported('spec.strategy', goShape('apps-v1.DeploymentStrategy', spec?.strategy), [
        'Recreate',
        'RollingUpdate',
      ]),
    ]
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {}
  return [
    ...intOrPercentCauses(`${at}.maxUnavailable`, maxUnavailable),
    ...intOrPercentCauses(`${at}.maxSurge`, maxSurge),
    ...(isNone(maxUnavailable) && isNone(maxSurge)
      ? [invalidValue(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0')]
      : []),
    ...atMostAll(`${at}.maxUnavailable`, maxUnavailable),
  ]
}

/** Source: pkg/apis/apps/validation, ValidateDeploymentSpec. */
function causes(deployment: Deployment, before?: KubeObject): Required<StatusCause>[] {
  const { spec } = deployment
  const { minReadySeconds = 0, progressDeadlineSeconds } = spec ?? {}
  const tooEarly = progressDeadlineSeconds !== undefined && progressDeadlineSeconds <= minReadySeconds
  return [
    ...nonNegatives('spec', spec, ['replicas']),
    ...selectorAndTemplateCauses(deployment, replicaSetWords),
    ...strategyCauses(deployment),
    ...nonNegatives('spec', spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']),
    ...(tooEarly
      ? [invalidValue('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds')]
      : []),
    ...immutableSelector(deployment, before),
    ...replicaStatusCauses(
      deployment.status,
      [
        'observedGeneration',
        'replicas',
        'updatedReplicas',
        'readyReplicas',
        'availableReplicas',
        'unavailableReplicas',
        'terminatingReplicas',
        'collisionCount',
      ],
      ['updatedReplicas', 'readyReplicas', 'availableReplicas'],
    ),
  ]
}

export const deployments = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  kind: 'Deployment',
  namespaced: true,
  shortNames: ['deploy'],
  categories: ['all'],
  status: true,
  blank: { spec: { replicas: 0 } },
  statusLeaves: 'labels',
  generation: true,
  // Its controller copies them to the replica sets. Source: pkg/registry/apps/deployment/strategy.go.
  alsoCounted: (before, after) => !deepEqual(before.metadata.annotations, after.metadata.annotations),
  scale: workloadScale,
  warn: workloadWarnings,
  defaults: withDefaults,
  validate: (deployment, before) => causes(deployment as Deployment, before),
  documented: {
    'Up-to-date': 'apps-v1.DeploymentStatus.updatedReplicas',
    Available: 'apps-v1.DeploymentStatus.availableReplicas',
    Ready: 'Number of the pod with ready state',
    Selector:
      "Label selector for pods. Existing ReplicaSets whose pods are selected by this will be the ones affected by this deployment. It must match the pod template's labels.",
  },
  columns: [
    computed(
      'Ready',
      'string',
      (deployment: Deployment) => `${deployment.status?.readyReplicas ?? 0}/${deployment.spec?.replicas ?? 1}`,
    ),
    computed('Up-to-date', 'string', ({ status }: Deployment) => status?.updatedReplicas ?? 0),
    computed('Available', 'string', ({ status }: Deployment) => status?.availableReplicas ?? 0),
    ageColumn,
    ...templateColumns,
  ],
})
