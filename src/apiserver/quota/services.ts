/** What services use up of a quota. Source: k8s.io/kubernetes/pkg/quota/v1/evaluator/core/services.go. */
import type { KubeObject } from '../types.ts'
import type { QuotaUsage } from './usage.ts'

interface ServiceSpec {
  readonly type?: string
  readonly allocateLoadBalancerNodePorts?: boolean
  readonly ports?: readonly { readonly nodePort?: number }[]
}

const counted = ['services', 'services.loadbalancers', 'services.nodeports']

/** What it is going to have: nothing is allocated yet. */
function nodePorts({ type, ports = [], allocateLoadBalancerNodePorts }: ServiceSpec): number {
  if (type === 'NodePort') return ports.length
  if (type !== 'LoadBalancer') return 0
  return allocateLoadBalancerNodePorts === false
    ? ports.filter(({ nodePort = 0 }) => nodePort !== 0).length
    : ports.length
}

export const serviceQuota: QuotaUsage = {
  counts: (name) => counted.includes(name),
  of: (service: KubeObject) => {
    const spec = service.spec as ServiceSpec
    return {
      services: '1',
      'services.loadbalancers': spec.type === 'LoadBalancer' ? '1' : '0',
      'services.nodeports': String(nodePorts(spec)),
    }
  },
  changes: (_service, _before, subresource) => subresource === '',
}
