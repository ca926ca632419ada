/** What is told of services that are valid. Source: k8s.io/kubernetes/pkg/api/service/warnings.go. */
import type { KubeObject } from '../types.ts'
import { addressWarnings, blockWarnings } from './address.ts'
import { ingressOf, isHeadless, serviceSpec } from './service-spec.ts'

const oldTopologyHints = 'service.kubernetes.io/topology-aware-hints'

export function serviceWarnings(service: KubeObject): string[] {
  const spec = serviceSpec(service)
  const { type, clusterIPs = [], externalIPs = [], externalName = '', loadBalancerIP = '', sessionAffinity } = spec
  const [headless, named] = [isHeadless(spec), type === 'ExternalName']
  const when = (holds: boolean, text: string): string[] => (holds ? [text] : [])
  const { [oldTopologyHints]: hints } = service.metadata.annotations ?? {}
  return [
    ...when(
      hints !== undefined,
      `annotation ${oldTopologyHints} is deprecated, please use service.kubernetes.io/topology-mode instead`,
    ),
    ...clusterIPs.flatMap((ip, index) => addressWarnings(`spec.clusterIPs[${index}]`, ip)),
    ...when(headless && loadBalancerIP !== '', 'spec.loadBalancerIP is ignored for headless services'),
    ...when(headless && externalIPs.length > 0, 'spec.externalIPs is ignored for headless services'),
    ...when(headless && sessionAffinity !== 'None', 'spec.SessionAffinity is ignored for headless services'),
    ...externalIPs.flatMap((ip, index) => addressWarnings(`spec.externalIPs[${index}]`, ip)),
    ...when(
      externalIPs.length > 0 && !headless && !named,
      'spec.externalIPs is deprecated and may no longer be implemented in some clusters',
    ),
    ...addressWarnings('spec.loadBalancerIP', loadBalancerIP),
    ...(spec.loadBalancerSourceRanges ?? []).flatMap((range, index) =>
      blockWarnings(`spec.loadBalancerSourceRanges[${index}]`, range),
    ),
    ...when(named && externalIPs.length > 0, 'spec.externalIPs is ignored when spec.type is "ExternalName"'),
    ...when(!named && externalName !== '', 'spec.externalName is ignored when spec.type is not "ExternalName"'),
    ...when(
      spec.trafficDistribution === 'PreferClose',
      'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"',
    ),
  ]
}

/** Of an address that a load balancer has got. Source: pkg/registry/{core/service,networking/ingress}/strategy.go. */
export const balancerWarnings = (object: KubeObject): string[] =>
  ingressOf(object).flatMap(({ ip = '' }, index) => addressWarnings(`status.loadBalancer.ingress[${index}]`, ip))
