/** What a pod may not have of its node unless it is privileged. Source: k8s.io/pod-security-admission/policy/check_*.go. */
import { isRecord, records } from '../../kube/object.ts'
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
  type Check,
} from './check.ts'

type Json = Readonly<Record<string, unknown>>

export const hostNamespaces: Check = ({ spec }) => {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((name) => spec[name] === true)
  return shared.length === 0
    ? undefined
    : { reason: 'host namespaces', detail: shared.map((name) => `${name}=true`).join(', ') }
}

export const hostPathVolumes: Check = ({ spec }) => {
  const bad = records(spec['volumes']).filter(({ hostPath }) => isRecord(hostPath))
  return bad.length === 0
    ? undefined
    : { reason: 'hostPath volumes', detail: `${counted('volume', 'volumes', bad)} ${quoted(namesOf(bad))}` }
}

export const hostPorts: Check = (pod) => {
  const portsOf = (container: Json): string[] =>
    records(container['ports']).flatMap(({ hostPort }) => (typeof hostPort === 'number' ? [String(hostPort)] : []))
  const bad = containersOf(pod).filter((container) => portsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const ports = set(bad.flatMap(portsOf))
  const what = counted('hostPort', 'hostPorts', ports)
  return { reason: 'hostPort', detail: `${listed(bad)} ${counted('uses', 'use', bad)} ${what} ${ports.join(', ')}` }
}

/** Whom probes and hooks ask, where that isn't their own pod. */
export const probeHosts: Check = (pod) => {
  const hostsOf = (container: Json): string[] =>
    [
      ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((name) => part(container, name)),
      ...['postStart', 'preStop'].map((name) => part(part(container, 'lifecycle'), name)),
    ].flatMap((handler) =>
      ['httpGet', 'tcpSocket'].map((name) => textIn(part(handler, name), 'host')).filter((host) => host !== ''),
    )
  const bad = containersOf(pod).filter((container) => hostsOf(container).length > 0)
  if (bad.length === 0) return undefined
  const names = set(namesOf(bad))
  const hosts = set(bad.flatMap(hostsOf))
  const who = `${counted('container', 'containers', names)} ${quoted(names)} ${counted('uses', 'use', names)}`
  return {
    reason: 'probe or lifecycle host',
    detail: `${who} ${counted('probe or lifecycle host', 'probe or lifecycle hosts', hosts)} ${quoted(hosts)}`,
  }
}

export const privileged: Check = (pod) => {
  const bad = containersOf(pod).filter((container) => contextOf(container)['privileged'] === true)
  return bad.length === 0
    ? undefined
    : { reason: 'privileged', detail: `${listed(bad)} must not set securityContext.privileged=true` }
}

export const hostProcess: Check = (pod) => {
  const isHosts = (owner: Json): boolean => part(contextOf(owner), 'windowsOptions')['hostProcess'] === true
  const bad = containersOf(pod).filter(isHosts)
  const who = setters(isHosts(pod.spec), bad)
  return who === ''
    ? undefined
    : { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` }
}
