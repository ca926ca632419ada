/** `/metrics`, `/healthz` and `/readyz` on a loopback port while a run or a fleet lasts. Names are listed in docs/metrics.md. */
import { createServer, type Server } from 'node:http'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { UsageError } from '../base/usage-error.ts'
import type { FileJournal } from '../journal/journal.ts'
import type { FleetState } from '../soak/fleet-state.ts'
import type { Site } from './site.ts'

export interface MetricsOptions {
  readonly site: Site
  /** Those of a run, where there is one. */
  readonly journal?: FileJournal
  readonly state?: FleetState
  readonly clock: Clock
  readonly log: Log
  /** 0 or absent: any free port. */
  readonly port: number | undefined
  /** Loopback where absent. */
  readonly host?: string
}

export interface MetricsServer extends AsyncDisposable {
  readonly url: string
}

export async function startMetricsServer(options: MetricsOptions): Promise<MetricsServer> {
  const { site, log, port = 0, host = '127.0.0.1' } = options
  const registry = new Registry()
  const lag = monitorEventLoopDelay({ resolution: 10 })
  lag.enable()
  const collect = defineMetrics(registry, options, lag)
  const server = createServer((req, res) => {
    const path = (req.url ?? '/').split('?')[0]
    if (path === '/metrics') {
      collect()
      void registry.metrics().then((text) => res.writeHead(200, { 'content-type': registry.contentType }).end(text))
    } else if (path === '/healthz' || path === '/livez') res.writeHead(200, { 'content-type': 'text/plain' }).end('ok')
    else if (path === '/readyz') {
      const ready = [...site.dataCenter.workloadClusters].length > 0
      res.writeHead(ready ? 200 : 503, { 'content-type': 'text/plain' }).end(ready ? 'ok' : 'no cluster yet')
    } else res.writeHead(404, { 'content-type': 'text/plain' }).end('not found; try /metrics, /healthz or /readyz')
  })
  await listen(server, port, host)
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`
  log.info({ url: `${url}/metrics` }, 'metrics are served')
  return {
    url,
    async [Symbol.asyncDispose]() {
      lag.disable()
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        cause.code === 'EADDRINUSE'
          ? new UsageError(`--metrics-port ${port}: the port is in use; give another one, or 0 for any`, { cause })
          : cause,
      )
    })
    server.listen(port, host, resolve)
  })
}

function defineMetrics(
  registry: Registry,
  { site, journal, state }: MetricsOptions,
  lag: ReturnType<typeof monitorEventLoopDelay>,
): () => void {
  const gauge = <L extends string>(name: string, help: string, labelNames: L[] = []): Gauge<L> =>
    new Gauge({ name, help, labelNames, registers: [registry] })
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []): Counter<L> =>
    new Counter({ name, help, labelNames, registers: [registry] })
  const clusters = gauge('capstorm_clusters', 'Workload clusters by state.', ['state'])
  const machines = gauge('capstorm_machines', 'Simulated machines by state.', ['state'])
  const watches = gauge('capstorm_watch_streams', 'Watch streams open through the proxy.')
  const connections = gauge('capstorm_proxy_connections', 'Client connections open at the proxy.')
  const requests = counter('capstorm_proxy_requests_total', 'Requests answered through the proxy.', ['verb', 'code'])
  const decisions = counter('capstorm_fault_decisions_total', 'Times a fault was rolled for, by kind.', ['kind'])
  const effects = counter('capstorm_fault_effects_total', 'Times a fault took effect, by kind.', ['kind'])
  const active = gauge('capstorm_faults_active', 'Faults armed now, by kind.', ['kind'])
  const provisioning = new Histogram({
    name: 'capstorm_machine_provisioning_seconds',
    help: 'From a machine’s start until its node is up.',
    buckets: [0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300],
    registers: [registry],
  })
  const delay = gauge('capstorm_event_loop_lag_seconds', 'Event-loop delay since the last scrape.', ['quantile'])
  const entries = gauge('capstorm_journal_entries', 'Entries written to the journal.')
  const pending = gauge('capstorm_journal_pending_bytes', 'Journal bytes not yet handed to the operating system.')
  const booted = new Map<object, number>()
  site.dataCenter.onBoot((machine) => booted.set(machine, performance.now()))
  site.dataCenter.onMachineChange((machine) => {
    const since = booted.get(machine)
    if (since === undefined || machine.up.node === undefined) return
    booted.delete(machine)
    provisioning.observe((performance.now() - since) / 1000)
  })
  site.totals.listen((verb, code) => requests.inc({ verb, code: String(code) }))

  return () => {
    clusters.reset()
    const known = state === undefined ? [] : [...state.ofKind('Cluster')]
    const available = known.filter(({ facts }) => facts['available'] === 'True').length
    if (state !== undefined) {
      clusters.set({ state: 'available' }, available)
      clusters.set({ state: 'unavailable' }, known.length - available)
    }
    clusters.set({ state: 'hosted' }, [...site.dataCenter.workloadClusters].length)
    machines.reset()
    for (const cluster of site.dataCenter.workloadClusters) {
      for (const machine of cluster.machines)
        machines.inc({ state: machine.vanished ? 'vanished' : machine.up.node === undefined ? 'booting' : 'running' })
    }
    watches.set(site.engine.streamCount)
    connections.set(site.proxy?.connectionCount ?? 0)
    for (const [kind, totals] of site.engine.totals) {
      decisions.remove({ kind })
      effects.remove({ kind })
      decisions.inc({ kind }, totals.eligible)
      effects.inc({ kind }, totals.hits)
      active.set({ kind }, totals.active)
    }
    for (const [quantile, percent] of [
      ['0.5', 50],
      ['0.99', 99],
    ] as const)
      delay.set({ quantile }, lag.percentile(percent) / 1e9)
    lag.reset()
    if (journal !== undefined) {
      entries.set(journal.size.entries)
      pending.set(journal.size.pending)
    }
  }
}
