import { crc32 } from 'node:zlib'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { isRecord } from '../../kube/object.ts'
import { invalidValue, notSupported, required, type StatusCause } from '../../kube/status.ts'
import { portCause, protocolCauses } from '../rules/port.ts'

type Port = { port: number; protocol?: string; targetPort?: unknown; nodePort?: number }

const specOf = (service: KubeObject): Record<string, unknown> => (isRecord(service.spec) ? service.spec : {})
const portsOf = (service: KubeObject): Port[] => (specOf(service)['ports'] as Port[] | undefined) ?? []

const portText = (service: KubeObject): string =>
  portsOf(service)
    .map(({ port, nodePort, protocol }) => `${port}${nodePort === undefined ? '' : `:${nodePort}`}/${protocol}`)
    .join(',') || '<none>'

const selectorText = (service: KubeObject): string =>
  Object.entries((specOf(service)['selector'] as Record<string, string> | undefined) ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '<none>'

/** An address from the service range that is the service's own for as long as it lives. */
function clusterIp({ name, namespace = '' }: KubeObject['metadata']): string {
  const hash = crc32(`${namespace}/${name}`)
  return `10.${96 + (hash % 16)}.${(hash >>> 8) & 255}.${1 + ((hash >>> 16) % 254)}`
}

/** Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go, pkg/registry/core/service. */
function withDefaults(service: KubeObject): KubeObject {
  const spec = specOf(service)
  const type = spec['type'] ?? 'ClusterIP'
  return {
    ...service,
    spec: {
      sessionAffinity: 'None',
      ...(type === 'ExternalName' ? {} : { internalTrafficPolicy: 'Cluster' }),
      ...spec,
      type,
      ...(spec['ports'] === undefined
        ? {}
        : {
            ports: portsOf(service).map((port) => ({
              protocol: 'TCP',
              ...port,
              targetPort: port.targetPort === undefined || port.targetPort === 0 ? port.port : port.targetPort,
            })),
          }),
    },
    status: isRecord(service.status) ? { loadBalancer: {}, ...service.status } : { loadBalancer: {} },
  }
}

/** Allocation: an address and its family, which stay. */
function allocated(service: KubeObject): KubeObject {
  const spec = specOf(service)
  if (spec['type'] === 'ExternalName') return service
  const given = typeof spec['clusterIP'] === 'string' && spec['clusterIP'] !== '' ? spec['clusterIP'] : undefined
  const ip = given ?? clusterIp(service.metadata)
  // Without an address nothing binds a service to one family.
  const selects = isRecord(spec['selector']) && Object.keys(spec['selector']).length > 0
  const families =
    ip === 'None' && !selects
      ? { ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'RequireDualStack' }
      : { ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' }
  return { ...service, spec: { ...families, ...spec, clusterIP: ip, clusterIPs: [ip] } }
}

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

const portCauses = (service: KubeObject): Required<StatusCause>[] =>
  portsOf(service).flatMap(({ port, protocol, targetPort }, index) => {
    const at = `spec.ports[${index}]`
    return [
      ...portCause(`${at}.port`, port),
      ...protocolCauses(`${at}.protocol`, protocol),
      ...(typeof targetPort === 'string' ? [] : portCause(`${at}.targetPort`, targetPort)),
    ]
  })

const typeCauses = (service: KubeObject): Required<StatusCause>[] => {
  const { type } = specOf(service)
  return types.includes(String(type)) ? [] : [notSupported('spec.type', type, types)]
}

/** What an update leaves out stays as it was allocated. */
function withAddressOf(service: KubeObject, before: KubeObject): KubeObject {
  const kept = Object.fromEntries(
    ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']
      .filter((name) => specOf(service)[name] === undefined || specOf(service)[name] === '')
      .map((name) => [name, specOf(before)[name]]),
  )
  return { ...service, spec: { ...specOf(service), ...kept } }
}

export const services = builtIn({
  group: '',
  version: 'v1',
  resource: 'services',
  kind: 'Service',
  namespaced: true,
  returnsDeleted: true,
  shortNames: ['svc'],
  categories: ['all'],
  status: true,
  defaults: withDefaults,
  complete: allocated,
  keeps: withAddressOf,
  validate: (service, before) => {
    const [now, was] = [specOf(service)['clusterIP'], before === undefined ? undefined : specOf(before)['clusterIP']]
    const ports = specOf(service)['ports']
    if (specOf(service)['type'] !== 'ExternalName' && now !== 'None' && (!Array.isArray(ports) || ports.length === 0))
      return [required('spec.ports')]
    const causes = [...portCauses(service), ...typeCauses(service)]
    return was === undefined || was === '' || was === now
      ? causes
      : [invalidValue('spec.clusterIPs[0]', [now], 'may not change once set')]
  },
  columns: [
    column('Type', 'string', '.spec.type'),
    column('Cluster-IP', 'string', '.spec.clusterIP'),
    computed('External-IP', 'string', () => '<none>'),
    computed('Port(s)', 'string', portText),
    ageColumn,
    computed('Selector', 'string', selectorText, 1),
  ],
})
