import type { StatusCause } from '../../kube/status.ts'
import { nonNegatives } from '../rules/numbers.ts'
import {
  immutableSelector,
  replicaSetWords,
  replicaStatusCauses,
  selectorAndTemplateCauses,
  templateColumns,
  workloadDefaults,
} from '../rules/workload.ts'
import { workloadScale } from '../subresources/scale.ts'
import { ageColumn, column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { workloadWarnings } from '../rules/template-warnings.ts'

const counts = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
  'terminatingReplicas',
]

/** Source: pkg/apis/apps/validation, ValidateReplicaSetSpec; it speaks of deployments, too. */
const causes = (replicaSet: KubeObject, before?: KubeObject): Required<StatusCause>[] => [
  ...nonNegatives('spec', replicaSet.spec, ['replicas', 'minReadySeconds']),
  ...selectorAndTemplateCauses(replicaSet, replicaSetWords),
  ...immutableSelector(replicaSet, before),
  ...replicaStatusCauses(replicaSet.status, counts, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']),
]

export const replicaSets = builtIn({
  warn: workloadWarnings,
  group: 'apps',
  version: 'v1',
  resource: 'replicasets',
  kind: 'ReplicaSet',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  status: true,
  blank: { spec: { replicas: 0 } },
  scale: workloadScale,
  defaults: workloadDefaults(() => ({ replicas: 1 })),
  validate: causes,
  documented: {
    Desired: 'apps-v1.ReplicaSetSpec.replicas',
    Current: 'apps-v1.ReplicaSetStatus.replicas',
    Ready: 'apps-v1.ReplicaSetStatus.readyReplicas',
    Selector: 'apps-v1.ReplicaSetSpec.selector',
  },
  columns: [
    column('Desired', 'integer', '.spec.replicas'),
    column('Current', 'integer', '.status.replicas'),
    column('Ready', 'integer', '.status.readyReplicas'),
    ageColumn,
    ...templateColumns,
  ],
  generation: true,
})
