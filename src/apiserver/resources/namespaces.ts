import { ageColumn, column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { invalidValue, type StatusCause } from '../../kube/status.ts'
import { qualifiedNameProblems } from '../../kube/syntax.ts'
import { spelled } from '../rules/causes.ts'
import { standardFinalizerCauses } from '../rules/metadata.ts'
import { finalize } from '../subresources/finalize.ts'

const finalizersOf = ({ spec }: KubeObject): readonly string[] =>
  (spec as { finalizers?: string[] } | undefined)?.finalizers ?? []

const withNameLabel = ({ metadata, ...namespace }: KubeObject): KubeObject => ({
  ...namespace,
  metadata: { ...metadata, labels: { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name } },
})

/** Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateNamespace, ValidateNamespaceStatusUpdate. */
function namespaceCauses(namespace: KubeObject, before?: KubeObject, subresource?: string): Required<StatusCause>[] {
  if (subresource === 'status') return phaseCauses(namespace)
  if (before !== undefined) return []
  const at = 'spec.finalizers'
  return finalizersOf(namespace).flatMap((name) => [
    ...spelled(at, name, qualifiedNameProblems),
    ...standardFinalizerCauses([name], () => at),
  ])
}

const withPhase = (namespace: KubeObject): KubeObject =>
  (namespace.status as { phase?: string } | undefined)?.phase
    ? namespace
    : { ...namespace, status: { ...(namespace.status as object | undefined), phase: 'Active' } }

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
  documented: {
    Status: 'The status of the namespace',
  },
  columns: [column('Status', 'string', '.status.phase'), ageColumn],
  // Who makes it owns the label, unless the name is not known yet.
  defaults: (namespace) => withPhase(namespace.metadata.name ? withNameLabel(namespace) : namespace),
  complete: (namespace) => {
    const finalizers = finalizersOf(namespace)
    return {
      ...withNameLabel(namespace),
      spec: { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] },
      status: { phase: 'Active' },
    }
  },
})
