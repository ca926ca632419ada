/** What a service says that leaves something open. Source: k8s.io/kubernetes/pkg/apis/core/v1/defaults.go. */
import type { KubeObject } from '../types.ts'
import { isExternal, serviceSpec, type ServicePort, type ServiceSpec } from './service-spec.ts'

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
