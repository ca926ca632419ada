/**
 * One virtual machine: VM → node → etcd and API server → control-plane pods. Every delay is drawn once, when the
 * machine is created (Cluster API's own provider draws at each reconcile).
 */
import { rfc3339, rfc3339Micro, type Clock, type Timer } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import type { Impairment, MachineFacts, MachineRole } from '../../faults/infrastructure.ts'
import { leases } from '../../apiserver/resources/leases.ts'
import { nodes } from '../../apiserver/resources/nodes.ts'
import { pods } from '../../apiserver/resources/pods.ts'
import type { ObjectStore } from '../../apiserver/store.ts'
import { NodeLifecycle, type NodeTimings } from './node-lifecycle.ts'
import { leaseObject, nodeObject, staticPod } from './node-objects.ts'

/** Milliseconds until each part is up, before jitter; jitter is the greatest extra share. */
export interface StartupDelays {
  readonly vm: { readonly duration: number; readonly jitter: number }
  readonly node: { readonly duration: number; readonly jitter: number }
  readonly etcd: { readonly duration: number; readonly jitter: number }
  readonly apiServer: { readonly duration: number; readonly jitter: number }
}

const none = { duration: 0, jitter: 0 }
const noDelays: StartupDelays = { vm: none, node: none, etcd: none, apiServer: none }

export interface MachineSpec {
  readonly cluster: string
  readonly name: string
  readonly role: MachineRole
  readonly version: string
  readonly labels: Readonly<Record<string, string>>
  readonly delays: StartupDelays
  /** Up before this process began: its parts come back without their delays. */
  readonly bootstrapped?: boolean
  /** Gone before this process began: it stays gone. */
  readonly vanished?: boolean
  /** It boots with `kubeadm init` instead of `join`: nobody has found the control plane initialized. */
  readonly initializes?: boolean
}

export interface MachineHost {
  readonly clock: Clock
  readonly random: Random
  readonly store: ObjectStore
  readonly timings: NodeTimings
  /** The machine's state has changed. */
  changed(machine: Machine): void
  etcdStarted(machine: Machine): void
  apiServerStarted(machine: Machine): void
  /** A part of the control plane has stopped or come back. */
  controlPlaneChanged(machine: Machine): void
}

export type Part = keyof StartupDelays

const staticComponents = ['kube-scheduler', 'kube-controller-manager'] as const

export class Machine implements MachineFacts {
  readonly cluster: string
  readonly name: string
  readonly role: MachineRole
  readonly labels: Readonly<Record<string, string>>
  readonly providerID: string
  readonly version: string
  readonly initializes: boolean
  /** When each part came up, on the wall clock. */
  readonly up: Partial<Record<Part, number>> = {}
  readonly #delays: StartupDelays
  readonly #host: MachineHost
  readonly #lifecycle: NodeLifecycle
  readonly #impairments: Impairment[] = []
  readonly #timers = new Set<Timer>()
  #blocked: (() => void)[] = []
  #destroyed = false

  constructor(spec: MachineSpec, host: MachineHost) {
    this.cluster = spec.cluster
    this.name = spec.name
    this.role = spec.role
    this.labels = spec.labels
    this.version = spec.version
    this.initializes = spec.initializes === true
    this.providerID = `in-memory://${spec.name}`
    this.#delays = spec.bootstrapped === true ? noDelays : spec.delays
    this.#host = host
    if (spec.vanished === true) this.#impairments.push('vanished')
    this.#lifecycle = new NodeLifecycle({
      clock: host.clock,
      timings: host.timings,
      store: host.store,
      node: spec.name,
      phase: host.random.draw('kubelet-phase', spec.cluster, spec.name),
    })
  }

  get vanished(): boolean {
    return this.#impairments.includes('vanished')
  }

  /** Its node is registered, and its kubelet at work. */
  get kubeletRuns(): boolean {
    return (
      !this.#destroyed && this.up.node !== undefined && !this.vanished && !this.#impairments.includes('kubeletSilent')
    )
  }

  /** Its etcd member and API server answer. */
  get serves(): boolean {
    return !this.#destroyed && !this.vanished && this.up.apiServer !== undefined
  }

  boot(): void {
    if (!this.vanished) this.#start('vm', () => this.#start('node', () => this.#nodeStarted()))
    else {
      // Its node is still there, and nobody beats for it.
      if (this.#host.store.get(nodes, this.name) !== undefined) this.#lifecycle.start()
      this.#apply()
    }
  }

  /** Silent destruction: what it leaves in the cluster is for others to remove. */
  destroy(): void {
    this.#destroyed = true
    for (const timer of this.#timers) timer.cancel()
    this.#lifecycle.stop()
    this.#blocked = []
    if (this.role === 'control-plane') this.#host.controlPlaneChanged(this)
  }

  impair(impairment: Impairment): Disposable {
    this.#impairments.push(impairment)
    this.#apply()
    return {
      [Symbol.dispose]: () => {
        if (impairment === 'vanished') return // a machine that is gone does not come back
        this.#impairments.splice(this.#impairments.indexOf(impairment), 1)
        this.#apply()
      },
    }
  }

  #apply(): void {
    if (this.#destroyed) return
    const has = (impairment: Impairment): boolean => this.#impairments.includes(impairment)
    if (this.vanished) for (const timer of this.#timers) timer.cancel()
    this.#lifecycle.setKubelet(
      this.vanished || has('kubeletSilent') ? 'silent' : has('notReady') ? 'notReady' : 'ready',
    )
    if (this.role === 'control-plane' && this.vanished) this.#host.controlPlaneChanged(this)
    if (!has('bootStuck') && !this.vanished) {
      const blocked = this.#blocked
      this.#blocked = []
      for (const resume of blocked) resume()
    }
    this.#host.changed(this)
  }

  #start(part: Part, then: () => void): void {
    const { clock, random } = this.#host
    const { duration, jitter } = this.#delays[part]
    const delay = duration * (1 + jitter * random.draw('startup', this.cluster, this.name, part))
    const finish = (): void => {
      if (this.#impairments.includes('bootStuck')) {
        this.#blocked.push(finish)
        return
      }
      this.up[part] = clock.wallMs()
      then()
      this.#host.changed(this)
    }
    const timer = clock.after(delay, () => {
      this.#timers.delete(timer)
      finish()
    })
    this.#timers.add(timer)
  }

  #nodeStarted(): void {
    const { store, clock } = this.#host
    const now = rfc3339(clock.wallMs())
    const controlPlane = this.role === 'control-plane'
    if (store.get(nodes, this.name) === undefined)
      store.create(
        nodes,
        nodeObject(this.name, { providerID: this.providerID, version: this.version, controlPlane, now }),
      )
    if (store.get(leases, `kube-node-lease/${this.name}`) === undefined)
      store.create(leases, leaseObject(this.name, rfc3339Micro(clock.wallMs())))
    this.#lifecycle.start()
    this.#apply()
    if (!controlPlane) return
    this.#start('etcd', () => {
      this.#createPod('etcd')
      this.#host.etcdStarted(this)
    })
    this.#start('apiServer', () => {
      for (const component of ['kube-apiserver', ...staticComponents]) this.#createPod(component)
      this.#host.apiServerStarted(this)
    })
  }

  #createPod(component: string): void {
    const { store, clock } = this.#host
    if (store.get(pods, `kube-system/${component}-${this.name}`) !== undefined) return
    store.create(pods, staticPod(component, this.name, this.version, rfc3339(clock.wallMs())))
  }
}
