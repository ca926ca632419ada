/**
 * What services get from the server, addresses and ports of the nodes, and what of it an update keeps or gives back.
 * Source: k8s.io/kubernetes/pkg/registry/core/service/storage.
 */
import { isIP } from 'node:net'
import { crc32 } from 'node:zlib'
import { deepEqual } from '../../kube/object.ts'
import { invalidValue } from '../../kube/status.ts'
import type { Objects, ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import { withFamilies } from './service-families.ts'
import { hasNodePorts, portsOf, usesNodePorts, withNodePorts } from './service-node-ports.ts'
import { addressCauses } from './service-addresses.ts'
import { isExternal, needsHealthCheck, refusedService, serviceSpec, type ServiceSpec } from './service-spec.ts'

/** An address from the service range that is the service's own for as long as it lives. */
function clusterIp({ name, namespace = '' }: KubeObject['metadata']): string {
  if (namespace === 'default' && name === 'kubernetes') return '10.96.0.1'
  const hash = crc32(`${namespace}/${name}`)
  return `10.${96 + (hash % 16)}.${(hash >>> 8) & 255}.${2 + ((hash >>> 16) % 253)}`
}

const serviceRange = { block: '10.96.0.0/12', first: '10.96.0.0' }

const isInRange = (ip: string): boolean => /^10\.(9[6-9]|10\d|11[01])\./.test(ip)

/** A new service with what it is allocated. Throws 422 for what can't be had. */
export function allocated(
  definition: ResourceDefinition,
  service: KubeObject,
  objects: Objects,
  dryRun: boolean,
): KubeObject {
  const given = serviceSpec(service)
  const { clusterIP = '', clusterIPs = [] } = given
  const named = clusterIP !== '' && clusterIPs.length === 0 ? { ...given, clusterIPs: [clusterIP] } : given
  const next = { ...service, spec: named }
  if (given.type === 'ExternalName') return next
  requireFitting(next)
  const spec = withAddress(definition, next, withFamilies(next, undefined), objects, dryRun)
  return { ...service, spec: withNodePorts(definition, { ...service, spec }, objects, dryRun) }
}

/** Addresses that don't go together are refused before anything else is looked at. */
function requireFitting(service: KubeObject & { readonly spec: ServiceSpec }): void {
  const causes = addressCauses(service.spec)
  if (causes.length > 0) throw refusedService(service, causes)
}

/** With the address that it asks for, or one of its own. */
function withAddress(
  definition: ResourceDefinition,
  service: KubeObject,
  spec: ServiceSpec,
  objects: Objects,
  dryRun: boolean,
): ServiceSpec {
  const { clusterIP = '' } = spec
  const own = dryRun ? serviceRange.first : clusterIp(service.metadata)
  const ip = clusterIP === '' ? own : clusterIP
  if (isIP(clusterIP) !== 0) {
    const isTaken =
      !dryRun &&
      objects
        .all(definition)
        .some((other) => other.metadata.uid !== service.metadata.uid && serviceSpec(other).clusterIP === ip)
    const why = isInRange(ip)
      ? isTaken
        ? 'provided IP is already allocated'
        : undefined
      : dryRun
        ? `the provided IP (${ip}) is not in the valid range. The range of valid IPs is ${serviceRange.block}`
        : 'the provided network does not match the current range'
    if (why !== undefined)
      throw refusedService(service, [invalidValue('spec.clusterIPs', [ip], `failed to allocate IP ${ip}: ${why}`)])
  }
  return { ...spec, clusterIP: ip, clusterIPs: [ip] }
}

/** An update with what it leaves out and needs, and without what the new type has no use for. */
export function reallocated(
  definition: ResourceDefinition,
  service: KubeObject,
  before: KubeObject,
  objects: Objects,
  dryRun: boolean,
): KubeObject {
  const was = serviceSpec(before)
  const next = { ...service, spec: normalized(withKept(serviceSpec(service), was), was) }
  const isNamed = next.spec.type === 'ExternalName'
  if (!isNamed) requireFitting(next)
  const families = isNamed ? next.spec : withFamilies(next, was)
  const wanted = withoutUnneeded(families, was)
  const spec =
    !isNamed && was.type === 'ExternalName'
      ? withAddress(definition, { ...next, spec: wanted }, wanted, objects, dryRun)
      : wanted
  return { ...next, spec: withNodePorts(definition, { ...next, spec }, objects, dryRun) }
}

/** What an old client means that changes one of the fields for addresses and not the other. */
function normalized(spec: ServiceSpec, was: ServiceSpec): ServiceSpec {
  const { clusterIP: ip = '', clusterIPs: ips = [] } = spec
  const { clusterIP: oldIp = '', clusterIPs: oldIps = [] } = was
  if (ip === oldIp) return oldIps.length > 0 && ips.length === 0 ? { ...spec, clusterIPs: oldIps } : spec
  if (!deepEqual(ips, oldIps)) return spec
  const { clusterIPs: _, ...cleared } = spec
  return ip === '' ? cleared : { ...spec, clusterIPs: [ip] }
}

function withKept(spec: ServiceSpec, was: ServiceSpec): ServiceSpec {
  if (spec.type === 'ExternalName' || was.type === 'ExternalName') return spec
  const kept = Object.fromEntries(
    (['clusterIP', 'clusterIPs'] as const)
      .filter((name) => (spec[name] ?? '').length === 0)
      .map((name) => [name, was[name]]),
  )
  const known = new Map((was.ports ?? []).map(({ name = '', nodePort }) => [name, nodePort]))
  const ports = usesNodePorts(was) && usesNodePorts(spec) ? spec.ports : undefined
  const used = new Set(portsOf(spec).filter((port) => portsOf(was).includes(port)))
  return {
    ...spec,
    ...kept,
    ...(ports === undefined
      ? {}
      : {
          ports: ports.map((port) => {
            const old = known.get(port.name ?? '')
            return port.nodePort === undefined && old !== undefined && !used.has(old)
              ? { ...port, nodePort: old }
              : port
          }),
        }),
  }
}

/** Source: dropTypeDependentFields. */
function withoutUnneeded(spec: ServiceSpec, was: ServiceSpec): ServiceSpec {
  const named = spec.type === 'ExternalName' && was.type !== 'ExternalName'
  const balanced = spec.type === 'LoadBalancer'
  const gone: (keyof ServiceSpec)[] = [
    ...(named ? (['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'] as const) : []),
    ...(isExternal(was) && !isExternal(spec) ? (['externalTrafficPolicy'] as const) : []),
    ...(needsHealthCheck(was) && !needsHealthCheck(spec) ? (['healthCheckNodePort'] as const) : []),
    ...(balanced ? [] : (['allocateLoadBalancerNodePorts', 'loadBalancerClass'] as const)),
  ]
  const kept = Object.fromEntries(
    Object.entries(spec).filter(
      ([name]) =>
        !gone.includes(name as keyof ServiceSpec) ||
        !deepEqual(spec[name as keyof ServiceSpec], was[name as keyof ServiceSpec]),
    ),
  ) as ServiceSpec
  const ports = (of: ServiceSpec): unknown[] => (of.ports ?? []).flatMap(({ nodePort = 0 }) => nodePort || [])
  const wipes = hasNodePorts(was) && !hasNodePorts(spec) && ports(spec).every((port) => ports(was).includes(port))
  return wipes && spec.ports !== undefined
    ? { ...kept, ports: spec.ports.map(({ nodePort: _, ...port }) => port) }
    : kept
}
