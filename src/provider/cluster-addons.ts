/** What kubeadm leaves in every new cluster; the same JavaScript objects in all of them. */
import type { ResourceDefinition } from '../apiserver/definition.ts'
import type { KubeObject } from '../apiserver/types.ts'
import { clusterRoleBindings } from '../apiserver/resources/clusterrolebindings.ts'
import { clusterRoles } from '../apiserver/resources/clusterroles.ts'
import { configMaps } from '../apiserver/resources/configmaps.ts'
import { daemonSets } from '../apiserver/resources/daemonsets.ts'
import { deployments } from '../apiserver/resources/deployments.ts'
import { whole } from '../apiserver/whole.ts'

const bootstrappers = 'system:bootstrappers:kubeadm:default-node-token'
const workload = (app: string, name: string, image: string): object => {
  const labels = { 'k8s-app': app }
  return {
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name, image }] } },
  }
}
const kubeProxy = workload('kube-proxy', 'kube-proxy', 'registry.k8s.io/kube-proxy:v1.35.0')
const coreDns = workload('kube-dns', 'coredns', 'registry.k8s.io/coredns/coredns:v1.12.1')
const getNodesRules = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }]
const getNodesSubjects = [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: bootstrappers }]
const getNodesRole = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'kubeadm:get-nodes' }
const kubeadmConfig = { ClusterConfiguration: '' }
const corefile = {
  Corefile:
    '.:53 {\n    errors\n    health\n    kubernetes cluster.local\n    forward . /etc/resolv.conf\n    cache 30\n}\n',
}

let known: readonly [ResourceDefinition, KubeObject][] | undefined

export const clusterAddons = (): readonly [ResourceDefinition, KubeObject][] =>
  (known ??= addons().map(([definition, object]) => [definition, whole(definition, object)]))

function addons(): [ResourceDefinition, KubeObject][] {
  const rbac = 'rbac.authorization.k8s.io/v1'
  const system = 'kube-system'
  return [
    [
      clusterRoles,
      { apiVersion: rbac, kind: 'ClusterRole', metadata: { name: 'kubeadm:get-nodes' }, rules: getNodesRules },
    ],
    [
      clusterRoleBindings,
      {
        apiVersion: rbac,
        kind: 'ClusterRoleBinding',
        metadata: { name: 'kubeadm:get-nodes' },
        roleRef: getNodesRole,
        subjects: getNodesSubjects,
      },
    ],
    [
      configMaps,
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'kubeadm-config', namespace: system },
        data: kubeadmConfig,
      },
    ],
    [
      configMaps,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'coredns', namespace: system }, data: corefile },
    ],
    [
      daemonSets,
      {
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: {
          name: 'kube-proxy',
          namespace: system,
          labels: { component: 'kube-proxy' },
          annotations: { 'deprecated.daemonset.template.generation': '1' },
        },
        spec: kubeProxy,
      },
    ],
    [
      deployments,
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'coredns', namespace: system }, spec: coreDns },
    ],
  ]
}
