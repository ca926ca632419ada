/** Cluster roles that are made of others. Source: k8s.io/kubernetes/pkg/controller/clusterroleaggregation. */
import { rfc3339, type Clock } from '../../base/clock.ts'
import { deepEqual } from '../../kube/object.ts'
import { labelSelectorMatcher, type LabelSelector } from '../../kube/selector.ts'
import type { PolicyRule } from '../access/policy-rule.ts'
import { ownApply } from '../ownership.ts'
import { clusterRoles } from '../resources/clusterroles.ts'
import { coalesced } from './coalesced.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'

type ClusterRole = KubeObject & {
  readonly rules?: readonly PolicyRule[] | null
  readonly aggregationRule?: { readonly clusterRoleSelectors?: readonly LabelSelector[] }
}

const aggregator = 'clusterrole-aggregation-controller'

/** `later` runs outside of the write that caused it. */
export function startRoleAggregation(store: ObjectStore, clock: Clock, later: (run: () => void) => void): void {
  const soon = coalesced(later, () => {
    const all = (store.all(clusterRoles) as ClusterRole[]).sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
    for (const role of all) if (role.aggregationRule !== undefined) write(store, clock, role, rulesFor(role, all))
  })
  store.listen((definition) => {
    if (definition === clusterRoles) soon()
  })
}

/** Each once, in the order of selectors and names. */
function rulesFor(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const rules: PolicyRule[] = []
  for (const selects of (role.aggregationRule?.clusterRoleSelectors ?? []).map(labelSelectorMatcher))
    for (const other of all)
      if (other !== role && selects(other.metadata.labels))
        for (const rule of other.rules ?? []) if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule)
  return rules
}

const ownsRules = { 'f:rules': {} }

/** A role that nobody has aggregated yet, as it is afterwards. */
export const withAggregated = (
  role: KubeObject,
  rules: readonly PolicyRule[],
  clock: Pick<Clock, 'wallMs'>,
): KubeObject => {
  const { apiVersion, metadata } = role
  const entry = {
    manager: aggregator,
    operation: 'Apply',
    apiVersion,
    time: rfc3339(clock.wallMs()),
    fieldsType: 'FieldsV1',
    fieldsV1: ownsRules,
  }
  return { ...role, rules, metadata: { ...metadata, managedFields: [entry, ...(metadata.managedFields ?? [])] } }
}

function write(store: ObjectStore, clock: Clock, role: ClusterRole, rules: readonly PolicyRule[]): void {
  if (deepEqual(rules, role.rules ?? [])) return
  const applied = ownApply(clusterRoles, role, { rules }, clock, aggregator, '')
  // The rules are those of the roles that it aggregates, not copies of them.
  store.update(clusterRoles, { ...applied, rules })
}
