/**
 * A node's heartbeat and who listens to it: the kubelet renews its Lease and posts node status; the node-lifecycle
 * controller turns a silent kubelet into Ready=Unknown and taints after the grace period.
 * Source: k8s.io/kubernetes/pkg/kubelet (nodestatus), pkg/controller/nodelifecycle.
 */
import { rfc3339, rfc3339Micro, type Clock, type Timer } from '../../base/clock.ts'
import { leases } from '../../apiserver/resources/leases.ts'
import { nodes } from '../../apiserver/resources/nodes.ts'
import type { ObjectStore } from '../../apiserver/store.ts'
import type { Condition } from '../../kube/object.ts'
import { leaseObject, nodeConditions, nodeTaints, type Readiness } from './node-objects.ts'

export interface NodeTimings {
  /** kubelet: a quarter of nodeLeaseDurationSeconds. */
  readonly leaseRenewInterval: number
  /** kubelet nodeStatusReportFrequency: an unchanged status is posted this often. */
  readonly statusReportInterval: number
  /** kube-controller-manager --node-monitor-grace-period (50 s since v1.32). */
  readonly monitorGrace: number
}

export const realNodeTimings: NodeTimings = {
  leaseRenewInterval: 10_000,
  statusReportInterval: 300_000,
  monitorGrace: 50_000,
}

export type KubeletState = 'ready' | 'notReady' | 'silent'

export interface NodeLifecycleOptions {
  readonly clock: Clock
  readonly timings: NodeTimings
  readonly store: ObjectStore
  readonly node: string
  /** Where in its interval the first heartbeat falls, 0..1: kubelets don't beat in step. */
  readonly phase: number
}

export class NodeLifecycle {
  readonly #options: NodeLifecycleOptions
  #kubelet: KubeletState = 'ready'
  #running = false
  #beat: Timer | undefined
  #monitor: Timer | undefined
  #lastBeat = 0
  #nextReport = 0

  constructor(options: NodeLifecycleOptions) {
    this.#options = options
  }

  /** The node has registered: the first heartbeat was its registration. */
  start(): void {
    const { clock, timings, phase } = this.#options
    this.#running = true
    this.#lastBeat = clock.now()
    this.#nextReport = clock.now() + timings.statusReportInterval
    this.#arm(timings.leaseRenewInterval * (0.5 + phase / 2))
    this.#watchOver()
  }

  stop(): void {
    this.#running = false
    this.#beat?.cancel()
    this.#monitor?.cancel()
  }

  setKubelet(state: KubeletState): void {
    if (state === this.#kubelet) return
    this.#kubelet = state
    if (!this.#running) return
    if (state === 'silent') this.#beat?.cancel()
    else this.#heartbeat(true)
  }

  #arm(delay: number): void {
    this.#beat?.cancel()
    this.#beat = this.#options.clock.after(delay, () => this.#heartbeat(false))
  }

  #heartbeat(changed: boolean): void {
    const { clock, timings, store, node } = this.#options
    this.#lastBeat = clock.now()
    const key = `kube-node-lease/${node}`
    const lease = store.get(leases, key)
    const renewTime = rfc3339Micro(clock.wallMs())
    if (lease === undefined) store.create(leases, leaseObject(node, renewTime))
    else
      store.replace(
        leases,
        { ...lease.value, spec: { holderIdentity: node, leaseDurationSeconds: 40, renewTime } },
        lease,
      )
    if (changed || clock.now() >= this.#nextReport) {
      this.#nextReport = clock.now() + timings.statusReportInterval
      this.#post(this.#kubelet === 'ready' ? 'True' : 'False')
    }
    this.#arm(timings.leaseRenewInterval)
    if (this.#monitor === undefined) this.#watchOver()
  }

  /** One deadline per node, looked at when it passes: nothing is polled. */
  #watchOver(): void {
    const { clock, timings } = this.#options
    const due = this.#lastBeat + timings.monitorGrace - clock.now()
    this.#monitor = clock.after(Math.max(1, due), () => {
      this.#monitor = undefined
      if (clock.now() - this.#lastBeat < timings.monitorGrace) this.#watchOver()
      else this.#post('Unknown')
    })
  }

  #post(readiness: Readiness): void {
    const { clock, store, node } = this.#options
    const stored = store.get(nodes, node)
    if (stored === undefined) return // deleted under a running kubelet: it would register again only on restart
    const now = rfc3339(clock.wallMs())
    const status = (stored.value.status ?? {}) as { conditions?: readonly Condition[] }
    const ready = status.conditions?.find((condition) => condition.type === 'Ready')?.status
    if (readiness === 'Unknown' && ready === 'Unknown') return
    const spec = (stored.value.spec ?? {}) as { taints?: readonly { key?: string }[] }
    const others =
      spec.taints?.filter(
        ({ key }) => key !== 'node.kubernetes.io/unreachable' && key !== 'node.kubernetes.io/not-ready',
      ) ?? []
    const taints = ready === readiness ? spec.taints : [...others, ...nodeTaints(readiness, now)]
    const { taints: _, ...rest } = spec
    store.update(nodes, {
      ...stored.value,
      spec: { ...rest, ...(taints === undefined || taints.length === 0 ? {} : { taints }) },
      status: { ...status, conditions: nodeConditions(readiness, now, status.conditions) },
    })
  }
}
