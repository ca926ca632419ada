import { templateColumns, workloadCauses, workloadDefaults } from '../rules/workload.ts'
import { workloadScale } from '../subresources/scale.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'

type Deployment = KubeObject & { spec?: { replicas?: number }; status?: { readyReplicas?: number } }

export const deployments = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  kind: 'Deployment',
  namespaced: true,
  shortNames: ['deploy'],
  categories: ['all'],
  status: true,
  generation: true,
  scale: workloadScale,
  defaults: workloadDefaults(() => ({
    replicas: 1,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '25%', maxSurge: '25%' } },
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  })),
  validate: workloadCauses,
  columns: [
    computed(
      'Ready',
      'string',
      (deployment: Deployment) => `${deployment.status?.readyReplicas ?? 0}/${deployment.spec?.replicas ?? 1}`,
    ),
    column('Up-to-date', 'integer', '.status.updatedReplicas'),
    column('Available', 'integer', '.status.availableReplicas'),
    ageColumn,
    ...templateColumns,
  ],
})
