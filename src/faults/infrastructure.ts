/** What the faults need of whoever hosts clusters and machines; `provider` implements it, `cli` passes it in. */

export interface ClusterFacts {
  readonly namespace: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

export type MachineRole = 'control-plane' | 'worker'

export interface MachineFacts {
  /** `namespace/name` of the workload cluster. */
  readonly cluster: string
  readonly name: string
  readonly role: MachineRole
  readonly labels: Readonly<Record<string, string>>
}

/** What can be wrong with a machine. `vanished` is for good; the others end when healed. */
export type Impairment = 'kubeletSilent' | 'notReady' | 'vanished' | 'bootStuck'

export interface Infrastructure {
  clusters(): readonly ClusterFacts[]
  /** Machines that exist now, booting ones included. */
  machines(): readonly MachineFacts[]
  /** Disposing heals. A machine that is gone meanwhile is no error. */
  impair(machine: MachineFacts, impairment: Impairment): Disposable
  /** Calls back for every machine of `cluster` that starts booting, until disposed: what `bootStuck` waits for. */
  onBoot(listener: (machine: MachineFacts) => void): Disposable
}

/** The id of a workload cluster in plans, journal and reports. */
export const clusterId = (cluster: { readonly namespace: string; readonly name: string }): string =>
  `${cluster.namespace}/${cluster.name}`

/** The management cluster's id. */
export const managementCluster = 'management'
