import { ageColumn, column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { finalize } from '../subresources/finalize.ts'

const finalizersOf = ({ spec }: KubeObject): readonly string[] =>
  (spec as { finalizers?: string[] } | undefined)?.finalizers ?? []

export const namespaces = builtIn({
  group: '',
  version: 'v1',
  resource: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
  shortNames: ['ns'],
  status: true,
  termination: {
    // One that was made without them, by the server itself, is emptied, too.
    holds: (namespace) => namespace.spec === undefined || finalizersOf(namespace).length > 0,
    shown: ({ metadata: { deletionGracePeriodSeconds: _, ...metadata }, ...namespace }) => ({
      ...namespace,
      metadata,
      status: { phase: 'Terminating' },
    }),
  },
  subresources: { finalize },
  keeps: (namespace, { spec }) => ({ ...namespace, spec }),
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
