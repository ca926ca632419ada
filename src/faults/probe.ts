/** Evaluates probes: is something so, now? The answer goes to the journal, where verdicts find it. */
import { conditionOf, resourceId, type Condition, type KubeObject } from '../kube/object.ts'
import type { ProbeOutcome } from '../journal/events.ts'
import type { Probe } from './plan.ts'

/** Where probes look: objects of a cluster by `resource.version.group` or `resource.group`. Never through a fault. */
export interface ProbeSource {
  list(cluster: string, gvr: string): Promise<readonly KubeObject[]>
}

export interface ProbeResult {
  readonly outcome: ProbeOutcome
  readonly detail: string
}

export const probeName = (probe: Probe): string => probe.name ?? JSON.stringify(probe.k8s)

export async function evaluateProbe(probe: Probe, source: ProbeSource): Promise<ProbeResult> {
  const { gvr, cluster, namespace, name, labels = {}, exists, count, condition } = probe.k8s
  try {
    const objects = (await source.list(cluster, gvr)).filter(
      ({ metadata }) =>
        (namespace === undefined || metadata.namespace === namespace) &&
        (name === undefined || metadata.name === name) &&
        Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
    )
    const checks: [boolean, string][] = []
    if (exists !== undefined) checks.push([objects.length > 0 === exists, `${objects.length} exist`])
    if (count !== undefined) checks.push([compare(objects.length, count), `count is ${objects.length}`])
    if (condition !== undefined) {
      const off = objects.filter(
        (object) =>
          conditionOf((object.status as { conditions?: Condition[] } | undefined)?.conditions, condition.type)
            ?.status !== condition.status,
      )
      checks.push([
        objects.length > 0 && off.length === 0,
        `${condition.type} is not ${condition.status} on ${off.length} of ${objects.length}${off[0] === undefined ? '' : `, first ${off[0].metadata.name}`}`,
      ])
    }
    if (checks.length === 0) checks.push([objects.length > 0, `${objects.length} exist`])
    const failed = checks.find(([ok]) => !ok)
    return failed === undefined ? { outcome: 'true', detail: '' } : { outcome: 'false', detail: failed[1] }
  } catch (error) {
    return { outcome: 'error', detail: (error as Error).message }
  }
}

/** Whether a resource is what a probe's `gvr` names: `machines`, `machines.cluster.x-k8s.io` or `machines.v1beta2.cluster.x-k8s.io`. */
export function namesResource(gvr: string, resource: { group: string; version: string; resource: string }): boolean {
  return (
    gvr === resource.resource ||
    gvr === resourceId(resource) ||
    gvr === `${resource.resource}.${resource.version}.${resource.group}`
  )
}

function compare(actual: number, wanted: number | string): boolean {
  if (typeof wanted === 'number') return actual === wanted
  const [, operator, text] = /^(>=|<=|==|!=|>|<) ?(\d+)$/.exec(wanted) as RegExpExecArray
  const value = Number(text)
  switch (operator) {
    case '>':
      return actual > value
    case '>=':
      return actual >= value
    case '<':
      return actual < value
    case '<=':
      return actual <= value
    case '!=':
      return actual !== value
    default:
      return actual === value
  }
}
