/** What a service may say. Source: k8s.io/kubernetes/pkg/apis/core/validation, validateService and its updates. */
import { isIP } from 'node:net'
import { duplicate, forbiddenValue, invalidValue, required, type StatusCause } from '../../kube/status.ts'
import { labelProblems, subdomainProblems } from '../../kube/syntax.ts'
import type { KubeObject } from '../types.ts'
import { oneOf, spelled, immutable } from './causes.ts'
import { addressProblems, blockProblems, endpointAddressProblems } from './address.ts'
import { labelCauses } from './label-selector.ts'
import { addressCauses } from './service-addresses.ts'
import {
  ingressOf,
  isExternal,
  needsHealthCheck,
  serviceSpec,
  type ServicePort,
  type ServiceSpec,
} from './service-spec.ts'
import { appProtocolCauses, portCause, portNumberOrNameCauses, protocolCauses } from './port.ts'

type Cause = Required<StatusCause>

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

export function serviceCauses(service: KubeObject, before?: KubeObject): Cause[] {
  const spec = serviceSpec(service)
  const { type, ports = [], clusterIPs = [] } = spec
  const hasNoAddress = clusterIPs.length === 1 && clusterIPs[0] === 'None'
  return [
    ...addressCauses(spec),
    ...(before === undefined ? [] : addressChangeCauses(spec, serviceSpec(before))),
    ...(before === undefined ? [] : classChangeCauses(spec, serviceSpec(before))),
    ...(ports.length === 0 && !hasNoAddress && type !== 'ExternalName' ? [required('spec.ports')] : []),
    ...nameCauses(spec),
    ...ports.flatMap((port, index) => portCauses(port, index, ports)),
    ...labelCauses('spec.selector', spec.selector),
    ...affinityCauses(spec),
    ...externalCauses(spec),
    ...oneOf('spec.type', type, types),
    ...nodePortCauses(spec),
    ...samePortCauses(ports),
    ...balancerCauses(spec),
    ...trafficCauses(spec),
    ...ingressCauses(service),
  ]
}

/** What is set once stays, unless the service becomes a mere name, or stops being one. */
function addressChangeCauses(spec: ServiceSpec, before: ServiceSpec): Cause[] {
  const [now, was] = [spec.clusterIP, before.clusterIP ?? '']
  // What is no address is refused as such.
  const odd = now !== undefined && now !== '' && now !== 'None' && isIP(now) === 0
  return odd || was === '' || was === now || spec.type === 'ExternalName' || before.type === 'ExternalName'
    ? []
    : [invalidValue('spec.clusterIPs[0]', now === undefined ? null : [now], 'may not change once set')]
}

/** A class is for balancers, and stays. Source: validateLoadBalancerClassField. */
function classChangeCauses({ type, loadBalancerClass }: ServiceSpec, before: ServiceSpec): Cause[] {
  const at = 'spec.loadBalancerClass'
  if (type !== 'LoadBalancer')
    return loadBalancerClass === undefined ? [] : [forbiddenValue(at, "may only be used when `type` is 'LoadBalancer'")]
  return before.type === 'LoadBalancer' ? immutable(at, loadBalancerClass, before.loadBalancerClass) : []
}

