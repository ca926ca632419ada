/** Ports of a pod that get in each other's way. Source: k8s.io/kubernetes/pkg/api/pod/warnings.go. */
import { records } from '../../kube/object.ts'
import { containerLists } from './container.ts'

type Json = Record<string, unknown>

interface Port {
  readonly at: string
  readonly name: string
  readonly hostPort: number
  readonly containerPort: number
  readonly protocol: string
  readonly hostIP: string
}

/** `at` is where the spec is. */
export function portWarnings(spec: Json, at: string): string[] {
  const ports = containerLists.flatMap((list) =>
    records(spec[list]).flatMap((container, index) =>
      records(container['ports']).map((port, place): Port => {
        const { name = '', hostPort = 0, containerPort = 0, protocol = '', hostIP = '' } = port as Partial<Port>
        return { at: `${at}.${list}[${index}].ports[${place}]`, name, hostPort, containerPort, protocol, hostIP }
      }),
    ),
  )
  return [...ports.flatMap((port, index) => clashes(port, ports.slice(0, index))), ...nameWarnings(ports)]
}

function clashes(port: Port, earlier: readonly Port[]): string[] {
  const { at, name, hostPort, containerPort, protocol, hostIP } = port
  const lonely = hostIP !== '' && hostPort === 0
  const shown = `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`
  return [
    ...(lonely ? [`${at}: hostIP set without hostPort: ${shown}`] : []),
    ...earlier
      .filter((other) => other.containerPort === containerPort && other.protocol === protocol)
      .flatMap((other) => {
        const how = clash(port, other)
        return how === undefined ? [] : [`${at}: ${how} port definition with ${other.at}`]
      }),
  ]
}

function clash(port: Port, other: Port): string | undefined {
  if (port.hostIP === other.hostIP && port.hostPort === other.hostPort) return 'duplicate'
  if (port.hostPort === 0 || other.hostPort === 0) return 'overlapping'
  const oneAnywhere = (port.hostIP === '') !== (other.hostIP === '')
  return port.hostPort === other.hostPort && oneAnywhere ? 'dangerously ambiguous' : undefined
}

function nameWarnings(ports: readonly Port[]): string[] {
  const used = 'services and probes that select ports by name will use'
  return ports.flatMap(({ at, name }, index) => {
    const first = name === '' ? undefined : ports.slice(0, index).find((other) => other.name === name)
    return first === undefined
      ? []
      : [`${at}: duplicate port name ${JSON.stringify(name)} with ${first.at}, ${used} ${first.at}`]
  })
}
