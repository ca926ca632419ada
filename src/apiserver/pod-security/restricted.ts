/** What careful pods do besides. Source: k8s.io/pod-security-admission/policy/check_*.go. */
import { isRecord, records } from '../../kube/object.ts'
import { addedBy, namesIn, seccompProfile, withoutSeccomp } from './confinement.ts'
import { containersOf, contextOf, counted, listed, namesOf, part, quoted, set, setters, type Check } from './check.ts'

type Json = Readonly<Record<string, unknown>>

export const allowPrivilegeEscalation: Check = (pod) => {
  const bad = containersOf(pod).filter((container) => contextOf(container)['allowPrivilegeEscalation'] !== false)
  return bad.length === 0
    ? undefined
    : {
        reason: 'allowPrivilegeEscalation != false',
        detail: `${listed(bad)} must set securityContext.allowPrivilegeEscalation=false`,
      }
}

export const capabilities: Check = (pod) => {
  const all = containersOf(pod)
  const dropped = (container: Json): string[] => namesIn(part(contextOf(container), 'capabilities')['drop'])
  const unusual = (container: Json): string[] => addedBy(container).filter((name) => name !== 'NET_BIND_SERVICE')
  const keeping = all.filter((container) => !dropped(container).includes('ALL'))
  const adding = all.filter((container) => unusual(container).length > 0)
  const names = quoted(set(adding.flatMap(unusual)))
  const details = [
    ...(keeping.length === 0 ? [] : [`${listed(keeping)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(adding.length === 0 ? [] : [`${listed(adding)} must not include ${names} in securityContext.capabilities.add`]),
  ]
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const volumeTypes = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image'],
  ...['persistentVolumeClaim', 'projected', 'secret'],
]
/** Those that are told apart: the first of them that a volume has. */
const otherTypes = [
  ...['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'nfs', 'iscsi', 'glusterfs', 'rbd'],
  ...['flexVolume', 'cinder', 'cephfs', 'flocker', 'fc', 'azureFile', 'vsphereVolume', 'quobyte', 'azureDisk'],
  ...['photonPersistentDisk', 'portworxVolume', 'scaleIO', 'storageos'],
]

export const volumes: Check = ({ spec }) => {
  const bad = records(spec['volumes']).filter((volume) => volumeTypes.every((type) => !isRecord(volume[type])))
  if (bad.length === 0) return undefined
  const types = set(bad.map((volume) => otherTypes.find((type) => isRecord(volume[type])) ?? 'unknown'))
  const who = `${counted('volume', 'volumes', bad)} ${quoted(namesOf(bad))} ${counted('uses', 'use', bad)}`
  return {
    reason: 'restricted volume types',
    detail: `${who} ${counted('restricted volume type', 'restricted volume types', types)} ${quoted(types)}`,
  }
}

export const runAsNonRoot: Check = (pod) => {
  const said = (owner: Json): unknown => contextOf(owner)['runAsNonRoot'] ?? undefined
  const all = containersOf(pod)
  const who = setters(
    said(pod.spec) === false,
    all.filter((container) => said(container) === false),
  )
  const reason = 'runAsNonRoot != true'
  if (who !== '') return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` }
  const silent = said(pod.spec) === true ? [] : all.filter((container) => said(container) === undefined)
  return silent.length === 0
    ? undefined
    : { reason, detail: `pod or ${listed(silent)} must set securityContext.runAsNonRoot=true` }
}

export const runAsUser: Check = (pod) => {
  const isRoot = (owner: Json): boolean => contextOf(owner)['runAsUser'] === 0
  const who = setters(isRoot(pod.spec), containersOf(pod).filter(isRoot))
  return who === '' ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` }
}

export const seccomp: Check = (pod) => {
  const wrong = seccompProfile(pod)
  if (wrong !== undefined) return wrong
  const silent = withoutSeccomp(pod)
  const must = 'must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"'
  return silent.length === 0 ? undefined : { reason: 'seccompProfile', detail: `pod or ${listed(silent)} ${must}` }
}
