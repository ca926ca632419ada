/** Fulfils the InfraMachine contract for DevMachine. Source: cluster-api test/infrastructure/docker, in-memory backend. */
import { rfc3339, type Clock } from '../../base/clock.ts'
import { parseDuration } from '../../base/units.ts'
import type { Client, KindRef } from '../../kube/client.ts'
import type { Informer } from '../../kube/informer.ts'
import { conditionOf, splitKey } from '../../kube/object.ts'
import type { DataCenter } from '../data-center.ts'
import { devMachines, type DevMachine, type InMemoryMachine, type Provisioning } from '../kinds/dev-machine.ts'
import type { Machine, Part, StartupDelays } from '../machines/machine.ts'
import {
  clusterNameLabel,
  controlPlaneLabel,
  isPaused,
  pausedCondition,
  type OwnerCluster,
  type OwnerMachine,
} from './contract.ts'
import { withConditions, type Wanted } from '../../kube/conditions.ts'
import { v1beta1Conditions } from './v1beta1-conditions.ts'

const finalizer = 'dockermachine.infrastructure.cluster.x-k8s.io'
const bootstrappedAnnotation = 'machine.inmemory.infrastructure.cluster.x-k8s.io/bootstrapped'

/** What a vanished machine's condition says; a restarted provider knows it again by that. */
const vmNotFound = 'VMNotFound'

const machineKind: KindRef = {
  group: 'cluster.x-k8s.io',
  version: 'v1beta2',
  resource: 'machines',
  kind: 'Machine',
  namespaced: true,
}

export interface DevMachineOptions {
  readonly client: Client
  readonly clock: Clock
  readonly dataCenter: DataCenter
  readonly devMachines: Informer<DevMachine>
  readonly machines: Informer<OwnerMachine>
  readonly clusters: Informer<OwnerCluster>
}

export function devMachineReconciler(options: DevMachineOptions): (key: string) => Promise<void> {
  const { client, clock, dataCenter } = options
  return async (key) => {
    const { namespace, name } = splitKey(key)
    const devMachine = options.devMachines.get(namespace, name)
    if (devMachine === undefined) return
    const owner = devMachine.metadata.ownerReferences?.find((reference) => reference.kind === 'Machine')
    const clusterName = devMachine.metadata.labels?.[clusterNameLabel]
    if (clusterName === undefined) return
    const id = `${namespace}/${clusterName}`
    if (devMachine.metadata.deletionTimestamp !== undefined) {
      dataCenter.cluster(id)?.deleteMachine(name)
      const finalizers = devMachine.metadata.finalizers?.filter((each) => each !== finalizer)
      await client.patch(devMachines, namespace, name, { metadata: { finalizers } })
      return
    }
    const machine = owner === undefined ? undefined : options.machines.get(namespace, owner.name)
    const cluster = options.clusters.get(namespace, clusterName)
    if (machine === undefined || cluster === undefined) return // waits for the Machine controller to set the owner
    if (devMachine.metadata.finalizers?.includes(finalizer) !== true) {
      await client.patch(devMachines, namespace, name, {
        metadata: {
          finalizers: [...(devMachine.metadata.finalizers ?? []), finalizer],
          resourceVersion: devMachine.metadata.resourceVersion,
        },
      })
      return
    }
    const controlPlane = machine.metadata.labels?.[controlPlaneLabel] !== undefined
    const paused = isPaused(cluster, devMachine)
    const gate = paused ? undefined : waitingFor(cluster, machine, controlPlane)
    const simulated =
      paused || gate !== undefined
        ? dataCenter.cluster(id)?.machine(name)
        : dataCenter.cluster(id)?.ensureMachine({
            name,
            role: controlPlane ? 'control-plane' : 'worker',
            version: machine.spec?.version ?? 'v1.35.0',
            labels: machine.metadata.labels ?? {},
            delays: delaysOf(devMachine.spec?.backend?.inMemory ?? {}),
            initializes: controlPlane && cluster.status?.initialization?.controlPlaneInitialized !== true,
            vanished: conditionOf(devMachine.status?.conditions, 'VMProvisioned')?.reason === vmNotFound,
            bootstrapped: machine.metadata.annotations?.[bootstrappedAnnotation] !== undefined,
          })
    const provisioned = simulated?.up.vm !== undefined && !simulated.vanished
    const failureDomain = machine.spec?.failureDomain
    if (simulated !== undefined && provisioned && devMachine.spec?.providerID !== simulated.providerID) {
      await client.patch(devMachines, namespace, name, { spec: { providerID: simulated.providerID } })
    }
    const now = rfc3339(clock.wallMs())
    const wanted = [...conditionsOf(simulated, gate, controlPlane), pausedCondition(paused)]
    const conditions = withConditions(devMachine.status?.conditions, wanted, now, devMachine.metadata.generation)
    const wasProvisioned = devMachine.status?.initialization?.provisioned === true
    if (conditions !== devMachine.status?.conditions || (provisioned && !wasProvisioned)) {
      await client.patch(
        devMachines,
        namespace,
        name,
        {
          status: {
            conditions,
            deprecated: { v1beta1: { conditions: v1beta1Conditions(conditions) } },
            ...(provisioned ? { initialization: { provisioned: true } } : {}),
            ...(failureDomain === undefined ? {} : { failureDomain }),
          },
        },
        'status',
      )
    }
    const done = controlPlane ? simulated?.up.apiServer : simulated?.up.node
    if (done !== undefined && machine.metadata.annotations?.[bootstrappedAnnotation] === undefined) {
      await client.patch(machineKind, namespace, machine.metadata.name, {
        metadata: { annotations: { [bootstrappedAnnotation]: '' } },
      })
    }
  }
}

