/** The objects that make a workload cluster, and the names a fleet gives them. */
import type { Client, KindRef } from '../kube/client.ts'
import { apiVersionOf, type KubeObject } from '../kube/object.ts'
import { isAlreadyExists } from '../kube/status.ts'
import {
  clusterKind,
  controlPlaneKind,
  devClusterKind,
  devMachineTemplateKind,
  kubeadmConfigTemplateKind,
  machineDeploymentKind,
  machineHealthCheckKind,
} from './kinds.ts'
import type { ClusterGroup, HealthCheckSettings, SoakProfile } from './profile.ts'

const clusterNameLabel = 'cluster.x-k8s.io/cluster-name'

/** On everything that a soak makes, with its profile's name: what a clean-up may delete. */
const soakLabel = 'capstorm.dev/soak'

/** What soaks of the profile have made in its namespace. */
export const soakSelection = ({ name, fleet: { namespace } }: SoakProfile) => ({
  namespace,
  labelSelector: `${soakLabel}=${name}`,
})

const reference = (kind: KindRef, name: string): object => ({ apiGroup: kind.group, kind: kind.kind, name })
const seconds = (ms: number): number => Math.round(ms / 1000)

/** Every object of a cluster, in the order in which they are created. */
export function clusterObjects(profile: SoakProfile, group: ClusterGroup, name: string): [KindRef, KubeObject][] {
  const { fleet } = profile
  const { namespace, version } = fleet
  const object = (
    kind: KindRef,
    objectName: string,
    spec: object,
    labels: Record<string, string> = {},
  ): [KindRef, KubeObject] => [
    kind,
    {
      apiVersion: apiVersionOf(kind),
      kind: kind.kind,
      metadata: {
        name: objectName,
        namespace,
        labels: { ...labels, [clusterNameLabel]: name, [soakLabel]: profile.name },
      },
      spec,
    },
  ]
  const delay = (ms: number): object => ({
    provisioning: { startupDuration: `${ms}ms`, startupJitter: String(fleet.startup.jitter) },
  })
  const { vm, node, apiServer, etcd } = fleet.startup
  const inMemory = { vm: delay(vm), node: delay(node), apiServer: delay(apiServer), etcd: delay(etcd) }
  const workers = `${name}-md-0`
  const joining = { nodeRegistration: { criSocket: 'unix:///var/run/containerd/containerd.sock' } }
  const machine = {
    clusterName: name,
    version,
    bootstrap: { configRef: reference(kubeadmConfigTemplateKind, workers) },
    infrastructureRef: reference(devMachineTemplateKind, workers),
  }
  const machineLabels = { [clusterNameLabel]: name, 'cluster.x-k8s.io/deployment-name': workers }
  return [
    object(devClusterKind, name, { backend: { inMemory: {} } }),
    object(devMachineTemplateKind, `${name}-control-plane`, { template: { spec: { backend: { inMemory } } } }),
    object(devMachineTemplateKind, workers, { template: { spec: { backend: { inMemory } } } }),
    object(kubeadmConfigTemplateKind, workers, { template: { spec: { joinConfiguration: joining } } }),
    object(controlPlaneKind, `${name}-control-plane`, {
      replicas: group.controlPlane,
      version,
      machineTemplate: { spec: { infrastructureRef: reference(devMachineTemplateKind, `${name}-control-plane`) } },
      kubeadmConfigSpec: { initConfiguration: joining, joinConfiguration: joining },
      rollout: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
    }),
    object(machineDeploymentKind, workers, {
      clusterName: name,
      replicas: group.workers,
      selector: { matchLabels: machineLabels },
      template: { metadata: { labels: machineLabels }, spec: machine },
      rollout: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
    }),
    object(
      machineHealthCheckKind,
      `${name}-control-plane`,
      healthCheck(name, { 'cluster.x-k8s.io/control-plane': '' }, fleet.healthChecks.controlPlane),
    ),
    object(
      machineHealthCheckKind,
      workers,
      healthCheck(name, { 'cluster.x-k8s.io/deployment-name': workers }, fleet.healthChecks.workers),
    ),
    object(
      clusterKind,
      name,
      {
        clusterNetwork: {
          pods: { cidrBlocks: ['192.168.0.0/16'] },
          services: { cidrBlocks: ['10.128.0.0/12'] },
          serviceDomain: 'cluster.local',
        },
        controlPlaneRef: reference(controlPlaneKind, `${name}-control-plane`),
        infrastructureRef: reference(devClusterKind, name),
      },
      group.labels,
    ),
  ]
}

function healthCheck(clusterName: string, matchLabels: Record<string, string>, settings: HealthCheckSettings): object {
  const { unhealthyLessThanOrEqualTo, unhealthyInRange } = settings
  const triggerIf = {
    ...(unhealthyLessThanOrEqualTo === undefined ? {} : { unhealthyLessThanOrEqualTo }),
    ...(unhealthyInRange === undefined ? {} : { unhealthyInRange }),
  }
  const condition = (status: string): object => ({
    type: 'Ready',
    status,
    timeoutSeconds: seconds(settings.notReadyTimeout),
  })
  return {
    clusterName,
    selector: { matchLabels },
    checks: {
      nodeStartupTimeoutSeconds: seconds(settings.nodeStartupTimeout),
      unhealthyNodeConditions: [condition('Unknown'), condition('False')],
    },
    ...(Object.keys(triggerIf).length === 0 ? {} : { remediation: { triggerIf } }),
  }
}

export const namespaceKind: KindRef = {
  group: '',
  version: 'v1',
  resource: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
}

/** Creates the fleet's namespace where it is missing; a run leaves it behind, a clean-up removes it. */
export async function ensureNamespace(client: Client, { name, fleet: { namespace } }: SoakProfile): Promise<void> {
  const labels = { [soakLabel]: name }
  await client
    .create(namespaceKind, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } })
    .catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
}

export async function createCluster(
  client: Client,
  profile: SoakProfile,
  group: ClusterGroup,
  name: string,
): Promise<void> {
  for (const [kind, object] of clusterObjects(profile, group, name)) {
    await client.create(kind, object).catch((error: unknown) => {
      if (!isAlreadyExists(error)) throw error
    })
  }
}

/** The Clusters that soaks of this profile have made, whichever run it was. */
export async function soakClusters(client: Client, profile: SoakProfile): Promise<readonly KubeObject[]> {
  return (await client.list(clusterKind, soakSelection(profile))).items
}

/** `small-1`, `small-2`, …: the clusters a profile asks for. */
export function fleetNames(profile: SoakProfile): { readonly group: ClusterGroup; readonly name: string }[] {
  return profile.fleet.clusters.flatMap((group) =>
    Array.from({ length: group.count }, (_, index) => ({ group, name: `${group.prefix}-${index + 1}` })),
  )
}
