/**
 * Lets go of volumes and claims that are being deleted and that nobody uses: a claim is used by pods that mount it, a
 * volume by the claim it is bound to. Source: k8s.io/kubernetes/pkg/controller/volume/{pvcprotection,pvprotection}.
 */
import type { ResourceDefinition } from '../definition.ts'
import { persistentVolumeClaims } from '../resources/persistentvolumeclaims.ts'
import { persistentVolumes } from '../resources/persistentvolumes.ts'
import { pods } from '../resources/pods.ts'
import { isOver } from '../rules/pod-status.ts'
import { claimProtection, volumeProtection, withoutFinalizer } from '../rules/finalizers.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'

type Pod = KubeObject & {
  readonly spec?: { readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName?: string } }[] }
}

/** `later` runs outside of the write that caused it. Returns what ends it. */
export function startStorageProtection(store: ObjectStore, later: (run: () => void) => void): () => void {
  const release = (
    definition: ResourceDefinition,
    key: string,
    finalizer: string,
    used: (object: KubeObject) => boolean,
  ) => {
    const object = store.get(definition, key)?.value
    if (object?.metadata.deletionTimestamp === undefined || used(object)) return
    const released = withoutFinalizer(object, finalizer)
    if (released !== object) store.update(definition, released)
  }
  const mounted = ({ metadata: { name, namespace } }: KubeObject): boolean =>
    store
      .collection(pods)
      .list(namespace)
      .some(({ value }) => {
        const { spec } = value as Pod
        return (
          !isOver(value) && spec?.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === name) === true
        )
      })
  const bound = ({ status }: KubeObject): boolean => (status as { phase?: string } | undefined)?.phase === 'Bound'
  const releaseClaim = (key: string): void => release(persistentVolumeClaims, key, claimProtection, mounted)
  return store.listen((definition, { type, stored }) => {
    const { key, value } = stored
    const leaving = value.metadata.deletionTimestamp !== undefined && type !== 'DELETED'
    if (definition === persistentVolumes) {
      if (leaving) later(() => release(persistentVolumes, key, volumeProtection, bound))
    } else if (definition === persistentVolumeClaims) {
      if (leaving) later(() => releaseClaim(key))
    } else if (definition === pods && type !== 'ADDED')
      for (const { persistentVolumeClaim: claim } of (value as Pod).spec?.volumes ?? [])
        if (claim?.claimName !== undefined) later(() => releaseClaim(`${value.metadata.namespace}/${claim.claimName}`))
  })
}
