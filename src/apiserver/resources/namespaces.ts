import { ageColumn, column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { finalize } from '../subresources/finalize.ts'

const finalizersOf = ({ spec }: KubeObject): readonly string[] =>
  (spec as { finalizers?: string[] } | undefined)?.finalizers ?? []

/** Who makes it owns the label, unless the name was not known then. */
const withNameLabel = ({ metadata, ...namespace }: KubeObject): KubeObject => ({
  ...namespace,
  metadata: { ...metadata, labels: { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name } },
})

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
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  fieldSelectors: { 'status.phase': (namespace) => (namespace.status as { phase?: string } | undefined)?.phase ?? '' },
  columns: [column('Status', 'string', '.status.phase'), ageColumn],
  defaults: (namespace) => (namespace.metadata.generateName === undefined ? withNameLabel(namespace) : namespace),
  complete: (namespace) => {
    const finalizers = finalizersOf(namespace)
    return {
      ...withNameLabel(namespace),
      spec: { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] },
      status: { phase: 'Active' },
    }
  },
})
