/** What the default roles `admin`, `edit` and `view` may do. Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go. */
import type { PolicyRule } from './policy-rule.ts'

const read = ['get', 'list', 'watch']
const write = ['create', 'delete', 'deletecollection', 'patch', 'update']
const both = [...write, ...read].sort()

/** Resources are named in one text, as in a table. */
const may = (verbs: readonly string[], apiGroups: readonly string[], resources: string): PolicyRule => ({
  verbs,
  apiGroups,
  resources: resources.split(' '),
})

const streams = 'pods/attach pods/exec pods/portforward pods/proxy'
const scaled = 'replicasets replicasets/scale'

export const adminRules = [
  may(['create'], ['authorization.k8s.io'], 'localsubjectaccessreviews'),
  may(both, ['rbac.authorization.k8s.io'], 'rolebindings roles'),
]

export const editRules = [
  may(read, [''], `${streams} secrets services/proxy`),
  may(['impersonate'], [''], 'serviceaccounts'),
  may(write, [''], `pods ${streams}`),
  may(['create'], [''], 'pods/eviction'),
  may(
    write,
    [''],
    'configmaps persistentvolumeclaims replicationcontrollers replicationcontrollers/scale secrets serviceaccounts services services/proxy',
  ),
  may(['create'], [''], 'serviceaccounts/token'),
  may(write, ['', 'events.k8s.io'], 'events'),
  may(
    write,
    ['apps'],
    `daemonsets deployments deployments/rollback deployments/scale ${scaled} statefulsets statefulsets/scale`,
  ),
  may(write, ['autoscaling'], 'horizontalpodautoscalers'),
  may(write, ['batch'], 'cronjobs jobs'),
  may(
    write,
    ['extensions'],
    `daemonsets deployments deployments/rollback deployments/scale ingresses networkpolicies ${scaled} replicationcontrollers/scale`,
  ),
  may(write, ['policy'], 'poddisruptionbudgets'),
  may(write, ['networking.k8s.io'], 'ingresses networkpolicies'),
  may(both, ['coordination.k8s.io'], 'leases'),
  may(write, ['resource.k8s.io'], 'resourceclaims resourceclaimtemplates'),
]

export const viewRules = [
  may(
    read,
    [''],
    'configmaps endpoints persistentvolumeclaims persistentvolumeclaims/status pods replicationcontrollers replicationcontrollers/scale serviceaccounts services services/status',
  ),
  may(
    read,
    [''],
    'bindings limitranges namespaces/status pods/log pods/status replicationcontrollers/status resourcequotas resourcequotas/status',
  ),
  may(read, [''], 'namespaces'),
  may(read, ['', 'events.k8s.io'], 'events'),
  may(read, ['discovery.k8s.io'], 'endpointslices'),
  may(
    read,
    ['apps'],
    'controllerrevisions daemonsets daemonsets/status deployments deployments/scale deployments/status replicasets replicasets/scale replicasets/status statefulsets statefulsets/scale statefulsets/status',
  ),
  may(read, ['autoscaling'], 'horizontalpodautoscalers horizontalpodautoscalers/status'),
  may(read, ['batch'], 'cronjobs cronjobs/status jobs jobs/status'),
  may(
    read,
    ['extensions'],
    'daemonsets daemonsets/status deployments deployments/scale deployments/status ingresses ingresses/status networkpolicies replicasets replicasets/scale replicasets/status replicationcontrollers/scale',
  ),
  may(read, ['policy'], 'poddisruptionbudgets poddisruptionbudgets/status'),
  may(read, ['networking.k8s.io'], 'ingresses ingresses/status networkpolicies'),
  may(read, ['resource.k8s.io'], 'resourceclaims resourceclaims/status resourceclaimtemplates'),
]
