import { labelSelectorText } from '../../kube/selector.ts'
import { saysEmpty } from '../../kube/types/said-empty.ts'
import { ageColumn, computed } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { networkPolicyCauses, networkPolicyWarnings, type PolicySpec } from '../rules/network-policy.ts'

interface Policy extends KubeObject {
  readonly spec?: PolicySpec
}

const withProtocols = (rules: NonNullable<PolicySpec['ingress']>): NonNullable<PolicySpec['ingress']> =>
  rules.map(({ ports, ...rule }) => ({
    ...rule,
    ...(Array.isArray(ports) ? { ports: ports.map((port: object) => ({ protocol: 'TCP', ...port })) } : {}),
  }))

/** A policy is about what comes in, and about what goes out where it says something of that. */
function withDefaults(policy: KubeObject): KubeObject {
  const { spec = {} } = policy as Policy
  const { ingress, egress, policyTypes } = spec
  return {
    ...policy,
    spec: {
      ...spec,
      ...(ingress ? { ingress: withProtocols(ingress) } : {}),
      ...(egress ? { egress: withProtocols(egress) } : {}),
      ...((policyTypes ?? []).length === 0
        ? { policyTypes: (egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'] }
        : {}),
    },
  }
}

export const networkPolicies = builtIn({
  group: 'networking.k8s.io',
  version: 'v1',
  resource: 'networkpolicies',
  kind: 'NetworkPolicy',
  namespaced: true,
  shortNames: ['netpol'],
  documented: { 'Pod-Selector': 'networking-v1.NetworkPolicySpec.podSelector' },
  generation: true,
  alsoCounted: (_, { spec }) => saysEmpty(spec),
  defaults: withDefaults,
  warn: (policy) => networkPolicyWarnings((policy as Policy).spec),
  validate: ({ spec }) => networkPolicyCauses(spec as PolicySpec | undefined),
  columns: [
    computed('Pod-Selector', 'string', ({ spec }: Policy) => labelSelectorText(spec?.podSelector ?? {}) || '<none>'),
    ageColumn,
  ],
})
