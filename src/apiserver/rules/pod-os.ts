/**
 * What depends on the system that a pod is for, and on what it shares with its host. Source:
 * k8s.io/kubernetes/pkg/apis/core/validation, validateWindowsHostProcessPod, validateHostUsers, validateLinux, validateWindows.
 */
import { recordOf } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, type StatusCause } from '../../kube/status.ts'
import { containerLists } from './container.ts'

type Cause = Required<StatusCause>
type Json = Record<string, unknown>

function containersOf(spec: Json, path: string): (readonly [container: Json, at: string])[] {
  return containerLists.flatMap((list) =>
    (Array.isArray(spec[list]) ? (spec[list] as unknown[]) : []).map(
      (container, index) => [recordOf(container), `${path}.${list}[${index}]`] as const,
    ),
  )
}

const hostProcess = (of: unknown): unknown =>
  recordOf(recordOf(recordOf(of)['securityContext'])['windowsOptions'])['hostProcess']

export function hostProcessCauses(spec: Json, path: string): Cause[] {
  const whole = hostProcess(spec)
  const containers = containersOf(spec, path).map(([container, at]) => [hostProcess(container), at] as const)
  const mixed = containers.flatMap(([own, at]) =>
    typeof whole === 'boolean' && typeof own === 'boolean' && own !== whole
      ? [
          invalidValue(
            `${at}.securityContext.windowsOptions.hostProcess`,
            own,
            `pod hostProcess value must be identical if both are specified, was ${whole}`,
          ),
        ]
      : [],
  )
  const count = containers.filter(([own]) => (own ?? whole) === true).length
  if (count === 0) return mixed
  const all = 'If pod contains any hostProcess containers then all containers must be HostProcess containers'
  const network = 'hostNetwork must be true if pod contains any hostProcess containers'
  return [
    ...mixed,
    ...(count < containers.length ? [invalidValue(path, '', all)] : []),
    ...(spec['hostNetwork'] === true ? [] : [invalidValue(`${path}.hostNetwork`, false, network)]),
  ]
}

/** Users of a pod's own share nothing else with the host. */
export function hostUsersCauses(spec: Json, path: string): Cause[] {
  if (spec['hostUsers'] !== false) return []
  const refused = (at: string): Cause => forbiddenValue(at, 'when `hostUsers` is false')
  return [
    ...(spec['hostNetwork'] === true ? [refused(`${path}.hostNetwork`)] : []),
    ...(spec['hostPID'] === true ? [refused(`${path}.HostPID`)] : []),
    ...(spec['hostIPC'] === true ? [refused(`${path}.HostIPC`)] : []),
    ...containersOf(spec, path).flatMap(([{ volumeDevices }, at]) =>
      Array.isArray(volumeDevices) && volumeDevices.length > 0 ? [refused(`${at}.volumeDevices`)] : [],
    ),
  ]
}

const ofPod =
  'appArmorProfile seLinuxOptions ^hostUsers ^hostPID ^hostIPC seccompProfile fsGroup fsGroupChangePolicy sysctls ^shareProcessNamespace runAsUser runAsGroup supplementalGroups supplementalGroupsPolicy seLinuxChangePolicy'.split(
    ' ',
  )
const ofContainer =
  'appArmorProfile seLinuxOptions seccompProfile capabilities readOnlyRootFilesystem privileged allowPrivilegeEscalation procMount runAsUser runAsGroup'.split(
    ' ',
  )

/** What one system has and the other lacks. */
export function systemCauses(spec: Json, path: string): Cause[] {
  const { name } = recordOf(spec['os'])
  if (name === 'linux') return linuxCauses(spec, path)
  return name === 'windows' ? windowsCauses(spec, path) : []
}

const linuxCauses = (spec: Json, path: string): Cause[] =>
  [[spec, path] as const, ...containersOf(spec, path)].flatMap(([{ securityContext }, at]) =>
    recordOf(securityContext)['windowsOptions'] === undefined
      ? []
      : [forbiddenValue(`${at}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod')],
  )

function windowsCauses(spec: Json, path: string): Cause[] {
  const refused = (at: string): Cause => forbiddenValue(at, 'cannot be set for a windows pod')
  const isSaid = (value: unknown): boolean =>
    value !== undefined && value !== null && value !== false && !(Array.isArray(value) && value.length === 0)
  const context = recordOf(spec['securityContext'])
  return [
    ...ofPod.flatMap((field) => {
      const own = field.startsWith('^') ? field.slice(1) : undefined
      if (own !== undefined) {
        const isFlag = own === 'hostPID' || own === 'hostIPC'
        const said = isFlag ? spec[own] === true : spec[own] !== undefined && spec[own] !== null
        return said ? [refused(`${path}.${own}`)] : []
      }
      return isSaid(context[field]) ? [refused(`${path}.securityContext.${field}`)] : []
    }),
    ...containersOf(spec, path).flatMap(([{ securityContext }, at]) => {
      const own = recordOf(securityContext)
      return ofContainer
        .filter((field) => own[field] !== undefined && own[field] !== null)
        .map((field) => refused(`${at}.securityContext.${field}`))
    }),
  ]
}
