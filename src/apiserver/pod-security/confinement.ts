/** How every pod is confined that isn't privileged. Source: k8s.io/pod-security-admission/policy/check_*.go. */
import { isRecord, records } from '../../kube/object.ts'
import { appArmorPrefix, seccompOfContainer, seccompOfPod } from '../rules/security-annotations.ts'
import {
  containersOf,
  contextOf,
  counted,
  listed,
  namesOf,
  part,
  quoted,
  set,
  setters,
  textIn,
  unlessOwnUsers,
  type Check,
  type PodLike,
} from './check.ts'

type Json = Readonly<Record<string, unknown>>

export const namesIn = (list: unknown): string[] => (Array.isArray(list) ? list.map(String) : [])

/** A field of security contexts whose type is one of a few. */
function typeOf(owner: Json, name: string): string | undefined {
  const { [name]: profile } = contextOf(owner)
  return isRecord(profile) ? textIn(profile, 'type') : undefined
}

const profiles = ['RuntimeDefault', 'Localhost']
const isOther = (type: string | undefined): boolean => type !== undefined && !profiles.includes(type)

export const appArmorProfile: Check = (pod) => {
  const { spec, annotations } = pod
  const bad = containersOf(pod).filter((container) => isOther(typeOf(container, 'appArmorProfile')))
  const types = [spec, ...bad].map((owner) => typeOf(owner, 'appArmorProfile')).filter(isOther)
  const notes = Object.entries(annotations)
    .filter(([key, value]) => key.startsWith(appArmorPrefix) && !/^($|runtime\/default$|localhost\/)/.test(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort()
  const values = [...set(types as string[]), ...notes]
  if (values.length === 0) return undefined
  const who = [
    setters(isOther(typeOf(spec, 'appArmorProfile')), bad),
    ...(notes.length > 0 ? [counted('annotation', 'annotations', notes)] : []),
  ]
  return {
    reason: counted('forbidden AppArmor profile', 'forbidden AppArmor profiles', values),
    detail: `${who.filter((each) => each !== '').join(' and ')} must not set AppArmor profile type to ${quoted(values)}`,
  }
}

const usualCapabilities = new Set([
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE'],
  ...['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
])

export const addedBy = (container: Json): string[] => namesIn(part(contextOf(container), 'capabilities')['add'])

export const capabilities: Check = (pod) => {
  const unusual = (container: Json): string[] => addedBy(container).filter((name) => !usualCapabilities.has(name))
  const bad = containersOf(pod).filter((container) => unusual(container).length > 0)
  if (bad.length === 0) return undefined
  const names = quoted(set(bad.flatMap(unusual)))
  return {
    reason: 'non-default capabilities',
    detail: `${listed(bad)} must not include ${names} in securityContext.capabilities.add`,
  }
}

export const procMount: Check = (pod) => {
  const mountOf = (container: Json): string => textIn(contextOf(container), 'procMount') || 'Default'
  const bad = containersOf(pod).filter((container) => mountOf(container) !== 'Default')
  if (bad.length === 0) return undefined
  const types = quoted(set(bad.map(mountOf)))
  return { reason: 'procMount', detail: `${listed(bad)} must not set securityContext.procMount to ${types}` }
}

export const procMountUnlessOwnUsers = unlessOwnUsers(procMount)

const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t']

export const seLinuxOptions =
  (types = seLinuxTypes): Check =>
  (pod) => {
    const optionsOf = (owner: Json): Json => part(contextOf(owner), 'seLinuxOptions')
    const typeIn = (owner: Json): string => textIn(optionsOf(owner), 'type')
    const isBad = (owner: Json): boolean =>
      !types.includes(typeIn(owner)) || Boolean(optionsOf(owner)['user']) || Boolean(optionsOf(owner)['role'])
    const bad = containersOf(pod).filter(isBad)
    const all = [...(isBad(pod.spec) ? [pod.spec] : []), ...bad]
    if (all.length === 0) return undefined
    const wrong = set(all.map(typeIn).filter((type) => !types.includes(type)))
    const data = [
      ...(wrong.length > 0 ? [`${counted('type', 'types', wrong)} ${quoted(wrong)}`] : []),
      ...['user', 'role']
        .filter((name) => all.some((owner) => optionsOf(owner)[name]))
        .map((name) => `${name} may not be set`),
    ]
    const who = setters(isBad(pod.spec), bad)
    return {
      reason: 'seLinuxOptions',
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${data.join('; ')}`,
    }
  }

export const seLinuxOptionsWithEngine = seLinuxOptions([...seLinuxTypes, 'container_engine_t'])

/** While it was in annotations. */
export const seccompAnnotations: Check = (pod) => {
  const keys = [seccompOfPod, ...namesOf(containersOf(pod)).map((name) => `${seccompOfContainer}${name}`)]
  const bad = keys.flatMap((key) => {
    const { [key]: value } = pod.annotations
    return value === undefined || /^(runtime\/default$|docker\/default$|localhost\/)/.test(value)
      ? []
      : [`${key}=${JSON.stringify(value)}`]
  })
  const found = set(bad)
  return found.length === 0
    ? undefined
    : {
        reason: 'seccompProfile',
        detail: `forbidden ${counted('annotation', 'annotations', found)} ${found.join(', ')}`,
      }
}

/** Who asks for a profile that is none of the usual ones. */
export const seccompProfile: Check = (pod) => {
  const type = (owner: Json): string | undefined => typeOf(owner, 'seccompProfile')
  const bad = containersOf(pod).filter((container) => isOther(type(container)))
  const values = [pod.spec, ...bad].map(type).filter(isOther)
  if (values.length === 0) return undefined
  const who = setters(isOther(type(pod.spec)), bad)
  return {
    reason: 'seccompProfile',
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoted(set(values as string[]))}`,
  }
}

/** Who has none: neither of its own nor of its pod. */
export const withoutSeccomp = (pod: PodLike): readonly Json[] =>
  typeOf(pod.spec, 'seccompProfile') === undefined
    ? containersOf(pod).filter((container) => typeOf(container, 'seccompProfile') === undefined)
    : []

const sysctlNames = [
  'kernel.shm_rmid_forced',
  ...['ip_local_port_range', 'tcp_syncookies', 'ping_group_range', 'ip_unprivileged_port_start'].map(ofIp),
]

function ofIp(name: string): string {
  return `net.ipv4.${name}`
}

/** `more`: those that are harmless since. */
export const sysctls =
  (...more: string[]): Check =>
  ({ spec }) => {
    const known = [...sysctlNames, ...more.map(ofIp)]
    const bad = namesOf(records(contextOf(spec)['sysctls'])).filter((name) => !known.includes(name))
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') }
  }
