/**
 * How many requests at once, and what is counted of all: kube-apiserver's 429 and its request metric.
 * Source: k8s.io/apiserver/pkg/server/filters/maxinflight.go, pkg/endpoints/metrics.
 */
import { textReply, type Exchange, type Reply } from '../kube/handler.ts'

export class RequestLimits {
  readonly #inFlightMax: number
  #inFlight = 0
  readonly #totals = new Map<string, number>()

  constructor(inFlightMax = Number.POSITIVE_INFINITY) {
    this.#inFlightMax = inFlightMax
  }

  /** Runs a request within the limit; watches are long and don't count. */
  async around({ request }: Exchange, run: () => Promise<Reply>): Promise<Reply> {
    const counts = request.verb !== 'watch'
    if (counts && this.#inFlight >= this.#inFlightMax)
      return this.#counted(
        request,
        textReply(429, 'Too many requests, please try again later.\n', { 'retry-after': '1' }),
      )
    if (counts) this.#inFlight++
    try {
      return this.#counted(request, await run())
    } finally {
      if (counts) this.#inFlight--
    }
  }

  #counted(request: Exchange['request'], reply: Reply): Reply {
    const { verb, group, version, resource, subresource, namespace, name } = request
    const scope = !request.isResource ? '' : name !== '' ? 'resource' : namespace !== '' ? 'namespace' : 'cluster'
    const label = `{code="${reply.status}",component="apiserver",dry_run="",group="${group}",resource="${resource}",scope="${scope}",subresource="${subresource}",verb="${verb.toUpperCase()}",version="${version}"}`
    this.#totals.set(label, (this.#totals.get(label) ?? 0) + 1)
    return reply
  }

  /** Begins to count anew. */
  reset(): void {
    this.#totals.clear()
  }

  /** In Prometheus' text format. */
  metrics(watchers: number): string {
    return [
      '# HELP apiserver_request_total [STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
      '# TYPE apiserver_request_total counter',
      ...[...this.#totals].map(([label, count]) => `apiserver_request_total${label} ${count}`),
      '# HELP apiserver_current_inflight_requests [STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
      '# TYPE apiserver_current_inflight_requests gauge',
      `apiserver_current_inflight_requests{request_kind="readOnly"} ${this.#inFlight}`,
      '# HELP apiserver_longrunning_requests [STABLE] Gauge of all active long-running apiserver requests.',
      '# TYPE apiserver_longrunning_requests gauge',
      `apiserver_longrunning_requests{component="apiserver",verb="WATCH"} ${watchers}`,
      '',
    ].join('\n')
  }
}
