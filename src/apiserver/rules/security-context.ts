/** As whom pods and containers run, and with what rights. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateSecurityContext, validatePodSpecSecurityContext. */
import { isRecord } from '../../kube/object.ts'
import { duplicate, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { oneOf } from './causes.ts'
import { goShape } from './go-diff.ts'
import { localPathCauses } from './local-path.ts'
import { windowsOptionsCauses } from './windows-options.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>

const idMax = 2 ** 31 - 1

export const idCauses = (field: string, id: unknown): Cause[] =>
  typeof id === 'number' && (id < 0 || id > idMax)
    ? [invalidValue(field, id, `must be between 0 and ${idMax}, inclusive`)]
    : []

const optional = (field: string, value: unknown, choices: readonly string[]): Cause[] =>
  value === undefined ? [] : oneOf(field, value, choices)

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']

function typeCauses(at: string, type: unknown, name: string): Cause[] {
  return type === undefined || type === ''
    ? [required(`${at}.type`, `type is required when ${name} is set`)]
    : oneOf(`${at}.type`, type, profileTypes)
}

function seccompCauses(profile: unknown, at: string): Cause[] {
  if (!isRecord(profile)) return []
  const { type, localhostProfile } = profile
  const field = `${at}.localhostProfile`
  if (type !== 'Localhost')
    return [
      ...typeCauses(at, type, 'seccompProfile'),
      ...(localhostProfile === undefined
        ? []
        : [
            invalidValue(
              field,
              goShape('core-v1.SeccompProfile', profile),
              'can only be set when seccomp type is Localhost',
            ),
          ]),
    ]
  return localhostProfile === undefined
    ? [required(field, 'must be set when seccomp type is Localhost')]
    : localPathCauses(field, localhostProfile as string)
}

function appArmorCauses(profile: unknown, at: string): Cause[] {
  if (!isRecord(profile)) return []
  const { type, localhostProfile } = profile
  const field = `${at}.localhostProfile`
  if (type !== 'Localhost')
    return [
      ...typeCauses(at, type, 'appArmorProfile'),
      ...(localhostProfile === undefined || !profileTypes.includes(type as string)
        ? []
        : [invalidValue(field, localhostProfile, 'can only be set when AppArmor type is Localhost')]),
    ]
  return localhostProfile === undefined ? [required(field, 'must be set when AppArmor type is Localhost')] : []
}

export function containerSecurityCauses(context: unknown, at: string, hostUsers: boolean): Cause[] {
  if (!isRecord(context)) return []
  const { privileged, allowPrivilegeEscalation, capabilities } = context
  const held = allowPrivilegeEscalation === false
  const added = isRecord(capabilities) && Array.isArray(capabilities['add']) ? capabilities['add'] : []
  const contrary = (text: string): Cause[] =>
    held ? [invalidValue(at, goShape('core-v1.SecurityContext', context), text)] : []
  return [
    ...idCauses(`${at}.runAsUser`, context['runAsUser']),
    ...idCauses(`${at}.runAsGroup`, context['runAsGroup']),
    ...optional(`${at}.procMount`, context['procMount'], ['Default', 'Unmasked']),
    ...(hostUsers && context['procMount'] === 'Unmasked'
      ? [invalidValue(`${at}.procMount`, 'Unmasked', '`hostUsers` must be false to use `Unmasked`')]
      : []),
    ...seccompCauses(context['seccompProfile'], `${at}.seccompProfile`),
    ...(privileged === true ? contrary('cannot set `allowPrivilegeEscalation` to false and `privileged` to true') : []),
    ...(added.includes('CAP_SYS_ADMIN')
      ? contrary('cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN')
      : []),
    ...windowsOptionsCauses(context['windowsOptions'], `${at}.windowsOptions`),
    ...appArmorCauses(context['appArmorProfile'], `${at}.appArmorProfile`),
  ]
}

const sysctlText =
  'must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$'

/** What of the kernel the host shares with the pod. */
const shared: readonly (readonly [field: string, pattern: RegExp])[] = [
  ['hostNetwork', /^net\./],
  ['hostIPC', /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/],
]

function sysctlCauses(sysctls: readonly Json[], spec: Json, at: string): Cause[] {
  return sysctls.flatMap(({ name = '' }, index) => {
    const field = `${at}[${index}].name`
    const text = name as string
    if (text === '') return [required(field)]
    const spelled =
      text.length <= 253 && /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/.test(text)
    if (!spelled) return [invalidValue(field, text, sysctlText)]
    return [
      ...(sysctls.findIndex((other) => other['name'] === text) < index ? [duplicate(field, text)] : []),
      ...shared
        .filter(([host, pattern]) => spec[host] === true && pattern.test(text.replaceAll('/', '.')))
        .map(([host]) => invalidValue(field, text, `may not be specified when '${host}' is true`)),
    ]
  })
}

export function podSecurityCauses(spec: Json, path: string): Cause[] {
  const at = `${path}.securityContext`
  const { securityContext: context } = spec
  if (!isRecord(context)) return []
  const groups = Array.isArray(context['supplementalGroups']) ? context['supplementalGroups'] : []
  const sysctls = Array.isArray(context['sysctls']) ? (context['sysctls'] as Json[]) : []
  return [
    ...idCauses(`${at}.fsGroup`, context['fsGroup']),
    ...idCauses(`${at}.runAsUser`, context['runAsUser']),
    ...idCauses(`${at}.runAsGroup`, context['runAsGroup']),
    ...groups.flatMap((group, index) => idCauses(`${at}.supplementalGroups[${index}]`, group)),
    ...(spec['shareProcessNamespace'] === true && spec['hostPID'] === true
      ? [
          invalidValue(
            `${path}.shareProcessNamespace`,
            true,
            'ShareProcessNamespace and HostPID cannot both be enabled',
          ),
        ]
      : []),
    ...sysctlCauses(sysctls, spec, `${at}.sysctls`),
    ...optional(`${at}.fsGroupChangePolicy`, context['fsGroupChangePolicy'], ['Always', 'OnRootMismatch']),
    ...seccompCauses(context['seccompProfile'], `${at}.seccompProfile`),
    ...windowsOptionsCauses(context['windowsOptions'], `${at}.windowsOptions`),
    ...appArmorCauses(context['appArmorProfile'], `${at}.appArmorProfile`),
    ...optional(`${at}.supplementalGroupsPolicy`, context['supplementalGroupsPolicy'], ['Merge', 'Strict']),
    ...optional(`${at}.seLinuxChangePolicy`, context['seLinuxChangePolicy'], ['Recursive']),
  ]
}
