/** The Pod Security Standards: what is looked at, since which version. Source: k8s.io/pod-security-admission/policy/registry.go. */
import { unlessOwnUsers, unlessWindows, type Check, type PodLike, type Refusal } from './check.ts'
import * as confinement from './confinement.ts'
import * as hosts from './host-access.ts'
import type { Level, LevelVersion } from './policy.ts'
import * as restricted from './restricted.ts'

interface Standard {
  readonly id: string
  readonly level: Level
  /** By the minor version from which on it is looked at so. */
  readonly since: Readonly<Record<number, Check>>
  /** The standard that it takes the place of. */
  readonly instead?: string
}

/** Baseline first, each level in the order of what they are called. */
const standards: readonly Standard[] = [
  { id: 'appArmorProfile', level: 'baseline', since: { 0: confinement.appArmorProfile } },
  { id: 'capabilities_baseline', level: 'baseline', since: { 0: confinement.capabilities } },
  { id: 'hostNamespaces', level: 'baseline', since: { 0: hosts.hostNamespaces } },
  { id: 'hostPathVolumes', level: 'baseline', since: { 0: hosts.hostPathVolumes } },
  { id: 'hostPorts', level: 'baseline', since: { 0: hosts.hostPorts } },
  { id: 'hostProbesAndHostLifecycle', level: 'baseline', since: { 34: hosts.probeHosts } },
  { id: 'privileged', level: 'baseline', since: { 0: hosts.privileged } },
  { id: 'procMount', level: 'baseline', since: { 0: confinement.procMount, 35: confinement.procMountUnlessOwnUsers } },
  {
    id: 'seLinuxOptions',
    level: 'baseline',
    since: { 0: confinement.seLinuxOptions(), 31: confinement.seLinuxOptionsWithEngine },
  },
  {
    id: 'seccompProfile_baseline',
    level: 'baseline',
    since: { 0: confinement.seccompAnnotations, 19: confinement.seccompProfile },
  },
  { id: 'sysctls', level: 'baseline', since: sysctlsSince() },
  { id: 'windowsHostProcess', level: 'baseline', since: { 0: hosts.hostProcess } },
  {
    id: 'allowPrivilegeEscalation',
    level: 'restricted',
    since: { 8: restricted.allowPrivilegeEscalation, 25: unlessWindows(restricted.allowPrivilegeEscalation) },
  },
  {
    id: 'capabilities_restricted',
    level: 'restricted',
    since: { 22: restricted.capabilities, 25: unlessWindows(restricted.capabilities) },
    instead: 'capabilities_baseline',
  },
  { id: 'procMount_restricted', level: 'restricted', since: { 35: confinement.procMount }, instead: 'procMount' },
  { id: 'restrictedVolumes', level: 'restricted', since: { 0: restricted.volumes }, instead: 'hostPathVolumes' },
  {
    id: 'runAsNonRoot',
    level: 'restricted',
    since: { 0: restricted.runAsNonRoot, 35: unlessOwnUsers(restricted.runAsNonRoot) },
  },
  {
    id: 'runAsUser',
    level: 'restricted',
    since: { 23: restricted.runAsUser, 35: unlessOwnUsers(restricted.runAsUser) },
  },
  {
    id: 'seccompProfile_restricted',
    level: 'restricted',
    since: { 19: restricted.seccomp, 25: unlessWindows(restricted.seccomp) },
    instead: 'seccompProfile_baseline',
  },
]

function sysctlsSince(): Standard['since'] {
  const reserved = 'ip_local_reserved_ports'
  const keepalive = ['tcp_keepalive_time', 'tcp_fin_timeout', 'tcp_keepalive_intvl', 'tcp_keepalive_probes']
  return {
    0: confinement.sysctls(),
    27: confinement.sysctls(reserved),
    29: confinement.sysctls(reserved, ...keepalive),
    32: confinement.sysctls(reserved, ...keepalive, 'tcp_rmem', 'tcp_wmem'),
  }
}

/** How a standard is looked at in a version; undefined before its time. */
function checkAt(since: Standard['since'], minor: number): Check | undefined {
  const begun = Object.keys(since)
    .map(Number)
    .filter((first) => first <= minor)
  return begun.length === 0 ? undefined : since[Math.max(...begun)]
}

/** All that a pod is refused for. */
export function refusals({ level, minor }: LevelVersion, pod: PodLike): Refusal[] {
  if (level === 'privileged') return []
  const held = standards
    .filter((standard) => level === 'restricted' || standard.level === level)
    .flatMap(({ id, instead, since }) => {
      const check = checkAt(since, minor)
      return check === undefined ? [] : [{ id, instead, check }]
    })
  const replaced = held.map(({ instead }) => instead)
  return held.filter(({ id }) => !replaced.includes(id)).flatMap(({ check }) => check(pod) ?? [])
}

/** `privileged (container "a" must not …), hostPort (…)` */
export const detailed = (all: readonly Refusal[]): string =>
  all.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ')
