/** Where the node of a pod is, as labels of the pod. Source: k8s.io/kubernetes/plugin/pkg/admission/podtopologylabels. */
import type { KubeObject } from '../types.ts'

type Labels = Readonly<Record<string, string>>

const copied = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region']

/** What a pod takes over of its node's labels; nothing where there is no such node. */
export const topologyLabels = (node: KubeObject | undefined): Labels =>
  Object.fromEntries(Object.entries(node?.metadata.labels ?? {}).filter(([key]) => copied.includes(key)))

/** Whatever the object says of itself is overwritten. */
export function withLabels<T extends KubeObject>(object: T, labels: Labels): T {
  return Object.keys(labels).length === 0
    ? object
    : { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, ...labels } } }
}
