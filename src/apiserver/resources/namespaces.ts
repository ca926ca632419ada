import { ageColumn, column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { standardFinalizerCauses } from '../rules/metadata.ts'
import { finalize } from '../subresources/finalize.ts'

const finalizersOf = ({ spec }: KubeObject): readonly string[] =>
  (spec as { finalizers?: string[] } | undefined)?.finalizers ?? []

/** Who makes it owns the label, unless the name was not known then. */
const withNameLabel = ({ metadata, ...namespace }: KubeObject): KubeObject => ({
  ...namespace,
  metadata: { ...metadata, labels: { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name } },
})

/** Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateNamespace, ValidateNamespaceStatusUpdate. */
function namespaceCauses(namespace: KubeObject, before?: KubeObject, subresource?: string): Required<StatusCause>[] {
  if (subresource === 'status') return phaseCauses(namespace)
  return before === undefined ? standardFinalizerCauses(finalizersOf(namespace), () => 'spec.finalizers') : []
}

function phaseCauses({ metadata: { deletionTimestamp }, status }: KubeObject): Required<StatusCause>[] {
  const { phase = '' } = (status ?? {}) as { phase?: string }
  const [allowed, empty] = deletionTimestamp === undefined ? ['Active', 'empty'] : ['Terminating', 'not empty']
  if (phase === allowed) return []
  return [invalidValue('status.Phase', phase, `may only be '${allowed}' if \`deletionTimestamp\` is ${empty}`)]
}

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
  validate: namespaceCauses,
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
