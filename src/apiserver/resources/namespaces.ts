import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

export const namespaces = builtIn({
  group: '',
  version: 'v1',
  resource: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
  shortNames: ['ns'],
  status: true,
  deletionFinalizer: 'kubernetes',
  fieldSelectors: { 'status.phase': (namespace) => (namespace.status as { phase?: string } | undefined)?.phase ?? '' },
  columns: [column('Status', 'string', '.status.phase'), ageColumn],
  defaults: (namespace) => ({
    ...namespace,
    metadata: {
      ...namespace.metadata,
      labels: { ...namespace.metadata.labels, 'kubernetes.io/metadata.name': namespace.metadata.name },
    },
  }),
  complete: (namespace) => ({
    ...namespace,
    spec: { finalizers: ['kubernetes'], ...(namespace.spec as object | undefined) },
    status: { phase: 'Active' },
  }),
})
