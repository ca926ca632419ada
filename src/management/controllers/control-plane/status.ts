/** What a KubeadmControlPlane reports. Source: cluster-api status.go. */
import type { KindRef } from '../../../kube/client.ts'
import { isTrue, no, unknown, when, yes } from '../../conditions.ts'
import type { Wanted } from '../../../kube/conditions.ts'
import { isDeleting, namespaceOf, patchStatus, type Context } from '../../context.ts'
import { kubeadmControlPlanes, machines as machineKind } from '../../kinds/catalogue.ts'
import type { Machine } from '../../kinds/types.ts'
import { machinesSummary } from '../machine-set.ts'
import { isHealthyNow, statusNow } from './etcd-safety.ts'
import { remediationCondition } from './remediation.ts'
import { isUpToDate } from './scale.ts'
import { podConditions, type ControlPlaneState } from './state.ts'

const configMapKind: KindRef = { group: '', version: 'v1', resource: 'configmaps', kind: 'ConfigMap', namespaced: true }

/** Writes the machines' conditions, so that everybody sees what the control plane knows. */
export async function reportMachines(context: Context, state: ControlPlaneState): Promise<void> {
  for (const machine of state.machines) {
    const upToDate = isUpToDate(context, state.controlPlane, machine)
    const conditions = state.remote?.conditions.get(machine.metadata.name) ?? []
    await patchStatus(context, context.clients.controlPlane, machineKind, machine, {}, [
      ...conditions,
      when(
        'UpToDate',
        upToDate,
        'UpToDate',
        'NotUpToDate',
        `* Version ${machine.spec.version}, ${state.controlPlane.spec.version} required`,
      ),
    ])
  }
}

export async function reportControlPlane(
  context: Context,
  state: ControlPlaneState,
  certificates: boolean,
): Promise<void> {
  const { controlPlane, machines } = state
  const wanted = controlPlane.spec.replicas ?? 1
  const initialized =
    controlPlane.status?.initialization?.controlPlaneInitialized === true || (await isInitialized(state))
  const upToDate = machines.filter((machine) => isUpToDate(context, controlPlane, machine))
  const count = (type: string): number => machines.filter((machine) => isTrue(machine, type)).length
  const versions = machines.map((machine) => machine.spec.version ?? '').sort()
  const conditions = healthConditions(context, state, initialized, certificates)
  await patchStatus(
    context,
    context.clients.controlPlane,
    kubeadmControlPlanes,
    controlPlane,
    {
      replicas: machines.length,
      readyReplicas: count('Ready'),
      availableReplicas: count('Available'),
      upToDateReplicas: upToDate.length,
      ...(initialized ? { initialization: { controlPlaneInitialized: true } } : {}),
      ...(initialized && versions[0] !== undefined ? { version: versions[0] } : {}),
    },
    [
      ...conditions,
      machinesSummary('MachinesReady', machines, 'Ready'),
      machinesSummary('MachinesUpToDate', machines, 'UpToDate'),
      when('RollingOut', upToDate.length < machines.length, 'RollingOut', 'NotRollingOut'),
      when('ScalingUp', machines.length < wanted, 'ScalingUp', 'NotScalingUp'),
      when('ScalingDown', machines.length > (isDeleting(controlPlane) ? 0 : wanted), 'ScalingDown', 'NotScalingDown'),
      remediationCondition(machines),
      no('Deleting', 'NotDeleting'),
      no('Paused', 'NotPaused'),
    ],
  )
}

/** kubeadm has left its configuration, so the first machine has come up; any error counts as no. */
async function isInitialized({ remote }: ControlPlaneState): Promise<boolean> {
  if (remote === undefined) return false
  return remote.client.get(configMapKind, 'kube-system', 'kubeadm-config').then(
    () => true,
    () => false,
  )
}

function healthConditions(
  context: Context,
  state: ControlPlaneState,
  initialized: boolean,
  certificates: boolean,
): Wanted[] {
  const { machines, controlPlane, remote, cluster } = state
  const down = remote === undefined && initialized
  const lastProbe = context.clusterCache.lastProbeSuccess(`${namespaceOf(cluster)}/${cluster.metadata.name}`)
  const silent = lastProbe !== undefined && context.clock.wallMs() - lastProbe > context.timers.remoteConditionsGrace
  const basics = [
    when('CertificatesAvailable', certificates, 'Available', 'NotAvailable', 'Waiting for the control plane endpoint'),
    when('Initialized', initialized, 'Initialized', 'NotInitialized', 'Control plane not yet initialized'),
  ]
  if (down && !silent) return basics // the last known state stays for a while
  if (down) {
    return [
      ...basics,
      ...['EtcdClusterHealthy', 'ControlPlaneComponentsHealthy', 'Available'].map((type) =>
        unknown(type, 'ConnectionDown', 'Remote connection down'),
      ),
    ]
  }
  const living = machines.filter((machine) => !isDeleting(machine))
  const badEtcd = living.filter((machine) => !isHealthyNow(state, machine, 'EtcdMemberHealthy'))
  const badPods = living.filter((machine) => !podConditions.every((type) => isHealthyNow(state, machine, type)))
  const members = remote?.members
  const quorum =
    members !== undefined && members.filter((member) => member.healthy).length >= Math.floor(members.length / 2) + 1
  const orphan = members?.find((member) => !machines.some((machine) => machine.metadata.name === member.name))
  const available =
    initialized &&
    certificates &&
    quorum &&
    living.some((machine) => !badPods.includes(machine)) &&
    !isDeleting(controlPlane)
  const healthy = (type: string, parts: readonly string[]): Wanted =>
    initialized
      ? aggregate(type, parts, state, living)
      : unknown(type, 'InspectionFailed', 'Waiting for Cluster control plane to be initialized')
  return [
    ...basics,
    orphan !== undefined
      ? no('EtcdClusterHealthy', 'NotHealthy', `Etcd member ${orphan.name} does not have a corresponding Machine`)
      : healthy('EtcdClusterHealthy', ['EtcdMemberHealthy']),
    healthy('ControlPlaneComponentsHealthy', podConditions),
    available
      ? yes('Available', 'Available')
      : no(
          'Available',
          'NotAvailable',
          initialized ? listed([...new Set([...badEtcd, ...badPods])]) : 'Control plane not yet initialized',
        ),
  ]
}

const listed = (machines: readonly Machine[]): string =>
  machines.map((machine) => `* Machine ${machine.metadata.name}`).join('\n')

/** Source: cluster-api controlplane/kubeadm workload_cluster_conditions.go (aggregateConditionsFromMachinesToKCP). */
function aggregate(
  type: string,
  parts: readonly string[],
  state: ControlPlaneState,
  machines: readonly Machine[],
): Wanted {
  const having = (status: Wanted['status']): Machine[] =>
    machines.filter((machine) => parts.some((part) => statusNow(state, machine, part) === status))
  const bad = having('False')
  if (bad.length > 0) return no(type, 'NotHealthy', listed(bad))
  // What a machine without a provider ID does not know is no news.
  const doubtful = having('Unknown').filter((machine) => machine.spec.providerID !== undefined)
  return doubtful.length > 0 ? unknown(type, 'HealthUnknown', listed(doubtful)) : yes(type, 'Healthy')
}
