/** Every timer of Cluster API v1.14 that the reference controllers obey; milliseconds. Source: cluster-api, per line. */
export interface Timers {
  /** util/controller: least time between reconciles of one object. */
  readonly reconcileGate: number
  /** machinehealthcheck_controller.go: the same, for a MachineHealthCheck. */
  readonly healthCheckGate: number
  /** clustercache: GET / this often, … */
  readonly probeInterval: number
  /** … each given this long, … */
  readonly probeTimeout: number
  /** … disconnected after so many failures in a row, … */
  readonly probeFailures: number
  /** … and connected again this long after a failed try. */
  readonly reconnectInterval: number
  /** clustercache: every remote request but watches. */
  readonly clientTimeout: number
  /** clustercache: a remote watch is given up after this. */
  readonly watchTimeout: number
  /** core --remote-connection-grace-period: RemoteConnectionProbe turns False. */
  readonly remoteConnectionGrace: number
  /** core --remote-conditions-grace-period: remote conditions turn Unknown. */
  readonly remoteConditionsGrace: number
  /** KCP: requeue while not initialized or unhealthy. */
  readonly controlPlaneRetry: number
  /** KCP: requeue after failed preflight checks. */
  readonly controlPlanePreflight: number
  /** MachineSet: requeue after failed preflight checks. */
  readonly machineSetPreflight: number
  /** cluster_controller.go: requeue while descendants are being deleted. */
  readonly clusterDeletion: number
  /** machine drain: retry. */
  readonly drainRetry: number
  /** Machine.spec.deletion.nodeDeletionTimeoutSeconds, defaulted. */
  readonly nodeDeletionTimeout: number
}

export const realTimers: Timers = {
  reconcileGate: 1_000,
  healthCheckGate: 15_000,
  probeInterval: 10_000,
  probeTimeout: 5_000,
  probeFailures: 5,
  reconnectInterval: 30_000,
  clientTimeout: 10_000,
  watchTimeout: 660_000,
  remoteConnectionGrace: 50_000,
  remoteConditionsGrace: 300_000,
  controlPlaneRetry: 20_000,
  controlPlanePreflight: 15_000,
  machineSetPreflight: 15_000,
  clusterDeletion: 5_000,
  drainRetry: 20_000,
  nodeDeletionTimeout: 10_000,
}
