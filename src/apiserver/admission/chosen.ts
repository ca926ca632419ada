/**
 * What webhooks and policies choose by labels. Source: k8s.io/apiserver/pkg/admission/plugin/webhook/predicates/{namespace,object}.
 */
import { labelSelectorMatcher, type LabelSelector } from '../../kube/selector.ts'
import { namespaces } from '../resources/namespaces.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import type { AdmissionRequest } from './admission.ts'

interface Selectors {
  readonly namespaceSelector?: LabelSelector
  readonly objectSelector?: LabelSelector
}

/** The object's namespace; none of objects that have none. */
export const namespaceOf = (store: ObjectStore, { definition, exchange }: AdmissionRequest): KubeObject | undefined =>
  definition.namespaced ? store.get(namespaces, exchange.request.namespace)?.value : undefined

/** Undefined for cluster-scoped kinds, which namespace selectors don't concern; a namespace has its own labels. */
function namespaceLabels(
  store: ObjectStore,
  request: AdmissionRequest,
  object: KubeObject | undefined,
): Readonly<Record<string, string>> | undefined {
  const { definition, exchange } = request
  if (definition.namespaced) return namespaceOf(store, request)?.metadata.labels ?? {}
  if (definition !== namespaces) return undefined
  const { name, subresource } = exchange.request
  const own = subresource === '' && object !== undefined ? object : store.get(namespaces, name)?.value
  return own?.metadata.labels ?? {}
}

export function isChosen(
  { namespaceSelector = {}, objectSelector = {} }: Selectors,
  store: ObjectStore,
  request: AdmissionRequest,
  object: KubeObject | undefined,
  old: KubeObject | undefined,
): boolean {
  const labels = namespaceLabels(store, request, object)
  if (labels !== undefined && !labelSelectorMatcher(namespaceSelector)(labels)) return false
  if (Object.keys(objectSelector).length === 0) return true
  const selects = labelSelectorMatcher(objectSelector)
  // What has no metadata, options of a connection, is chosen by nothing that is said of labels.
  return [object, old].some(
    (each) => (each as Partial<KubeObject> | undefined)?.metadata !== undefined && selects(each?.metadata.labels),
  )
}
