/**
 * Lets go of volumes, claims and classes of attributes that are being deleted and that nobody uses: a claim is used by
 * pods that mount it, a volume by the claim it is bound to, a class by what names it. Source:
 * k8s.io/kubernetes/pkg/controller/volume/{pvcprotection,pvprotection,vacprotection}.
 */
import type { ResourceDefinition } from '../definition.ts'
import { persistentVolumeClaims } from '../resources/persistentvolumeclaims.ts'
import { persistentVolumes } from '../resources/persistentvolumes.ts'
import { pods } from '../resources/pods.ts'
import { volumeAttributesClasses } from '../resources/volumeattributesclasses.ts'
import { isOver } from '../rules/pod-status.ts'
import { attributesProtection, claimProtection, volumeProtection, withoutFinalizer } from '../rules/finalizers.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'

type Pod = KubeObject & {
  readonly spec?: { readonly volumes?: readonly { readonly persistentVolumeClaim?: { readonly claimName?: string } }[] }
}

/** The classes that a volume or claim is of, wants, and is being changed to. */
function attributesClassesOf({ spec, status }: KubeObject): string[] {
  const { volumeAttributesClassName: wanted } = (spec ?? {}) as { volumeAttributesClassName?: string }
  const { currentVolumeAttributesClassName: current, modifyVolumeStatus: change } = (status ?? {}) as {
    currentVolumeAttributesClassName?: string
    modifyVolumeStatus?: { targetVolumeAttributesClassName?: string }
  }
  return [wanted, current, change?.targetVolumeAttributesClassName].filter((name) => name !== undefined)
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
  const named = ({ metadata: { name } }: KubeObject): boolean =>
    [persistentVolumes, persistentVolumeClaims].some((definition) =>
      store
        .collection(definition)
        .list()
        .some(({ value }) => attributesClassesOf(value).includes(name)),
    )
  const releaseClass = (name: string): void => release(volumeAttributesClasses, name, attributesProtection, named)
  const releaseClaim = (key: string): void => release(persistentVolumeClaims, key, claimProtection, mounted)
  return store.listen((definition, { type, stored }) => {
    const { key, value } = stored
    const leaving = value.metadata.deletionTimestamp !== undefined && type !== 'DELETED'
    if (definition === volumeAttributesClasses && leaving) later(() => releaseClass(key))
    if (definition === persistentVolumes || definition === persistentVolumeClaims)
      for (const name of attributesClassesOf(value)) later(() => releaseClass(name))
    if (definition === persistentVolumes) {
      if (leaving) later(() => release(persistentVolumes, key, volumeProtection, bound))
    } else if (definition === persistentVolumeClaims) {
      if (leaving) later(() => releaseClaim(key))
    } else if (definition === pods && type !== 'ADDED')
      for (const { persistentVolumeClaim: claim } of (value as Pod).spec?.volumes ?? [])
        if (claim?.claimName !== undefined) later(() => releaseClaim(`${value.metadata.namespace}/${claim.claimName}`))
  })
}
