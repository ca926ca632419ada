/** What holds an object that is being deleted. */
import type { KubeObject } from '../types.ts'

/** Of volumes, claims and classes in use. Source: k8s.io/kubernetes/plugin/pkg/admission/storage/storageobjectinuseprotection. */
export const volumeProtection = 'kubernetes.io/pv-protection'
export const claimProtection = 'kubernetes.io/pvc-protection'
export const attributesProtection = 'kubernetes.io/vac-protection'

export function withFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers = [] } = object.metadata
  if (finalizers.includes(finalizer)) return object
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } }
}

/** The object itself where it has no such finalizer. */
export function withoutFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers = [], ...metadata } = object.metadata
  const rest = finalizers.filter((each) => each !== finalizer)
  if (rest.length === finalizers.length) return object
  return { ...object, metadata: { ...metadata, ...(rest.length === 0 ? {} : { finalizers: rest }) } }
}