function nameCauses({
  type,
  externalName = '',
  clusterIP,
  clusterIPs = [],
  ipFamilies = [],
  ipFamilyPolicy,
}: ServiceSpec): Cause[] {
  if (type !== 'ExternalName')
    return clusterIP === 'None' && (type === 'LoadBalancer' || type === 'NodePort')
      ? [invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`)]
      : []
  const given = {
    clusterIPs: clusterIPs.length > 0,
    ipFamilies: ipFamilies.length > 0,
    ipFamilyPolicy: ipFamilyPolicy !== undefined,
  }
  const name = externalName.replace(/\.$/, '')
  return [
    ...Object.entries(given)
      .filter(([, isGiven]) => isGiven)
      .map(([field]) => forbiddenValue(`spec.${field}`, 'may not be set for ExternalName services')),
    ...(name === '' ? [required('spec.externalName')] : spelled('spec.externalName', name, subdomainProblems)),
  ]
}

function portCauses(
  { name = '', port, protocol, targetPort, appProtocol }: ServicePort,
  index: number,
  ports: readonly ServicePort[],
): Cause[] {
  const at = `spec.ports[${index}]`
  return [
    ...portNameCauses(`${at}.name`, name, ports, index),
    ...portCause(`${at}.port`, port),
    ...protocolCauses(`${at}.protocol`, protocol),
    ...portNumberOrNameCauses(`${at}.targetPort`, targetPort),
    ...appProtocolCauses(`${at}.appProtocol`, appProtocol),
  ]
}

/** One port needs no name; each of several has one of its own. */
function portNameCauses(field: string, name: string, ports: readonly ServicePort[], index: number): Cause[] {
  if (name === '') return ports.length > 1 ? [required(field)] : []
  const wrong = spelled(field, name, labelProblems)
  const twice = ports.slice(0, index).some((other) => other.name === name)
  return twice ? [...wrong, duplicate(field, name)] : wrong
}

const dayOfSeconds = 86_400

function affinityCauses({ sessionAffinity, sessionAffinityConfig }: ServiceSpec): Cause[] {
  const causes = oneOf('spec.sessionAffinity', sessionAffinity, ['ClientIP', 'None'])
  const at = 'spec.sessionAffinityConfig'
  if (sessionAffinity === 'None')
    return sessionAffinityConfig === undefined
      ? causes
      : [forbiddenValue(at, 'must not be set when session affinity is None')]
  const { timeoutSeconds = 0 } = sessionAffinityConfig?.clientIP ?? {}
  return sessionAffinity === 'ClientIP' && (timeoutSeconds <= 0 || timeoutSeconds > dayOfSeconds)
    ? [
        ...causes,
        invalidValue(
          `${at}.clientIP.timeoutSeconds`,
          timeoutSeconds,
          `must be greater than 0 and less than ${dayOfSeconds}`,
        ),
      ]
    : causes
}

const externalCauses = ({ externalIPs = [] }: ServiceSpec): Cause[] =>
  externalIPs.flatMap((ip, index) =>
    spelled(
      `spec.externalIPs[${index}]`,
      ip,
      addressProblems(ip).length > 0 ? addressProblems : endpointAddressProblems,
    ),
  )

const nodePortCauses = ({ type, ports = [] }: ServiceSpec): Cause[] => [
  ...ports.flatMap(({ nodePort }, index) =>
    type === 'ClusterIP' && nodePort !== undefined
      ? [forbiddenValue(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")]
      : [],
  ),
  ...ports.flatMap(({ nodePort, protocol }, index) =>
    nodePort !== undefined &&
    ports.slice(0, index).some((other) => other.nodePort === nodePort && other.protocol === protocol)
      ? [duplicate(`spec.ports[${index}].nodePort`, nodePort)]
      : [],
  ),
]

/** The same port of the same protocol has one meaning. */
const samePortCauses = (ports: readonly ServicePort[]): Cause[] =>
  ports.flatMap(({ port, protocol }, index) =>
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

function balancerCauses(spec: ServiceSpec): Cause[] {
  const { type, loadBalancerSourceRanges: ranges = [], allocateLoadBalancerNodePorts, loadBalancerClass } = spec
  const only = (field: string): Cause =>
    forbiddenValue(`spec.${field}`, "may only be used when `type` is 'LoadBalancer'")
  const balanced = type === 'LoadBalancer'
  return [
    ...(ranges.length > 0 && !balanced ? [only('LoadBalancerSourceRanges')] : []),
    ...ranges.flatMap((range, index) =>
      spelled(`spec.LoadBalancerSourceRanges[${index}]`, range.trim(), blockProblems),
    ),
    ...(allocateLoadBalancerNodePorts === undefined || balanced ? [] : [only('allocateLoadBalancerNodePorts')]),
    ...(loadBalancerClass === undefined || balanced ? [] : [only('loadBalancerClass')]),
  ]
}

const policies = ['Cluster', 'Local']
const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']

function trafficCauses(spec: ServiceSpec): Cause[] {
  const { externalTrafficPolicy: outer, internalTrafficPolicy: inner, healthCheckNodePort } = spec
  const { trafficDistribution: distribution } = spec
  const at = 'spec.externalTrafficPolicy'
  return [
    ...(isExternal(spec)
      ? oneOf(at, outer, policies)
      : outer === undefined
        ? []
        : [invalidValue(at, outer, 'may only be set for externally-accessible services')]),
    ...(healthCheckNodePort === undefined || needsHealthCheck(spec)
      ? []
      : [
          invalidValue(
            'spec.healthCheckNodePort',
            healthCheckNodePort,
            "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
          ),
        ]),
    ...(inner === undefined ? [] : oneOf('spec.internalTrafficPolicy', inner, policies)),
    ...(distribution === undefined ? [] : oneOf('spec.trafficDistribution', distribution, distributions)),
  ]
}

/** Source: ValidateLoadBalancerStatus. */
function ingressCauses(service: KubeObject): Cause[] {
  const [ingress, at] = [ingressOf(service), 'status.loadBalancer.ingress']
  if (ingress.length > 0 && serviceSpec(service).type !== 'LoadBalancer')
    return [forbiddenValue(at, "may only be used when `spec.type` is 'LoadBalancer'")]
  return ingress.flatMap(({ ip = '', ipMode, hostname = '' }, index) => [
    ...(ip === '' ? [] : spelled(`${at}[${index}].ip`, ip, addressProblems)),
    ...(ipMode === undefined
      ? []
      : ip === ''
        ? [forbiddenValue(`${at}[${index}].ipMode`, 'may not be specified when `ip` is not set')]
        : oneOf(`${at}[${index}].ipMode`, ipMode, ['Proxy', 'VIP'])),
    ...(hostname === '' ? [] : spelled(`${at}[${index}].hostname`, hostname, subdomainProblems)),
    ...(isIP(hostname) === 0
      ? []
      : [invalidValue(`${at}[${index}].hostname`, hostname, 'must be a DNS name, not an IP address')]),
  ])
}
