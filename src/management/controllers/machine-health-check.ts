/** Finds machines that are unhealthy for too long and asks their owners to act, within limits. Source: cluster-api core/reconcilers/machinehealthcheck. */
import { splitKey, type Condition } from '../../kube/object.ts'
import { labelSelectorMatcher } from '../../kube/selector.ts'
import type { ReconcileResult } from '../../kube/work-queue.ts'
import { getCondition, isTrue, no, yes } from '../conditions.ts'
import type { Wanted } from '../../kube/conditions.ts'
import {
  controlPlaneLabel,
  intOrPercent,
  isDeleting,
  isOwnedBy,
  isPaused,
  namespaceOf,
  ownerRef,
  patchStatus,
  type Context,
} from '../context.ts'
import { clusters, machineHealthChecks, machines as machineKind } from '../kinds/catalogue.ts'
import type { Cluster, Machine, MachineHealthCheck, UnhealthyCondition } from '../kinds/types.ts'
import type { Node } from '../cluster-cache.ts'

const skipAnnotations = ['cluster.x-k8s.io/paused', 'cluster.x-k8s.io/skip-remediation']
const remediateAnnotation = 'cluster.x-k8s.io/remediate-machine'
const defaultStartupTimeout = 600

interface Verdict {
  readonly machine: Machine
  /** Why it is unhealthy; undefined while it isn't. */
  readonly unhealthy: { readonly reason: string; readonly message: string } | undefined
  /** Milliseconds until something may have run out. */
  readonly nextCheck: number | undefined
  readonly healthy: boolean
}

export function machineHealthCheckReconciler(context: Context): (key: string) => Promise<ReconcileResult | void> {
  const { informers, clients, clusterCache, plants } = context
  return async (key) => {
    const { namespace, name } = splitKey(key)
    const check = informers.machineHealthChecks.get(namespace, name)
    if (check === undefined || isDeleting(check)) return
    const cluster = informers.clusters.get(namespace, check.spec.clusterName)
    if (cluster === undefined || isDeleting(cluster) || isPaused(cluster, check)) return
    if (!isOwnedBy(check, cluster)) {
      await clients.core.patch(machineHealthChecks, namespace, name, {
        metadata: { ownerReferences: [ownerRef(clusters, cluster, false)] },
      })
      return
    }
    if (plants.healthCheckOff) return
    const clusterKey = `${namespace}/${cluster.metadata.name}`
    const initialized = cluster.status?.initialization?.controlPlaneInitialized === true
    // Without a connection nobody is judged: what it would see is old.
    const nodes = initialized || clusterCache.isConnected(clusterKey) ? clusterCache.nodes(clusterKey) : undefined
    const targets = targetsOf(context, check)
    const verdicts = targets.map((machine) =>
      judge(
        context,
        check,
        cluster,
        machine,
        machine.status?.nodeRef === undefined ? undefined : nodes?.get('', machine.status.nodeRef.name),
      ),
    )
    const healthy = verdicts.filter((verdict) => verdict.healthy)
    const unhealthyCount = targets.length - healthy.length
    const limit = allowance(check, targets.length, unhealthyCount)
    const allowed = limit.allowed || plants.ignoreHealthCheckLimit
    await patchStatus(
      context,
      clients.core,
      machineHealthChecks,
      check,
      {
        expectedMachines: targets.length,
        currentHealthy: healthy.length,
        remediationsAllowed: limit.remediations,
        targets: targets.map((machine) => machine.metadata.name).sort(),
      },
      [
        limit.allowed
          ? yes('RemediationAllowed', 'RemediationAllowed')
          : no(
              'RemediationAllowed',
              'TooManyUnhealthy',
              `Remediation is not allowed, the number of not started or unhealthy machines exceeds ${limit.text} (total: ${targets.length}, unhealthy: ${unhealthyCount}, ${limit.text})`,
            ),
        no('Paused', 'NotPaused'),
      ],
    )
    for (const { machine, unhealthy, healthy: isHealthy } of verdicts) {
      if (isHealthy)
        await mark(context, machine, [
          yes('HealthCheckSucceeded', 'HealthCheckSucceeded'),
          getCondition(machine, 'OwnerRemediated') === undefined ? undefined : yes('OwnerRemediated', 'NotNeeded'),
        ])
      else if (unhealthy !== undefined) {
        const remediation = getCondition(machine, 'OwnerRemediated')
        const ask = allowed && (remediation === undefined || remediation.status === 'True') && !isDeleting(machine)
        await mark(context, machine, [
          no('HealthCheckSucceeded', unhealthy.reason, unhealthy.message),
          ask ? no('OwnerRemediated', 'WaitingForRemediation') : undefined,
        ])
      }
    }
    const next = verdicts.map((verdict) => verdict.nextCheck).filter((ms) => ms !== undefined)
    return next.length === 0 ? undefined : { requeueAfter: Math.min(...next) }
  }
}

async function mark(context: Context, machine: Machine, conditions: readonly (Wanted | undefined)[]): Promise<void> {
  if (isDeleting(machine)) return
  await patchStatus(context, context.clients.core, machineKind, machine, {}, conditions)
}

function targetsOf({ informers }: Context, check: MachineHealthCheck): Machine[] {
  const matches = labelSelectorMatcher(check.spec.selector)
  return [...informers.machines.values()].filter(
    (machine) =>
      namespaceOf(machine) === namespaceOf(check) &&
      machine.spec.clusterName === check.spec.clusterName &&
      matches(machine.metadata.labels) &&
      !skipAnnotations.some((annotation) => machine.metadata.annotations?.[annotation] !== undefined),
  )
}

