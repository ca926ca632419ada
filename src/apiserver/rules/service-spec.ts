/** What a service is, as its rules see it. */
import { invalid, type StatusCause } from '../../kube/status.ts'
import type { KubeObject } from '../types.ts'

export interface ServicePort {
  readonly name?: string
  readonly port: number
  readonly protocol?: string
  readonly appProtocol?: string
  readonly targetPort?: number | string
  readonly nodePort?: number
}

export interface Ingress {
  readonly ip?: string
  readonly ipMode?: string
  readonly hostname?: string
}

export interface ServiceSpec {
  readonly type?: string
  readonly ports?: readonly ServicePort[]
  readonly selector?: Readonly<Record<string, string>>
  readonly clusterIP?: string
  readonly clusterIPs?: readonly string[]
  readonly ipFamilies?: readonly string[]
  readonly ipFamilyPolicy?: string
  readonly externalName?: string
  readonly externalIPs?: readonly string[]
  readonly externalTrafficPolicy?: string
  readonly internalTrafficPolicy?: string
  readonly sessionAffinity?: string
  readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } }
  readonly healthCheckNodePort?: number
  readonly allocateLoadBalancerNodePorts?: boolean
  readonly loadBalancerClass?: string
  readonly loadBalancerIP?: string
  readonly loadBalancerSourceRanges?: readonly string[]
  readonly trafficDistribution?: string
}

export const serviceSpec = (service: KubeObject): ServiceSpec => service.spec ?? {}

export const ingressOf = ({ status }: KubeObject): readonly Ingress[] =>
  (status as { loadBalancer?: { ingress?: Ingress[] } } | undefined)?.loadBalancer?.ingress ?? []

export const isHeadless = ({ clusterIP }: ServiceSpec): boolean => clusterIP === 'None'

/** Whether anybody outside of the cluster reaches it. */
export const isExternal = ({ type, externalIPs = [] }: ServiceSpec): boolean =>
  type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0)

export const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local'

export const refusedService = (service: KubeObject, causes: readonly Required<StatusCause>[]): Error =>
  invalid({ group: '', kind: 'Service' }, service.metadata.name ?? '', causes)
