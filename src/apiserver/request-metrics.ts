/**
 * What is counted of requests, under kube-apiserver's names and labels, in Prometheus' text format.
 * Source: k8s.io/apiserver/pkg/endpoints/metrics.
 */
import type { Exchange } from '../kube/handler.ts'
import type { KubeRequest } from '../kube/request.ts'
import { applyPatchType } from './patch-body.ts'
import type { Watcher } from './watcher.ts'

/** Upper bounds in seconds, as a real server has them. */
const bounds = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
] as const

/** How many took how long; the counts end with the slowest bucket that has any, which is the first for most. */
interface Durations {
  sum: number
  readonly counts: number[]
}

export class RequestMetrics {
  readonly #totals = new Map<string, number>()
  readonly #durations = new Map<string, Durations>()

  /** Counts an answered request; watches have no duration that means anything. */
  count(exchange: Exchange, status: number, seconds: number): void {
    const labels = labelsOf(exchange)
    const total = `{code="${status}",${labels}}`
    this.#totals.set(total, (this.#totals.get(total) ?? 0) + 1)
    if (exchange.request.verb === 'watch') return
    let durations = this.#durations.get(labels)
    if (durations === undefined) this.#durations.set(labels, (durations = { sum: 0, counts: [] }))
    durations.sum += seconds
    const found = bounds.findIndex((bound) => seconds <= bound)
    const bucket = found < 0 ? bounds.length : found
    while (durations.counts.length <= bucket) durations.counts.push(0)
    durations.counts[bucket] = (durations.counts[bucket] as number) + 1
  }

  /** Begins to count anew. */
  reset(): void {
    this.#totals.clear()
    this.#durations.clear()
  }

  text(inFlight: InFlight, watchers: Iterable<Watcher>): string {
    return [
      ...headOf('apiserver_request_total', 'counter', 'Requests, by what was asked and the code of the answer.'),
      ...[...this.#totals].map(([label, count]) => `apiserver_request_total${label} ${count}`),
      ...headOf('apiserver_request_duration_seconds', 'histogram', 'Time to the answer, by what was asked.'),
      ...[...this.#durations].flatMap(([labels, durations]) => histogram(labels, durations)),
      ...headOf('apiserver_current_inflight_requests', 'gauge', 'Requests that are being answered, by kind.'),
      `apiserver_current_inflight_requests{request_kind="mutating"} ${inFlight.mutating}`,
      `apiserver_current_inflight_requests{request_kind="readOnly"} ${inFlight.readOnly}`,
      ...headOf('apiserver_longrunning_requests', 'gauge', 'Open watches, by what they watch.'),
      ...[...openWatches(watchers)].map(([label, count]) => `apiserver_longrunning_requests${label} ${count}`),
      '',
    ].join('\n')
  }
}

export interface InFlight {
  readonly mutating: number
  readonly readOnly: number
}

const headOf = (name: string, type: string, help: string): string[] => [
  `# HELP ${name} [STABLE] ${help}`,
  `# TYPE ${name} ${type}`,
]

function labelsOf({ request, headers }: Exchange): string {
  const { group, version, resource, subresource, query } = request
  const dryRun = query.get('dryRun') === 'All' ? 'All' : ''
  const place = `group="${group}",resource="${resource}",scope="${scopeOf(request)}",subresource="${subresource}"`
  const applies = request.verb === 'patch' && headers['content-type'] === applyPatchType
  return `component="apiserver",dry_run="${dryRun}",${place},verb="${verbOf(request, applies)}",version="${version}"`
}

/** Whether one object is meant, those of a namespace, or all. */
export function scopeOf({ isResource, verb, name, namespace }: KubeRequest): string {
  if (!isResource) return ''
  return name !== '' || verb === 'create' ? 'resource' : namespace === '' ? 'cluster' : 'namespace'
}

const known = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])

function verbOf({ method, verb }: KubeRequest, applies: boolean): string {
  if (applies) return 'APPLY'
  if (verb === 'list' || verb === 'watch' || verb === 'connect') return verb.toUpperCase()
  return known.has(method) ? method.replace('HEAD', 'GET') : 'other'
}

function histogram(labels: string, { sum, counts }: Durations): string[] {
  const name = 'apiserver_request_duration_seconds'
  let seen = 0
  const buckets = [...bounds, '+Inf'].map((bound, index) => {
    seen += counts[index] ?? 0
    return `${name}_bucket{${labels},le="${bound}"} ${seen}`
  })
  return [...buckets, `${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${seen}`]
}

function openWatches(watchers: Iterable<Watcher>): Map<string, number> {
  const open = new Map<string, number>()
  for (const { collection, scope } of watchers) {
    const { group, version, resource } = collection.definition
    const label = `{component="apiserver",group="${group}",resource="${resource}",scope="${scope}",subresource="",verb="WATCH",version="${version}"}`
    open.set(label, (open.get(label) ?? 0) + 1)
  }
  return open
}
