/**
 * What a machine looks like in its workload cluster: Node, Lease, static pods. Parts that are the same everywhere
 * are the same JavaScript object everywhere. Shapes: kubelet, kubeadm; Cluster API's in-memory backend.
 */
import { withPodDefaults } from '../../apiserver/rules/pod-spec.ts'
import type { KubeObject } from '../../apiserver/types.ts'
import type { Condition } from '../../kube/object.ts'
import { runningStatus } from './running-pod.ts'

export const controlPlaneRole = 'node-role.kubernetes.io/control-plane'
const controlPlaneTaint = { key: controlPlaneRole, effect: 'NoSchedule' }

const capacity = { cpu: '4', 'ephemeral-storage': '100Gi', memory: '16Gi', pods: '110' }
const nodeInfos = new Map<string, object>()

function nodeInfo(version: string): object {
  let info = nodeInfos.get(version)
  if (info === undefined) {
    info = {
      architecture: 'amd64',
      bootID: '',
      containerRuntimeVersion: 'containerd://2.1.4',
      kernelVersion: '6.12.0-capstorm',
      kubeProxyVersion: '',
      kubeletVersion: version,
      machineID: '',
      operatingSystem: 'linux',
      osImage: 'Capstorm in-memory',
      systemUUID: '',
    }
    nodeInfos.set(version, info)
  }
  return info
}

const healthyPressures = [
  ['MemoryPressure', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
] as const

export type Readiness = 'True' | 'False' | 'Unknown'

/** The four conditions; each keeps its transition time while its status stays. */
export function nodeConditions(readiness: Readiness, now: string, before: readonly Condition[] = []): Condition[] {
  const since = (type: string, status: string): string => {
    const old = before.find((condition) => condition.type === type)
    return old?.status === status ? (old.lastTransitionTime ?? now) : now
  }
  // A silent kubelet's last heartbeat stays what it was.
  const heartbeat = readiness === 'Unknown' ? (before[0]?.lastHeartbeatTime ?? now) : now
  const condition = (type: string, status: Condition['status'], reason: string, message: string): Condition => ({
    type,
    status,
    lastHeartbeatTime: heartbeat,
    lastTransitionTime: since(type, status),
    reason,
    message,
  })
  if (readiness === 'Unknown') {
    return ['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'].map((type) =>
      condition(type, 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'),
    )
  }
  return [
    ...healthyPressures.map(([type, reason, message]) => condition(type, 'False', reason, message)),
    readiness === 'True'
      ? condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : condition('Ready', 'False', 'KubeletNotReady', 'container runtime network not ready: NetworkReady=false'),
  ]
}

/** Taints follow readiness as the node-lifecycle controller sets them. */
export function nodeTaints(readiness: Readiness, now: string): object[] {
  if (readiness === 'True') return []
  const key = readiness === 'Unknown' ? 'node.kubernetes.io/unreachable' : 'node.kubernetes.io/not-ready'
  return [
    { key, effect: 'NoSchedule', timeAdded: now },
    { key, effect: 'NoExecute', timeAdded: now },
  ]
}

export function nodeObject(
  name: string,
  options: { providerID: string; version: string; controlPlane: boolean; now: string },
): KubeObject {
  const { providerID, version, controlPlane, now } = options
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/arch': 'amd64',
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': 'linux',
        ...(controlPlane ? { [controlPlaneRole]: '' } : {}),
      },
    },
    spec: { providerID, ...(controlPlane ? { taints: [controlPlaneTaint] } : {}) },
    status: {
      addresses: [{ type: 'Hostname', address: name }],
      allocatable: capacity,
      capacity,
      conditions: nodeConditions('True', now),
      nodeInfo: nodeInfo(version),
    },
  }
}

export const leaseObject = (name: string, renewTime: string): KubeObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, namespace: 'kube-node-lease' },
  spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime },
})

const podSpecs = new Map<string, object>()

/** With little more than what the API server fills in: there are many. */
function podSpec(component: string, version: string): object {
  const key = `${component} ${version}`
  let spec = podSpecs.get(key)
  if (spec === undefined) {
    const image = component === 'etcd' ? 'registry.k8s.io/etcd:3.6.4-0' : `registry.k8s.io/${component}:${version}`
    spec = withPodDefaults({
      containers: [{ name: component, image, resources: {} }],
      // A static pod outlives its node's silence.
      tolerations: [{ operator: 'Exists', effect: 'NoExecute' }],
    })
    podSpecs.set(key, spec)
  }
  return spec
}

/** A static pod as the API server shows it: with the mirror annotation, so that drains leave it alone. */
export function staticPod(component: string, nodeName: string, version: string, now: string): KubeObject {
  const spec = podSpec(component, version)
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${component}-${nodeName}`,
      namespace: 'kube-system',
      labels: { component, tier: 'control-plane' },
      annotations: { 'kubernetes.io/config.mirror': 'static', 'kubernetes.io/config.source': 'file' },
    },
    spec: { ...spec, nodeName },
    status: { qosClass: 'BestEffort', ...runningStatus(spec, now, ['Ready']) },
  }
}
