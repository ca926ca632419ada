/** Evaluates a plan's probes again and again; the journal gets the first outcome and every change. */
import { sleep, type Clock } from '../../base/clock.ts'
import type { JournalEvent } from '../../journal/events.ts'
import type { Probe } from '../../faults/plan.ts'
import { evaluateProbe, probeName, type ProbeSource } from '../../faults/probe.ts'

export interface ProbeWatchOptions {
  readonly clock: Clock
  readonly source: ProbeSource
  readonly record: (event: JournalEvent) => void
  readonly probes: readonly Probe[]
}

export class ProbeWatch {
  readonly #options: ProbeWatchOptions

  constructor(options: ProbeWatchOptions) {
    this.#options = options
  }

  /** Every probe once, written down whatever it was before. */
  async once(): Promise<void> {
    for (const probe of this.#options.probes) await this.#evaluate(probe, undefined)
  }

  /** Every probe at its own pace until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#options.probes.map((probe) => this.#repeat(probe, signal)))
  }

  async #repeat(probe: Probe, signal: AbortSignal): Promise<void> {
    let last: string | undefined
    try {
      while (!signal.aborted) {
        last = await this.#evaluate(probe, last)
        await sleep(this.#options.clock, probe.every, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #evaluate(probe: Probe, last: string | undefined): Promise<string> {
    const { outcome, detail } = await evaluateProbe(probe, this.#options.source)
    if (outcome !== last) this.#options.record({ type: 'probe', probe: probeName(probe), outcome, detail })
    return outcome
  }
}