/** The reason why the machine may not boot yet; undefined when it may. */
function waitingFor(cluster: OwnerCluster, machine: OwnerMachine, controlPlane: boolean): string | undefined {
  if (cluster.status?.initialization?.infrastructureProvisioned !== true) return 'WaitingForClusterInfrastructureReady'
  if (machine.spec?.bootstrap?.dataSecretName !== undefined) return undefined
  return !controlPlane && cluster.status.initialization.controlPlaneInitialized !== true
    ? 'WaitingForControlPlaneInitialized'
    : 'WaitingForBootstrapData'
}

const parts: readonly (readonly [condition: string, part: Part, after: Part | undefined])[] = [
  ['VMProvisioned', 'vm', undefined],
  ['NodeProvisioned', 'node', 'vm'],
  ['EtcdProvisioned', 'etcd', 'node'],
  ['APIServerProvisioned', 'apiServer', 'node'],
]
const waitingReasons: Partial<Record<Part, string>> = {
  vm: 'WaitingForVMProvisioned',
  node: 'WaitingForNodeProvisioned',
}

function conditionsOf(machine: Machine | undefined, gate: string | undefined, controlPlane: boolean): Wanted[] {
  const wanted = (controlPlane ? parts : parts.slice(0, 2)).map(([type, part, after]): Wanted => {
    if (machine?.vanished === true && part === 'vm')
      return { type, status: 'False', reason: vmNotFound, message: 'The virtual machine does not exist any more' }
    if (machine?.up[part] !== undefined) return { type, status: 'True', reason: 'Provisioned' }
    const waits =
      machine === undefined
        ? part === 'vm'
          ? (gate ?? 'WaitingForStartupTimeout')
          : 'WaitingForVMProvisioned'
        : undefined
    const earlier = after !== undefined && machine?.up[after] === undefined ? waitingReasons[after] : undefined
    return { type, status: 'False', reason: waits ?? earlier ?? 'WaitingForStartupTimeout' }
  })
  const missing = wanted.filter((condition) => condition.status !== 'True')
  const ready: Wanted =
    missing.length === 0
      ? { type: 'Ready', status: 'True', reason: 'Ready' }
      : {
          type: 'Ready',
          status: 'False',
          reason: 'NotReady',
          message: missing.map(({ type, reason }) => `* ${type}: ${reason}`).join('\n'),
        }
  return [ready, ...wanted]
}

/** How long each part of a machine takes to start; what is not given, or no duration, takes no time. */
export function delaysOf(spec: InMemoryMachine): StartupDelays {
  const delay = (section: Provisioning | undefined): { duration: number; jitter: number } => {
    const { startupDuration = '0', startupJitter = '0' } = section?.provisioning ?? {}
    return { duration: parseDuration(startupDuration) ?? 0, jitter: Number(startupJitter) || 0 }
  }
  return { vm: delay(spec.vm), node: delay(spec.node), etcd: delay(spec.etcd), apiServer: delay(spec.apiServer) }
}
