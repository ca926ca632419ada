/**
 * Pods that are told apart by the values of some of their labels: a new pod's values become part of its selectors.
 * Source: k8s.io/kubernetes/pkg/registry/core/pod/strategy.go, mutatePodAffinity, mutateTopologySpreadConstraints.
 */
import { isRecord, records } from '../../kube/object.ts'
import type { KubeObject } from '../types.ts'

type Json = Record<string, unknown>
type Labels = Readonly<Record<string, string>>

const [required, preferred] = [
  'requiredDuringSchedulingIgnoredDuringExecution',
  'preferredDuringSchedulingIgnoredDuringExecution',
] as const

export function withLabelKeys(pod: KubeObject): KubeObject {
  const spec = isRecord(pod.spec) ? pod.spec : {}
  const { affinity, topologySpreadConstraints: constraints } = spec
  if (constraints === undefined && !isRecord(affinity)) return pod
  const { labels = {} } = pod.metadata
  const spread = records(constraints).map((each) => merged(each, labels))
  return {
    ...pod,
    spec: {
      ...spec,
      ...(constraints === undefined ? {} : { topologySpreadConstraints: spread }),
      ...(isRecord(affinity) ? { affinity: withTerms(affinity, labels) } : {}),
    },
  }
}

function withTerms(affinity: Json, labels: Labels): Json {
  const kinds = ['podAffinity', 'podAntiAffinity'].filter((kind) => isRecord(affinity[kind]))
  const changed = kinds.map((kind) => {
    const terms = affinity[kind] as Json
    return [
      kind,
      {
        ...terms,
        ...(Array.isArray(terms[required])
          ? { [required]: records(terms[required]).map((term) => merged(term, labels)) }
          : {}),
        ...(Array.isArray(terms[preferred])
          ? {
              [preferred]: records(terms[preferred]).map(({ podAffinityTerm: term, ...wish }) => ({
                ...wish,
                podAffinityTerm: isRecord(term) ? merged(term, labels) : term,
              })),
            }
          : {}),
      },
    ]
  })
  return { ...affinity, ...(Object.fromEntries(changed) as Json) }
}

/** With what its keys stand for. */
function merged(term: Json, labels: Labels): Json {
  const { labelSelector: selector } = term
  const keysOf = (list: string): string[] => (Array.isArray(term[list]) ? (term[list] as string[]) : [])
  const expressions = [
    ...keysOf('matchLabelKeys').map((key) => ({ key, operator: 'In' })),
    ...keysOf('mismatchLabelKeys').map((key) => ({ key, operator: 'NotIn' })),
  ].flatMap(({ key, operator }) => (key in labels ? [{ key, operator, values: [labels[key]] }] : []))
  if (!isRecord(selector) || expressions.length === 0) return term
  const matchExpressions = [...records(selector['matchExpressions']), ...expressions]
  return { ...term, labelSelector: { ...selector, matchExpressions } }
}
