/** The world a soak runs against, in this process: the target, and what shows it from outside. */
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { engineControl } from '../faults/control.ts'
import type { FileJournal } from '../journal/journal.ts'
import { realTimers } from '../management/timers.ts'
import { realNodeTimings } from '../provider/machines/node-lifecycle.ts'
import type { FleetState } from '../soak/fleet-state.ts'
import { settingsOver, type SoakProfile } from '../soak/profile.ts'
import type { SoakTarget } from '../soak/run.ts'
import { EmbeddedWorld } from './embedded.ts'
import { startMetricsServer } from './metrics.ts'
import { noPlants, plantsFor } from './plants.ts'
import { processSamples } from './process-samples.ts'

export interface SoakWorld extends AsyncDisposable {
  readonly target: SoakTarget
  /** Serves `/metrics` while the run lasts, where there is anything of ours to measure. */
  serveMetrics(state: FleetState): Promise<AsyncDisposable | undefined>
}

export interface SoakWorldOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly journal: FileJournal
  readonly profile: SoakProfile
  readonly metricsPort: number | undefined
}

/** Everything in this process; over sockets when `live`. */
export async function embeddedWorld(
  options: SoakWorldOptions & { readonly live: boolean; readonly freezes: boolean; readonly plant: string },
): Promise<SoakWorld> {
  const { clock, random, log, journal, profile, live, freezes, plant, metricsPort } = options
  const world = await EmbeddedWorld.start({
    clock,
    random,
    log,
    journal,
    timers: settingsOver(realTimers, profile.timers),
    nodeTimings: settingsOver(realNodeTimings, profile.nodes),
    plants: plant === '' ? noPlants : plantsFor(plant),
    sockets: live ? { firstPort: 20_000 + ((process.pid * 37) % 8_000), mayFreeze: () => freezes } : undefined,
  })
  const { site } = world
  return {
    target: {
      client: world.insideClient('capstorm-soak'),
      workloadClient: (cluster) => world.insideWorkloadClient(cluster, 'capstorm-soak'),
      control: engineControl(site.engine),
      infrastructure: site.dataCenter,
      ledger: async () => site.ledger(),
      requestTotals: () => site.totals.take(),
      samples: async () => (live ? processSamples() : {}),
    },
    serveMetrics: async (state) =>
      live ? startMetricsServer({ site, journal, state, clock, log, port: metricsPort }) : undefined,
    [Symbol.asyncDispose]: () => world[Symbol.asyncDispose](),
  }
}
