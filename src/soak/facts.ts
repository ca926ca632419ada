/** What judges need to know of an object: small and flat, without secrets. Two objects with equal facts are the same to them. */
import { conditionOf, type Condition, type KubeObject } from '../kube/object.ts'
import type { Facts } from '../journal/events.ts'

interface Loose extends KubeObject {
  readonly spec?: Record<string, unknown>
  readonly status?: Record<string, unknown> & { readonly conditions?: readonly Condition[] }
}

const clusterNameLabel = 'cluster.x-k8s.io/cluster-name'

const statusOf = (object: Loose, type: string): string => conditionOf(object.status?.conditions, type)?.status ?? ''
const reasonOf = (object: Loose, type: string): string => conditionOf(object.status?.conditions, type)?.reason ?? ''
const clusterOf = (object: Loose): string =>
  `${object.metadata.namespace ?? ''}/${object.metadata.labels?.[clusterNameLabel] ?? (object.spec?.['clusterName'] as string | undefined) ?? object.metadata.name}`
const deleting = (object: Loose): boolean => object.metadata.deletionTimestamp !== undefined

function replicas(object: Loose): Facts {
  const status = object.status ?? {}
  return {
    wanted: object.spec?.['replicas'] ?? 1,
    replicas: status['replicas'] ?? 0,
    ready: status['readyReplicas'] ?? 0,
    available: status['availableReplicas'] ?? 0,
    upToDate: status['upToDateReplicas'] ?? 0,
    current: status['observedGeneration'] === object.metadata.generation,
  }
}

const busyConditions = ['RollingOut', 'ScalingUp', 'ScalingDown', 'Remediating']
const busy = (object: Loose): readonly string[] => busyConditions.filter((type) => statusOf(object, type) === 'True')

const projections: Readonly<Record<string, (object: Loose) => Facts>> = {
  Cluster: (object) => ({
    cluster: `${object.metadata.namespace}/${object.metadata.name}`,
    deleting: deleting(object),
    available: statusOf(object, 'Available'),
    connected: statusOf(object, 'RemoteConnectionProbe'),
    initialized: statusOf(object, 'ControlPlaneInitialized'),
    busy: busy(object),
    current: object.status?.['observedGeneration'] === object.metadata.generation,
  }),
  Machine: (object) => ({
    cluster: clusterOf(object),
    deleting: deleting(object),
    role: object.metadata.labels?.['cluster.x-k8s.io/control-plane'] === undefined ? 'worker' : 'control-plane',
    set: object.metadata.labels?.['cluster.x-k8s.io/set-name'] ?? '',
    deployment: object.metadata.labels?.['cluster.x-k8s.io/deployment-name'] ?? '',
    version: object.spec?.['version'] ?? '',
    providerID: object.spec?.['providerID'] ?? '',
    node: (object.status?.['nodeRef'] as { name?: string } | undefined)?.name ?? '',
    phase: object.status?.['phase'] ?? '',
    ready: statusOf(object, 'Ready'),
    available: statusOf(object, 'Available'),
    upToDate: statusOf(object, 'UpToDate'),
    nodeReady: statusOf(object, 'NodeReady'),
    etcd: statusOf(object, 'EtcdMemberHealthy'),
    healthy: statusOf(object, 'HealthCheckSucceeded'),
    unhealthyBecause:
      statusOf(object, 'HealthCheckSucceeded') === 'False' ? reasonOf(object, 'HealthCheckSucceeded') : '',
    remediated: statusOf(object, 'OwnerRemediated') === 'False' ? reasonOf(object, 'OwnerRemediated') : '',
  }),
  MachineSet: (object) => ({ cluster: clusterOf(object), deleting: deleting(object), ...replicas(object) }),
  MachineDeployment: (object) => ({
    cluster: clusterOf(object),
    deleting: deleting(object),
    availability: statusOf(object, 'Available'),
    busy: busy(object),
    ...replicas(object),
  }),
  KubeadmControlPlane: (object) => ({
    cluster: clusterOf(object),
    deleting: deleting(object),
    availability: statusOf(object, 'Available'),
    etcd: statusOf(object, 'EtcdClusterHealthy'),
    components: statusOf(object, 'ControlPlaneComponentsHealthy'),
    busy: busy(object),
    version: object.spec?.['version'] ?? '',
    runs: object.status?.['version'] ?? '',
    ...replicas(object),
  }),
  MachineHealthCheck(object) {
    const spec = object.spec as
      | {
          remediation?: { triggerIf?: Facts }
          checks?: {
            unhealthyNodeConditions?: { type: string; status: string; timeoutSeconds: number }[]
            nodeStartupTimeoutSeconds?: number
          }
          selector?: { matchLabels?: Facts }
        }
      | undefined
    return {
      cluster: clusterOf(object),
      deleting: deleting(object),
      expected: object.status?.['expectedMachines'] ?? 0,
      healthy: object.status?.['currentHealthy'] ?? 0,
      allowed: statusOf(object, 'RemediationAllowed'),
      limit: spec?.remediation?.triggerIf ?? {},
      timeouts: Object.fromEntries(
        (spec?.checks?.unhealthyNodeConditions ?? [])
          .filter((rule) => rule.type === 'Ready')
          .map((rule) => [rule.status, rule.timeoutSeconds]),
      ),
      startupTimeout: spec?.checks?.nodeStartupTimeoutSeconds ?? 600,
      selects: spec?.selector?.matchLabels ?? {},
    }
  },
  DevCluster: (object) => ({
    cluster: clusterOf(object),
    deleting: deleting(object),
    port: (object.spec?.['controlPlaneEndpoint'] as { port?: number } | undefined)?.port ?? 0,
  }),
  DevMachine: (object) => ({
    cluster: clusterOf(object),
    deleting: deleting(object),
    providerID: object.spec?.['providerID'] ?? '',
    machine: object.metadata.ownerReferences?.find((owner) => owner.kind === 'Machine')?.name ?? '',
  }),
  Node: (object) => ({
    providerID: object.spec?.['providerID'] ?? '',
    ready: statusOf(object, 'Ready'),
    cordoned: object.spec?.['unschedulable'] === true,
  }),
}

export const factsOf = (object: KubeObject): Facts => projections[object.kind]?.(object as Loose) ?? {}
