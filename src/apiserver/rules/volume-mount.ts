/** What of its pod's volumes a container sees. Source: k8s.io/kubernetes/pkg/apis/core/validation, ValidateVolumeMounts, ValidateVolumeDevices. */
import { isRecord } from '../../kube/object.ts'
import { forbiddenValue, invalidValue, notFoundValue, required, type StatusCause } from '../../kube/status.ts'
import { oneOf } from './causes.ts'
import { localPathCauses } from './local-path.ts'

type Json = Record<string, unknown>
type Cause = Required<StatusCause>

const propagations = ['Bidirectional', 'HostToContainer', 'None']
const readOnlies = ['Disabled', 'Enabled', 'IfPossible']

/** `volumes` are those that can be mounted; what is wrong with how is told of the list, not of the item. */
export function mountCauses(
  container: Json,
  mounts: readonly Json[],
  volumes: readonly unknown[],
  at: string,
): Cause[] {
  return mounts.flatMap((mount, index) => {
    const { name = '', mountPath } = mount
    const path = `${at}[${index}]`
    const again = mounts.slice(0, index).some((other) => other['mountPath'] === mountPath)
    return [
      ...(name === '' ? [required(`${path}.name`)] : []),
      ...(volumes.includes(name) ? [] : [notFoundValue(`${path}.name`, name)]),
      ...(mountPath ? [] : [required(`${path}.mountPath`)]),
      ...(again ? [invalidValue(`${path}.mountPath`, mountPath ?? '', 'must be unique')] : []),
      ...subPathCauses(mount, path, at),
      ...propagationCauses(mount, container, `${at}.mountPropagation`),
      ...readOnlyCauses(mount, `${at}.recursiveReadOnly`),
    ]
  })
}

function subPathCauses({ subPath, subPathExpr }: Json, at: string, list: string): Cause[] {
  const local = (name: string, path: unknown): Cause[] =>
    path ? localPathCauses(`${list}.${name}`, path as string) : []
  return [
    ...local('subPath', subPath),
    ...(subPath && subPathExpr
      ? [invalidValue(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive')]
      : []),
    ...local('subPathExpr', subPathExpr),
  ]
}

function propagationCauses({ mountPropagation }: Json, container: Json, field: string): Cause[] {
  if (mountPropagation === undefined) return []
  const { securityContext } = container
  const privileged = isRecord(securityContext) && securityContext['privileged'] === true
  return mountPropagation === 'Bidirectional' && !privileged
    ? [forbiddenValue(field, 'Bidirectional mount propagation is available only to privileged containers')]
    : oneOf(field, mountPropagation, propagations)
}

function readOnlyCauses({ recursiveReadOnly, readOnly, mountPropagation }: Json, field: string): Cause[] {
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return []
  if (!readOnlies.includes(recursiveReadOnly as string)) return oneOf(field, recursiveReadOnly, readOnlies)
  return [
    ...(readOnly === true ? [] : [forbiddenValue(field, 'may only be specified when readOnly is true')]),
    ...(mountPropagation === undefined || mountPropagation === 'None'
      ? []
      : [forbiddenValue(field, 'may only be specified when mountPropagation is None or not specified')]),
  ]
}

export const deviceCauses = (devices: readonly Json[], volumes: readonly unknown[], at: string): Cause[] =>
  devices.flatMap(({ name = '', devicePath }, index) => {
    const path = `${at}[${index}]`
    return [
      ...(name === '' ? [required(`${path}.name`)] : []),
      ...(volumes.includes(name) ? [] : [notFoundValue(`${path}.name`, name)]),
      ...(devicePath ? [] : [required(`${path}.devicePath`)]),
      ...(devices.slice(0, index).some((other) => (other['devicePath'] ?? '') === (devicePath ?? ''))
        ? [invalidValue(`${path}.devicePath`, devicePath ?? '', 'must be unique')]
        : []),
    ]
  })
