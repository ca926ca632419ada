/** The roles that every real server starts with. Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy. */
import type { Clock } from '../../base/clock.ts'
import { clusterRoleBindings } from '../resources/clusterrolebindings.ts'
import { clusterRoles } from '../resources/clusterroles.ts'
import { roleBindings } from '../resources/rolebindings.ts'
import { roles } from '../resources/roles.ts'
import type { ObjectStore } from '../store.ts'
import { furnish, systemObject } from '../system-objects.ts'
import { withAggregated } from '../controllers/role-aggregation.ts'
import type { KubeObject } from '../types.ts'
import { componentClusterRoles, componentRoles } from './component-roles.ts'
import { adminRules, editRules, viewRules } from './default-rules.ts'
import type { PolicyRule } from './policy-rule.ts'

const rbac = 'rbac.authorization.k8s.io'
const apiVersion = `${rbac}/v1`
const autoupdate = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }
const bootstrapping = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const all = ['*']
const aggregatesTo = (name: string): Record<string, string> => ({
  [`rbac.authorization.k8s.io/aggregate-to-${name}`]: 'true',
})

const role = (name: string, rules: readonly PolicyRule[], labels: Record<string, string> = {}): KubeObject => ({
  apiVersion,
  kind: 'ClusterRole',
  metadata: { name, annotations: autoupdate, labels: { ...bootstrapping, ...labels } },
  rules,
})

const aggregate = (name: string, above?: string): KubeObject => ({
  ...role(name, [], above === undefined ? {} : aggregatesTo(above)),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: aggregatesTo(name) }] },
  rules: null,
})

const subject = (kind: 'Group' | 'User', name: string): object => ({ apiGroup: rbac, kind, name })
const account = (name: string): object => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' })

const binding = (name: string, subjects: readonly object[]): KubeObject => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: { name, annotations: autoupdate, labels: bootstrapping },
  roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
  ...(subjects.length === 0 ? {} : { subjects }),
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

const controller = 'system:controller:'

/** Shared by all clusters: the same JavaScript objects in every store. */
const defaultClusterRoles: readonly KubeObject[] = [
  role('cluster-admin', [
    { verbs: all, apiGroups: all, resources: all },
    { verbs: all, nonResourceURLs: all },
  ]),
  aggregate('admin'),
  aggregate('edit', 'admin'),
  aggregate('view', 'edit'),
  role('system:aggregate-to-admin', adminRules, aggregatesTo('admin')),
  role('system:aggregate-to-edit', editRules, aggregatesTo('edit')),
  role('system:aggregate-to-view', viewRules, aggregatesTo('view')),
  role('system:basic-user', [
    { verbs: ['create'], apiGroups: ['authorization.k8s.io'], resources: reviews },
    { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
  ]),
  role('system:discovery', [{ verbs: ['get'], nonResourceURLs: discoveryPaths }]),
  role('system:monitoring', [
    { verbs: ['get'], nonResourceURLs: monitoringPaths },
    { verbs: ['get'], apiGroups: [''], resources: ['nodes/metrics'] },
  ]),
  role('system:public-info-viewer', [{ verbs: ['get'], nonResourceURLs: publicPaths }]),
  role('system:service-account-issuer-discovery', [{ verbs: ['get'], nonResourceURLs: issuerPaths }]),
  ...componentClusterRoles.map(([name, rules]) => role(name, rules)),
]

const defaultClusterRoleBindings: readonly KubeObject[] = [
  binding('cluster-admin', [subject('Group', 'system:masters')]),
  binding('system:basic-user', [subject('Group', 'system:authenticated')]),
  binding('system:discovery', [subject('Group', 'system:authenticated')]),
  binding('system:monitoring', [subject('Group', 'system:monitoring')]),
  binding('system:public-info-viewer', [
    subject('Group', 'system:authenticated'),
    subject('Group', 'system:unauthenticated'),
  ]),
  binding('system:service-account-issuer-discovery', [subject('Group', 'system:serviceaccounts')]),
  binding('system:kube-controller-manager', [subject('User', 'system:kube-controller-manager')]),
  binding('system:kube-dns', [account('kube-dns')]),
  binding('system:kube-scheduler', [subject('User', 'system:kube-scheduler')]),
  binding('system:node', []),
  binding('system:node-proxier', [subject('User', 'system:kube-proxy')]),
  binding('system:volume-scheduler', [subject('User', 'system:kube-scheduler')]),
  ...componentClusterRoles
    .filter(([name]) => name.startsWith(controller))
    .map(([name]) => binding(name, [account(name.slice(controller.length))])),
]

const inNamespace = (key: string): KubeObject['metadata'] => {
  const [namespace = '', name = ''] = key.split('/')
  return { name, namespace, annotations: autoupdate, labels: bootstrapping }
}

const defaultRoles: readonly KubeObject[] = componentRoles.map(([key, rules]) => ({
  apiVersion,
  kind: 'Role',
  metadata: inNamespace(key),
  rules,
}))

/** Whom the roles of components are bound to, where it isn't the service account that they are named for. */
const holders: Readonly<Record<string, readonly object[]>> = {
  'extension-apiserver-authentication-reader': [
    subject('User', 'system:kube-controller-manager'),
    subject('User', 'system:kube-scheduler'),
  ],
  'system::leader-locking-kube-controller-manager': [
    subject('User', 'system:kube-controller-manager'),
    account('kube-controller-manager'),
    account('leader-election-controller'),
  ],
  'system::leader-locking-kube-scheduler': [subject('User', 'system:kube-scheduler'), account('kube-scheduler')],
}

const defaultRoleBindings: readonly KubeObject[] = defaultRoles.map(({ metadata }) => {
  const { name } = metadata
  return {
    apiVersion,
    kind: 'RoleBinding',
    metadata: { ...metadata, name: name.startsWith('system:') ? name : `system::${name}` },
    roleRef: { apiGroup: rbac, kind: 'Role', name },
    subjects: holders[name] ?? [account(name.slice(controller.length))],
  }
})

const editable = [...editRules, ...viewRules]
/** What those that aggregate others have as long as nobody adds to them. */
const aggregated: Readonly<Record<string, readonly PolicyRule[]>> = {
  admin: [...editable, ...adminRules],
  edit: editable,
  view: viewRules,
}

export function createDefaultRoles(store: ObjectStore, clock: Clock): void {
  furnish(store, clock, clusterRoles, defaultClusterRoles, (role, start) => {
    const made = systemObject(clusterRoles, role, start)
    const rules = aggregated[role.metadata.name]
    return rules === undefined ? made : withAggregated(made, rules, start)
  })
  furnish(store, clock, clusterRoleBindings, defaultClusterRoleBindings)
  furnish(store, clock, roles, defaultRoles)
  furnish(store, clock, roleBindings, defaultRoleBindings)
}
