/** What keeps volumes and claims that are in use. Source: k8s.io/kubernetes/plugin/pkg/admission/storage/storageobjectinuseprotection. */
import type { KubeObject } from '../types.ts'

export const volumeProtection = 'kubernetes.io/pv-protection'
export const claimProtection = 'kubernetes.io/pvc-protection'

export function withFinalizer(object: KubeObject, finalizer: string): KubeObject {
  const { finalizers = [] } = object.metadata
  if (finalizers.includes(finalizer)) return object
  return { ...object, metadata: { ...object.metadata, finalizers: [...finalizers, finalizer] } }
}