function judge(
  context: Context,
  check: MachineHealthCheck,
  cluster: Cluster,
  machine: Machine,
  node: Node | undefined,
): Verdict {
  const sick = (reason: string, message: string): Verdict => ({
    machine,
    unhealthy: { reason, message },
    nextCheck: undefined,
    healthy: false,
  })
  if (machine.metadata.annotations?.[remediateAnnotation] !== undefined)
    return sick(
      'HasRemediateAnnotation',
      'Health check failed: marked for remediation via cluster.x-k8s.io/remediate-machine annotation',
    )
  const pending = (nextCheck?: number): Verdict => ({ machine, unhealthy: undefined, nextCheck, healthy: false })
  const worker = machine.metadata.labels?.[controlPlaneLabel] === undefined
  if (worker && !isTrue(cluster, 'ControlPlaneInitialized')) return pending()
  if (!isTrue(cluster, 'InfrastructureReady')) return pending()

  const nowMs = context.clock.wallMs()
  const {
    nodeStartupTimeoutSeconds = defaultStartupTimeout,
    unhealthyNodeConditions = [],
    unhealthyMachineConditions = [],
  } = check.spec.checks ?? {}
  const machineMatch = firstMatch(unhealthyMachineConditions, (type) => getCondition(machine, type), nowMs)
  if (machineMatch.matched !== undefined)
    return sick(
      'UnhealthyMachine',
      `Health check failed: Condition ${machineMatch.matched.type} on Machine is reporting status ${machineMatch.matched.status} for more than ${machineMatch.matched.timeoutSeconds}s`,
    )
  if (machine.status?.nodeRef === undefined) {
    if (nodeStartupTimeoutSeconds === 0) return pending(machineMatch.nextCheck)
    const since = Math.max(
      Date.parse(machine.metadata.creationTimestamp ?? ''),
      transitionTime(getCondition(cluster, 'ControlPlaneInitialized')),
      transitionTime(getCondition(cluster, 'InfrastructureReady')),
      machine.status?.initialization?.infrastructureProvisioned === true
        ? transitionTime(getCondition(machine, 'InfrastructureReady'))
        : 0,
    )
    const left = since + nodeStartupTimeoutSeconds * 1000 - nowMs
    return left < 0
      ? sick(
          'NodeStartupTimeout',
          `Health check failed: Node failed to report startup in ${nodeStartupTimeoutSeconds}s`,
        )
      : pending(left + 1000)
  }
  if (node === undefined)
    return sick('NodeDeleted', `Health check failed: Node ${machine.status.nodeRef.name} has been deleted`)
  const nodeMatch = firstMatch(
    unhealthyNodeConditions,
    (type) => node.status?.conditions?.find((condition) => condition.type === type),
    nowMs,
  )
  if (nodeMatch.matched !== undefined)
    return sick(
      'UnhealthyNode',
      `Health check failed: Condition ${nodeMatch.matched.type} on Node is reporting status ${nodeMatch.matched.status} for more than ${nodeMatch.matched.timeoutSeconds}s`,
    )
  const waits = [machineMatch.nextCheck, nodeMatch.nextCheck].filter((ms) => ms !== undefined)
  if (waits.length > 0) return pending(Math.min(...waits))
  return { machine, unhealthy: undefined, nextCheck: undefined, healthy: !isDeleting(machine) }
}

/** Strictly longer than its timeout; otherwise when to look again: what is left, plus a second. */
function firstMatch(
  rules: readonly UnhealthyCondition[],
  read: (type: string) => Condition | undefined,
  nowMs: number,
): { matched?: UnhealthyCondition; nextCheck?: number } {
  let nextCheck: number | undefined
  for (const rule of rules) {
    const condition = read(rule.type)
    if (condition?.status !== rule.status) continue
    const left = transitionTime(condition) + rule.timeoutSeconds * 1000 - nowMs
    if (left < 0) return { matched: rule }
    nextCheck = Math.min(nextCheck ?? Infinity, left + 1000)
  }
  return nextCheck === undefined ? {} : { nextCheck }
}

const transitionTime = (condition: Condition | undefined): number =>
  condition?.lastTransitionTime === undefined ? 0 : Date.parse(condition.lastTransitionTime)

/** Source: isAllowedRemediation. Percentages round down; a range takes precedence. */
export function allowance(
  check: MachineHealthCheck,
  expected: number,
  unhealthy: number,
): { allowed: boolean; remediations: number; text: string } {
  const { unhealthyLessThanOrEqualTo = '100%', unhealthyInRange } = check.spec.remediation?.triggerIf ?? {}
  const range = /^\[(\d+)-(\d+)\]$/.exec(unhealthyInRange ?? '')
  if (range !== null) {
    const [low, high] = [Number(range[1]), Number(range[2])]
    const allowed = unhealthy >= low && unhealthy <= high
    return { allowed, remediations: allowed ? high - unhealthy : 0, text: `unhealthyInRange: ${unhealthyInRange}` }
  }
  const limit = intOrPercent(unhealthyLessThanOrEqualTo, expected, 'down')
  const allowed = unhealthy <= limit
  return {
    allowed,
    remediations: allowed ? limit - unhealthy : 0,
    text: `unhealthyLessThanOrEqualTo: ${unhealthyLessThanOrEqualTo}`,
  }
}
