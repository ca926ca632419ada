/** Cluster API's kinds as the embedded management cluster serves them. Columns as in its published definitions. */
import { ageColumn, column, type Column } from '../../apiserver/columns.ts'
import { clusterApiResource, type ResourceDefinition } from '../../apiserver/definition.ts'

const coreGroup = { group: 'cluster.x-k8s.io', version: 'v1beta2' }
const clusterLabel = ".metadata.labels['cluster\\.x-k8s\\.io/cluster-name']"
const condition = (name: string, type: string, priority = 0): Column =>
  column(name, 'string', `.status.conditions[?(@.type=="${type}")].status`, priority)
const count = (name: string, path: string, priority = 0): Column => column(name, 'integer', path, priority)
const replicaColumns = [
  count('Desired', '.spec.replicas'),
  count('Current', '.status.replicas'),
  count('Ready', '.status.readyReplicas'),
  count('Available', '.status.availableReplicas'),
  count('Up-to-date', '.status.upToDateReplicas'),
  condition('Paused', 'Paused', 10),
]

export const clusters = clusterApiResource({
  ...coreGroup,
  resource: 'clusters',
  kind: 'Cluster',
  shortNames: ['cl'],
  columns: [
    column('ClusterClass', 'string', '.spec.topology.classRef.name'),
    condition('Available', 'Available'),
    count('CP Desired', '.status.controlPlane.desiredReplicas'),
    count('CP Current', '.status.controlPlane.replicas', 10),
    count('CP Ready', '.status.controlPlane.readyReplicas', 10),
    count('CP Available', '.status.controlPlane.availableReplicas'),
    count('CP Up-to-date', '.status.controlPlane.upToDateReplicas'),
    count('W Desired', '.status.workers.desiredReplicas'),
    count('W Current', '.status.workers.replicas', 10),
    count('W Ready', '.status.workers.readyReplicas', 10),
    count('W Available', '.status.workers.availableReplicas'),
    count('W Up-to-date', '.status.workers.upToDateReplicas'),
    condition('Paused', 'Paused', 10),
    column('Phase', 'string', '.status.phase'),
    ageColumn,
    column('Version', 'string', '.spec.topology.version'),
  ],
})

export const machines = clusterApiResource({
  ...coreGroup,
  resource: 'machines',
  kind: 'Machine',
  shortNames: ['ma'],
  columns: [
    column('Cluster', 'string', '.spec.clusterName'),
    column('Node Name', 'string', '.status.nodeRef.name'),
    column('Provider ID', 'string', '.spec.providerID', 10),
    column('Failure domain', 'string', '.status.failureDomain'),
    condition('Ready', 'Ready'),
    condition('Available', 'Available'),
    condition('Up-to-date', 'UpToDate'),
    column('OS-Image', 'string', '.status.nodeInfo.osImage', 10),
    condition('Paused', 'Paused', 10),
    column('Phase', 'string', '.status.phase'),
    ageColumn,
    column('Version', 'string', '.spec.version'),
  ],
})

export const machineSets = clusterApiResource({
  ...coreGroup,
  resource: 'machinesets',
  kind: 'MachineSet',
  shortNames: ['ms'],
  columns: [
    column('Cluster', 'string', '.spec.clusterName'),
    ...replicaColumns,
    ageColumn,
    column('Version', 'string', '.spec.template.spec.version'),
  ],
})

export const machineDeployments = clusterApiResource({
  ...coreGroup,
  resource: 'machinedeployments',
  kind: 'MachineDeployment',
  shortNames: ['md'],
  columns: [
    column('Cluster', 'string', '.spec.clusterName'),
    condition('Available', 'Available'),
    ...replicaColumns,
    column('Phase', 'string', '.status.phase'),
    ageColumn,
    column('Version', 'string', '.spec.template.spec.version'),
  ],
})

export const machineHealthChecks = clusterApiResource({
  ...coreGroup,
  resource: 'machinehealthchecks',
  kind: 'MachineHealthCheck',
  shortNames: ['mhc', 'mhcs'],
  columns: [
    column('Cluster', 'string', '.spec.clusterName'),
    count('Replicas', '.status.expectedMachines'),
    count('Healthy', '.status.currentHealthy'),
    condition('Paused', 'Paused', 10),
    ageColumn,
  ],
})

export const kubeadmControlPlanes = clusterApiResource({
  group: 'controlplane.cluster.x-k8s.io',
  version: 'v1beta2',
  resource: 'kubeadmcontrolplanes',
  kind: 'KubeadmControlPlane',
  shortNames: ['kcp'],
  columns: [
    column('Cluster', 'string', clusterLabel),
    condition('Available', 'Available'),
    ...replicaColumns,
    column('Initialized', 'boolean', '.status.initialization.controlPlaneInitialized'),
    ageColumn,
    column('Version', 'string', '.spec.version'),
  ],
})

const bootstrap = { group: 'bootstrap.cluster.x-k8s.io', version: 'v1beta2' }

export const kubeadmConfigs = clusterApiResource({
  ...bootstrap,
  resource: 'kubeadmconfigs',
  kind: 'KubeadmConfig',
  columns: [
    column('Cluster', 'string', clusterLabel),
    condition('Paused', 'Paused', 10),
    column('Data secret created', 'string', '.status.initialization.dataSecretCreated'),
    ageColumn,
  ],
})

export const kubeadmConfigTemplates = clusterApiResource({
  ...bootstrap,
  resource: 'kubeadmconfigtemplates',
  kind: 'KubeadmConfigTemplate',
  status: false,
  columns: [
    column('ClusterClass', 'string', '.metadata.ownerReferences[?(@.kind=="ClusterClass")].name'),
    column('Cluster', 'string', '.metadata.ownerReferences[?(@.kind=="Cluster")].name'),
    ageColumn,
  ],
})

export const clusterApiResources: readonly ResourceDefinition[] = [
  clusters,
  machines,
  machineSets,
  machineDeployments,
  machineHealthChecks,
  kubeadmControlPlanes,
  kubeadmConfigs,
  kubeadmConfigTemplates,
]
