/** Ports of the nodes, for services that are reached from outside. Source: k8s.io/kubernetes/pkg/registry/core/service. */
import { crc32 } from 'node:zlib'
import { invalidValue } from '../../kube/status.ts'
import type { Objects, ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import { needsHealthCheck, refusedService, serviceSpec, type ServiceSpec } from './service-spec.ts'

/** Whatever a dry run is given comes behind it. */
const dryRunPort = 32_768

const nodePorts = { first: 30_000, last: 32_767 }

export const usesNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)

/** Nobody looks for free ports for a dry run. */
export function withNodePorts(
  definition: ResourceDefinition,
  service: KubeObject,
  objects: Objects,
  dryRun: boolean,
): ServiceSpec {
  const spec = serviceSpec(service)
  const { ports = [], healthCheckNodePort } = spec
  // Services of other types may not ask, and are told so.
  const asked = hasNodePorts(spec) && ports.some(({ nodePort }) => nodePort !== undefined)
  if (!usesNodePorts(spec) && !asked && !needsHealthCheck(spec)) return spec
  const { name, namespace } = service.metadata
  const taken = new Set<number>()
  for (const other of objects.all(definition)) {
    if (other.metadata.name === name && other.metadata.namespace === namespace) continue
    for (const port of portsOf(serviceSpec(other))) taken.add(port)
  }
  for (const [index, { nodePort }] of ports.entries()) checkNodePort(service, index, nodePort, taken, dryRun)
  const given: number[] = []
  const next = (wanted: number | undefined, key: string): number => {
    const isAsked = wanted !== undefined && wanted !== 0
    const free = (): number =>
      dryRun
        ? (given.length === 0 ? dryRunPort : Math.max(...given)) + 1
        : freePort(`${namespace}/${name}/${key}`, taken)
    const port = isAsked ? wanted : free()
    taken.add(port)
    given.push(port)
    return port
  }
  return {
    ...spec,
    ...(spec.ports === undefined || !(usesNodePorts(spec) || asked)
      ? {}
      : { ports: ports.map((port) => ({ ...port, nodePort: next(port.nodePort, `${port.port}/${port.protocol}`) })) }),
    ...(needsHealthCheck(spec) ? { healthCheckNodePort: next(healthCheckNodePort, 'health') } : {}),
  }
}

export const portsOf = ({ ports = [], healthCheckNodePort }: ServiceSpec): number[] =>
  [...ports.map(({ nodePort }) => nodePort), healthCheckNodePort].filter((port) => port !== undefined)

function checkNodePort(
  service: KubeObject,
  index: number,
  port: number | undefined,
  taken: ReadonlySet<number>,
  dryRun: boolean,
): void {
  if (port === undefined || port === 0) return
  const { first, last } = nodePorts
  const problem =
    !dryRun && (port < first || port > last)
      ? `provided port is not in the valid range. The range of valid ports is ${first}-${last}`
      : taken.has(port)
        ? 'provided port is already allocated'
        : undefined
  if (problem !== undefined)
    throw refusedService(service, [invalidValue(`spec.ports[${index}].nodePort`, port, problem)])
}

/** The first that is free from a place on that is the key's own. */
function freePort(key: string, taken: ReadonlySet<number>): number {
  const { first, last } = nodePorts
  const count = last - first + 1
  const start = crc32(key) % count
  for (let tried = 0; tried < count; tried++) {
    const port = first + ((start + tried) % count)
    if (!taken.has(port)) return port
  }
  return first + start // all are taken: two services share one
}

export const hasNodePorts = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer'
