import { labelsText, templateColumns, workloadCauses, workloadDefaults } from '../rules/workload.ts'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'

type DaemonSet = KubeObject & { spec?: { template?: { spec?: { nodeSelector?: Record<string, string> } } } }

export const daemonSets = builtIn({
  group: 'apps',
  version: 'v1',
  resource: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  status: true,
  generation: true,
  defaults: workloadDefaults(() => ({
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
    revisionHistoryLimit: 10,
  })),
  madeBy: (daemonSet) => ({
    ...daemonSet,
    metadata: {
      ...daemonSet.metadata,
      annotations: { 'deprecated.daemonset.template.generation': '1', ...daemonSet.metadata.annotations },
    },
  }),
  validate: workloadCauses,
  columns: [
    column('Desired', 'integer', '.status.desiredNumberScheduled'),
    column('Current', 'integer', '.status.currentNumberScheduled'),
    column('Ready', 'integer', '.status.numberReady'),
    column('Up-to-date', 'integer', '.status.updatedNumberScheduled'),
    column('Available', 'integer', '.status.numberAvailable'),
    computed('Node Selector', 'string', ({ spec }: DaemonSet) => labelsText(spec?.template?.spec?.nodeSelector)),
    ageColumn,
    ...templateColumns,
  ],
})
