/** The roles that every real server starts with, as far as people and clients look for them. Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy. */
import type { Clock } from '../../base/clock.ts'
import type { ResourceDefinition } from '../definition.ts'
import { clusterRoleBindings } from '../resources/clusterrolebindings.ts'
import { clusterRoles } from '../resources/clusterroles.ts'
import type { ObjectStore } from '../store.ts'
import { systemObject } from '../system-objects.ts'
import { withAggregated } from '../controllers/role-aggregation.ts'
import type { KubeObject } from '../types.ts'
import { adminRules, editRules, viewRules } from './default-rules.ts'
import type { PolicyRule } from './policy-rule.ts'

const apiVersion = 'rbac.authorization.k8s.io/v1'
const autoupdate = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }
const bootstrapping = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const all = ['*']
const aggregatesTo = (name: string): Record<string, string> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true',
})

const role = (
  name: string,
  rules: readonly PolicyRule[],
  labels: Record<string, string> = {},
): [ResourceDefinition, KubeObject] => [
  clusterRoles,
  {
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name, annotations: autoupdate, labels: { ...bootstrapping, ...labels } },
    rules,
  },
]

const aggregate = (name: string, above?: string): [ResourceDefinition, KubeObject] => [
  clusterRoles,
  {
    apiVersion,
    kind: 'ClusterRole',
    metadata: {
      name,
      annotations: autoupdate,
      labels: { ...bootstrapping, ...(above === undefined ? {} : aggregatesTo(above)) },
    },
    aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregatesTo(name) }] },
    rules: null,
  },
]

const binding = (name: string, groups: readonly string[]): [ResourceDefinition, KubeObject] => [
  clusterRoleBindings,
  {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, annotations: autoupdate, labels: bootstrapping },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: groups.map((group) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group })),
  },
]

const publicPaths = ['/healthz', '/livez', '/readyz', '/version', '/version/']
const discoveryPaths = [
  '/api',
  '/api/*',
  '/apis',
  '/apis/*',
  '/healthz',
  '/livez',
  '/openapi',
  '/openapi/*',
  '/readyz',
  '/version',
  '/version/',
]
const monitoringPaths = [
  '/flagz',
  '/healthz',
  '/healthz/*',
  '/livez',
  '/livez/*',
  '/metrics',
  '/metrics/slis',
  '/readyz',
  '/readyz/*',
  '/statusz',
]
const issuerPaths = ['/.well-known/openid-configuration', '/openid/v1/jwks'].flatMap((path) => [path, `${path}/`])
const reviews = ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']

/** Shared by all clusters: the same JavaScript objects in every store. */
const defaults: readonly [ResourceDefinition, KubeObject][] = [
  role('cluster-admin', [
    { apiGroups: all, resources: all, verbs: all },
    { nonResourceURLs: all, verbs: all },
  ]),
  aggregate('admin'),
  aggregate('edit', 'admin'),
  aggregate('view', 'edit'),
  role('system:aggregate-to-admin', adminRules, aggregatesTo('admin')),
  role('system:aggregate-to-edit', editRules, aggregatesTo('edit')),
  role('system:aggregate-to-view', viewRules, aggregatesTo('view')),
  role('system:basic-user', [
    { apiGroups: ['authorization.k8s.io'], resources: reviews, verbs: ['create'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ]),
  role('system:discovery', [{ nonResourceURLs: discoveryPaths, verbs: ['get'] }]),
  role('system:monitoring', [
    { nonResourceURLs: monitoringPaths, verbs: ['get'] },
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
  ]),
  role('system:public-info-viewer', [{ nonResourceURLs: publicPaths, verbs: ['get'] }]),
  role('system:service-account-issuer-discovery', [{ nonResourceURLs: issuerPaths, verbs: ['get'] }]),
  binding('cluster-admin', ['system:masters']),
  binding('system:basic-user', ['system:authenticated']),
  binding('system:discovery', ['system:authenticated']),
  binding('system:monitoring', ['system:monitoring']),
  binding('system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
  binding('system:service-account-issuer-discovery', ['system:serviceaccounts']),
]

const editable = [...editRules, ...viewRules]
/** What those that aggregate others have as long as nobody adds to them. */
const aggregated: Readonly<Record<string, readonly PolicyRule[]>> = {
  admin: [...editable, ...adminRules],
  edit: editable,
  view: viewRules,
}

/** Only what isn't there: a store that was restored has them, perhaps changed. */
export function createDefaultRoles(store: ObjectStore, clock: Clock): void {
  for (const [definition, object] of defaults) {
    const { name } = object.metadata
    if (store.get(definition, name) !== undefined) continue
    const made = systemObject(definition, object, clock)
    const rules = definition === clusterRoles ? aggregated[name] : undefined
    store.create(definition, rules === undefined ? made : withAggregated(made, rules, clock))
  }
}
