import { isIP } from 'node:net'
import { crc32 } from 'node:zlib'
import { ageColumn, column, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { isRecord } from '../../kube/object.ts'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'
import { duplicate, forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { labelCauses } from '../rules/label-selector.ts'
import { portCause, portNumberOrNameCauses, protocolCauses } from '../rules/port.ts'
import { oneOf, spelled } from '../rules/causes.ts'

type Port = { name?: string; port: number; protocol?: string; targetPort?: unknown; nodePort?: number }

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
      ...(spec['sessionAffinity'] === 'ClientIP'
        ? { sessionAffinityConfig: { clientIP: { timeoutSeconds: 10_800 } } }
        : {}),
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

/** One port needs no name; each of several has one of its own. */
function portNameCauses(field: string, name: string, ports: readonly Port[], index: number): Required<StatusCause>[] {
  if (name === '') return ports.length > 1 ? [required(field)] : []
  const wrong = spelled(field, name, labelProblems)
  const twice = ports.slice(0, index).some((other) => other.name === name)
  return twice ? [...wrong, duplicate(field, name)] : wrong
}

/** Source: pkg/apis/core/validation, validateServicePort, ValidateService. */
const portCauses = (service: KubeObject): Required<StatusCause>[] =>
  portsOf(service).flatMap(({ name = '', port, protocol, targetPort }, index, ports) => {
    const at = `spec.ports[${index}]`
    return [
      ...portNameCauses(`${at}.name`, name, ports, index),
      ...portCause(`${at}.port`, port),
      ...protocolCauses(`${at}.protocol`, protocol),
      ...portNumberOrNameCauses(`${at}.targetPort`, targetPort),
    ]
  })

/** Source: pkg/apis/core/validation, ValidateService. */
function addressCauses(service: KubeObject): Required<StatusCause>[] {
  const { type, clusterIP, externalName = '', sessionAffinity, selector } = specOf(service)
  const causes = labelCauses('spec.selector', selector as Record<string, unknown> | undefined)
  causes.push(...oneOf('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None']))
  if (typeof clusterIP === 'string' && clusterIP !== '' && clusterIP !== 'None' && isIP(clusterIP) === 0)
    causes.push(
      invalidValue('spec.clusterIPs[0]', clusterIP, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
    )
  if (type === 'ExternalName')
    causes.push(
      ...(externalName === ''
        ? [required('spec.externalName')]
        : spelled('spec.externalName', String(externalName), subdomainProblems)),
    )
  return causes
}

function typeCauses(service: KubeObject): Required<StatusCause>[] {
  const { type } = specOf(service)
  const { ingress = [] } = ((service.status as Status | undefined) ?? {}).loadBalancer ?? {}
  return [
    ...oneOf('spec.type', type, types),
    ...(ingress.length > 0 && type !== 'LoadBalancer'
      ? [forbiddenValue('status.loadBalancer.ingress', "may only be used when `spec.type` is 'LoadBalancer'")]
      : []),
  ]
}

interface Status {
  readonly loadBalancer?: { readonly ingress?: readonly object[] }
}

/** The same port of the same protocol has one meaning. */
const samePortCauses = (service: KubeObject): Required<StatusCause>[] =>
  portsOf(service).flatMap(({ port, protocol }, index, ports) =>
    ports.slice(0, index).some((other) => other.port === port && other.protocol === protocol)
      ? [
          duplicate(`spec.ports[${index}]`, {
            Name: '',
            Protocol: protocol,
            AppProtocol: null,
            Port: port,
            TargetPort: 0,
            NodePort: 0,
          }),
        ]
      : [],
  )

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
  unserved: ['proxy'],
  defaults: withDefaults,
  complete: allocated,
  keeps: withAddressOf,
  validate: (service, before) => {
    const [now, was] = [specOf(service)['clusterIP'], before === undefined ? undefined : specOf(before)['clusterIP']]
    const ports = specOf(service)['ports']
    if (specOf(service)['type'] !== 'ExternalName' && now !== 'None' && (!Array.isArray(ports) || ports.length === 0))
      return [required('spec.ports')]
    const causes = [
      ...addressCauses(service),
      ...portCauses(service),
      ...typeCauses(service),
      ...samePortCauses(service),
    ]
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
