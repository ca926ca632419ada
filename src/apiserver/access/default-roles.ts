/** The roles that every real server starts with, as far as people and clients look for them. Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy. */
import type { ResourceDefinition } from '../definition.ts'
import { clusterRoleBindings } from '../resources/clusterrolebindings.ts'
import { clusterRoles } from '../resources/clusterroles.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import type { PolicyRule } from './policy-rule.ts'

const apiVersion = 'rbac.authorization.k8s.io/v1'
const bootstrapping = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const all = ['*']
const read = ['get', 'list', 'watch']
const write = ['create', 'delete', 'deletecollection', 'patch', 'update']
const workloads = [
  'configmaps',
  'endpoints',
  'events',
  'persistentvolumeclaims',
  'pods',
  'pods/log',
  'pods/status',
  'services',
  'serviceaccounts',
]
const apps = [
  'controllerrevisions',
  'daemonsets',
  'deployments',
  'deployments/scale',
  'replicasets',
  'replicasets/scale',
  'statefulsets',
  'statefulsets/scale',
]

const role = (
  name: string,
  rules: readonly PolicyRule[],
  labels: Record<string, string> = {},
): [ResourceDefinition, KubeObject] => [
  clusterRoles,
  { apiVersion, kind: 'ClusterRole', metadata: { name, labels: { ...bootstrapping, ...labels } }, rules },
]

const aggregate = (name: string): [ResourceDefinition, KubeObject] => [
  clusterRoles,
  {
    apiVersion,
    kind: 'ClusterRole',
    metadata: { name, labels: bootstrapping },
    aggregationRule: {
      clusterRoleSelectors: [{ matchLabels: { [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true' } }],
    },
    rules: null,
  },
]

const binding = (name: string, groups: readonly string[]): [ResourceDefinition, KubeObject] => [
  clusterRoleBindings,
  {
    apiVersion,
    kind: 'ClusterRoleBinding',
    metadata: { name, labels: bootstrapping },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: groups.map((group) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: group })),
  },
]

const aggregatesTo = (name: string): Record<string, string> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true',
})
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
const issuerPaths = ['/.well-known/openid-configuration', '/openid/v1/jwks'].flatMap((path) => [path, `${path}/`])
const reviews = ['selfsubjectaccessreviews', 'selfsubjectrulesreviews']

/** Shared by all clusters: the same JavaScript objects in every store. */
const defaults: readonly [ResourceDefinition, KubeObject][] = [
  role('cluster-admin', [
    { apiGroups: all, resources: all, verbs: all },
    { nonResourceURLs: all, verbs: all },
  ]),
  aggregate('admin'),
  aggregate('edit'),
  aggregate('view'),
  role(
    'system:aggregate-to-admin',
    [
      { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings', 'roles'], verbs: [...write, ...read] },
      { apiGroups: ['authorization.k8s.io'], resources: ['localsubjectaccessreviews'], verbs: ['create'] },
    ],
    aggregatesTo('admin'),
  ),
  role(
    'system:aggregate-to-edit',
    [
      { apiGroups: [''], resources: ['secrets', ...workloads], verbs: [...write, ...read] },
      { apiGroups: ['apps'], resources: apps, verbs: write },
      { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: write },
    ],
    { ...aggregatesTo('edit'), ...aggregatesTo('admin') },
  ),
  role(
    'system:aggregate-to-view',
    [
      { apiGroups: [''], resources: ['namespaces', ...workloads], verbs: read },
      { apiGroups: ['apps'], resources: apps, verbs: read },
      { apiGroups: ['policy'], resources: ['poddisruptionbudgets'], verbs: read },
    ],
    { ...aggregatesTo('view'), ...aggregatesTo('edit'), ...aggregatesTo('admin') },
  ),
  role('system:basic-user', [
    { apiGroups: ['authorization.k8s.io'], resources: reviews, verbs: ['create'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'], verbs: ['create'] },
  ]),
  role('system:discovery', [{ nonResourceURLs: discoveryPaths, verbs: ['get'] }]),
  role('system:public-info-viewer', [{ nonResourceURLs: publicPaths, verbs: ['get'] }]),
  role('system:service-account-issuer-discovery', [{ nonResourceURLs: issuerPaths, verbs: ['get'] }]),
  binding('cluster-admin', ['system:masters']),
  binding('system:basic-user', ['system:authenticated']),
  binding('system:discovery', ['system:authenticated']),
  binding('system:public-info-viewer', ['system:authenticated', 'system:unauthenticated']),
  binding('system:service-account-issuer-discovery', ['system:serviceaccounts']),
]

/** Only what isn't there: a store that was restored has them, perhaps changed. */
export function createDefaultRoles(store: ObjectStore): void {
  for (const [definition, object] of defaults)
    if (store.get(definition, object.metadata.name) === undefined) store.create(definition, object)
}
