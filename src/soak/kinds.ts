/** The kinds a soak reads and writes, by contract: it works against any management cluster. */
import type { KindRef } from '../kube/client.ts'

const kind = (group: string, resource: string, name: string, version = 'v1beta2'): KindRef => ({
  group,
  version,
  resource,
  kind: name,
  namespaced: true,
})

export const clusterKind = kind('cluster.x-k8s.io', 'clusters', 'Cluster')
export const machineKind = kind('cluster.x-k8s.io', 'machines', 'Machine')
export const machineSetKind = kind('cluster.x-k8s.io', 'machinesets', 'MachineSet')
export const machineDeploymentKind = kind('cluster.x-k8s.io', 'machinedeployments', 'MachineDeployment')
export const machineHealthCheckKind = kind('cluster.x-k8s.io', 'machinehealthchecks', 'MachineHealthCheck')
export const controlPlaneKind = kind('controlplane.cluster.x-k8s.io', 'kubeadmcontrolplanes', 'KubeadmControlPlane')
export const kubeadmConfigTemplateKind = kind(
  'bootstrap.cluster.x-k8s.io',
  'kubeadmconfigtemplates',
  'KubeadmConfigTemplate',
)
export const devClusterKind = kind('infrastructure.cluster.x-k8s.io', 'devclusters', 'DevCluster')
export const devMachineKind = kind('infrastructure.cluster.x-k8s.io', 'devmachines', 'DevMachine')
export const devMachineTemplateKind = kind(
  'infrastructure.cluster.x-k8s.io',
  'devmachinetemplates',
  'DevMachineTemplate',
)
export const nodeKind: KindRef = { group: '', version: 'v1', resource: 'nodes', kind: 'Node', namespaced: false }

/** What an observer follows on the management cluster. */
export const observedKinds: readonly KindRef[] = [
  clusterKind,
  machineKind,
  machineSetKind,
  machineDeploymentKind,
  machineHealthCheckKind,
  controlPlaneKind,
  devClusterKind,
  devMachineKind,
]
