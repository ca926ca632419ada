/**
 * What services get from the server: defaults, an address, ports of the nodes; and what of it an update keeps or gives
 * back. Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, pkg/registry/core/service.
 */
import { isIP } from 'node:net'
import { crc32 } from 'node:zlib'
import { deepEqual } from '../../kube/object.ts'
import { invalid, invalidValue, type StatusCause } from '../../kube/status.ts'
import type { Objects, ResourceDefinition } from '../definition.ts'
import type { KubeObject } from '../types.ts'
import { isExternal, needsHealthCheck, serviceSpec, type ServicePort, type ServiceSpec } from './service.ts'

export function withServiceDefaults(service: KubeObject): KubeObject {
  const given = serviceSpec(service)
  const { type = 'ClusterIP', ports, sessionAffinity = 'None' } = given
  const balanced = type === 'LoadBalancer'
  const spec: ServiceSpec = {
    ...(type === 'ExternalName' ? {} : { internalTrafficPolicy: 'Cluster' }),
    ...(balanced ? { allocateLoadBalancerNodePorts: true } : {}),
    ...(isExternal({ ...given, type }) ? { externalTrafficPolicy: 'Cluster' } : {}),
    ...(sessionAffinity === 'None' ? withoutAffinityConfig(given) : given),
    ...(sessionAffinity === 'ClientIP' ? withAffinityTime(given) : {}),
    type,
    sessionAffinity,
    ...(ports === undefined ? {} : { ports: ports.map(withPortDefaults) }),
  }
  return { ...service, spec, status: withIngressMode(service.status, balanced) }
}

const withAffinityTime = ({ sessionAffinityConfig: config }: ServiceSpec): ServiceSpec => ({
  sessionAffinityConfig: { ...config, clientIP: { timeoutSeconds: 10_800, ...config?.clientIP } },
})

function withoutAffinityConfig({ sessionAffinityConfig: _, ...spec }: ServiceSpec): ServiceSpec {
  return spec
}

const withPortDefaults = (port: ServicePort): ServicePort => ({
  protocol: 'TCP',
  ...port,
  targetPort:
    port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '' ? port.port : port.targetPort,
})

function withIngressMode(status: unknown, balanced: boolean): object {
  const { loadBalancer = {}, ...rest } = (status ?? {}) as { loadBalancer?: { ingress?: { ip?: string }[] } }
  const { ingress } = loadBalancer
  return balanced && ingress !== undefined
    ? {
        ...rest,
        loadBalancer: {
          ...loadBalancer,
          ingress: ingress.map((each) => (each.ip === undefined ? each : { ipMode: 'VIP', ...each })),
        },
      }
    : { ...rest, loadBalancer }
}

/** An address from the service range that is the service's own for as long as it lives. */
function clusterIp({ name, namespace = '' }: KubeObject['metadata']): string {
  if (namespace === 'default' && name === 'kubernetes') return '10.96.0.1'
  const hash = crc32(`${namespace}/${name}`)
  return `10.${96 + (hash % 16)}.${(hash >>> 8) & 255}.${2 + ((hash >>> 16) % 253)}`
}

const isInRange = (ip: string): boolean => /^10\.(9[6-9]|10\d|11[01])\./.test(ip)
const nodePorts = { first: 30_000, last: 32_767 }

const refused = (service: KubeObject, cause: Required<StatusCause>): Error =>
  invalid({ group: '', kind: 'Service' }, service.metadata.name, [cause])

/** A new service with what it is allocated. Throws 422 for what can't be had. */
export function allocated(definition: ResourceDefinition, service: KubeObject, objects: Objects): KubeObject {
  const spec = serviceSpec(service)
  if (spec.type === 'ExternalName') return service
  const addressed = { ...addressesOf(service, spec), ...spec }
  const ip = (spec.clusterIP ?? '') === '' ? clusterIp(service.metadata) : (spec.clusterIP as string)
  // Addresses that don't fit the first are for the rules to refuse.
  if ((spec.clusterIPs ?? []).length > 0 && spec.clusterIPs?.[0] !== spec.clusterIP) return service
  if (isIP(ip) !== 0 && !isInRange(ip))
    throw refused(
      service,
      invalidValue(
        'spec.clusterIPs',
        [ip],
        `failed to allocate IP ${ip}: the provided network does not match the current range`,
      ),
    )
  const whole = { ...addressed, clusterIP: ip, clusterIPs: [ip] }
  return { ...service, spec: withNodePorts(definition, { ...service, spec: whole }, objects) }
}

/** Without an address nothing binds a service to one family. */
function addressesOf(service: KubeObject, { clusterIP, selector = {}, ipFamilyPolicy }: ServiceSpec): ServiceSpec {
  const unbound = clusterIP === 'None' && Object.keys(selector).length === 0
  if (ipFamilyPolicy === 'RequireDualStack' && !unbound)
    throw refused(
      service,
      invalidValue('spec.ipFamilyPolicy', ipFamilyPolicy, 'this cluster is not configured for dual-stack services'),
    )
  return unbound
    ? { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' }
    : { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }
}

const usesNodePorts = ({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean =>
  type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)

function withNodePorts(definition: ResourceDefinition, service: KubeObject, objects: Objects): ServiceSpec {
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
  for (const [index, { nodePort }] of ports.entries()) checkNodePort(service, index, nodePort, taken)
  const next = (wanted: number | undefined, key: string): number => {
    if (wanted !== undefined && wanted !== 0) return wanted
    const port = freePort(`${namespace}/${name}/${key}`, taken)
    taken.add(port)
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

const portsOf = ({ ports = [], healthCheckNodePort }: ServiceSpec): number[] =>
  [...ports.map(({ nodePort }) => nodePort), healthCheckNodePort].filter((port) => port !== undefined)

function checkNodePort(service: KubeObject, index: number, port: number | undefined, taken: ReadonlySet<number>): void {
  if (port === undefined || port === 0) return
  const { first, last } = nodePorts
  const problem =
    port < first || port > last
      ? `provided port is not in the valid range. The range of valid ports is ${first}-${last}`
      : taken.has(port)
        ? 'provided port is already allocated'
        : undefined
  if (problem !== undefined) throw refused(service, invalidValue(`spec.ports[${index}].nodePort`, port, problem))
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

/** An update with what it leaves out and needs, and without what the new type has no use for. */
export function reallocated(
  definition: ResourceDefinition,
  service: KubeObject,
  before: KubeObject,
  objects: Objects,
): KubeObject {
  const was = serviceSpec(before)
  const spec = withoutUnneeded(withKept(serviceSpec(service), was), was)
  const next = { ...service, spec }
  return spec.type !== 'ExternalName' && was.type === 'ExternalName'
    ? allocated(definition, next, objects)
    : { ...next, spec: withNodePorts(definition, next, objects) }
}

function withKept(spec: ServiceSpec, was: ServiceSpec): ServiceSpec {
  if (spec.type === 'ExternalName' || was.type === 'ExternalName') return spec
  const kept = Object.fromEntries(
    (['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'] as const)
      .filter((name) => spec[name] === undefined || spec[name] === '')
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

const hasNodePorts = ({ type }: ServiceSpec): boolean => type === 'NodePort' || type === 'LoadBalancer'
