/** What a person sees while a run lasts: a display that refreshes itself on a terminal, a line every few seconds elsewhere. */
import type { Clock, Timer } from '../base/clock.ts'
import { formatDuration } from '../base/units.ts'
import type { FaultControl } from '../faults/control.ts'
import type { Phase } from '../journal/events.ts'
import type { FileJournal } from '../journal/journal.ts'
import type { FleetState } from '../soak/fleet-state.ts'
import type { SoakProfile } from '../soak/profile.ts'

export interface ProgressOptions {
  readonly clock: Clock
  readonly style: 'auto' | 'plain' | 'none'
  readonly profile: SoakProfile
}

interface ProgressParts {
  readonly state: FleetState
  readonly control: FaultControl
  readonly journal: FileJournal
}

const terminalInterval = 500
const plainInterval = 5_000

export class Progress {
  readonly #options: ProgressOptions
  readonly #started: number
  readonly #terminal: boolean
  #parts: ProgressParts | undefined
  #phase = 'starting'
  #phaseStarted: number
  #timer: Timer | undefined
  #drawn = 0

  constructor(options: ProgressOptions) {
    this.#options = options
    this.#started = options.clock.now()
    this.#phaseStarted = this.#started
    this.#terminal = options.style === 'auto' && process.stderr.isTTY === true
  }

  attach(state: FleetState, control: FaultControl, journal: FileJournal): void {
    this.#parts = { state, control, journal }
    if (this.#options.style !== 'none') this.#arm()
  }

  phase(phase: Phase, cycle: number): void {
    this.#phase = phase === 'faults' || phase === 'quiet' ? `${phase} (cycle ${cycle})` : phase
    this.#phaseStarted = this.#options.clock.now()
    if (this.#options.style !== 'none') this.#draw()
  }

  close(): void {
    this.#timer?.cancel()
    this.#erase()
  }

  #arm(): void {
    this.#timer = this.#options.clock.after(this.#terminal ? terminalInterval : plainInterval, () => {
      this.#draw()
      this.#arm()
    })
  }

  #draw(): void {
    if (this.#parts === undefined) return
    if (!this.#terminal) {
      process.stderr.write(`${this.#line()}\n`)
      return
    }
    const { state, control, journal } = this.#parts
    const columns = process.stderr.columns || 100 // some terminals say 0
    const waiting = state.waiting()
    const faults = control.active.map(
      ({ kind, clusters, machines }) =>
        `${kind} on ${machines.length > 0 ? machines.map(({ cluster, name }) => `${cluster}/${name}`).join(', ') : clusters.length > 3 ? `${clusters.length} clusters` : clusters.join(', ')}`,
    )
    const lines = [
      `  ${this.#line()}`,
      `  journal ${journal.size.entries} entries`,
      `  faults  ${faults.length === 0 ? 'none' : faults[0]}`,
      ...faults.slice(1, 5).map((fault) => `          ${fault}`),
      `  waiting ${waiting.length === 0 ? 'for nothing: the fleet has converged' : waiting[0]}`,
      ...waiting.slice(1, 4).map((text) => `          ${text}`),
    ].map((line) => line.slice(0, columns - 1))
    this.#erase()
    process.stderr.write(`${lines.join('\n')}\n`)
    this.#drawn = lines.length
  }

  #erase(): void {
    if (this.#terminal && this.#drawn > 0) process.stderr.write(`\u001b[${this.#drawn}A\u001b[0J`)
    this.#drawn = 0
  }

  #line(): string {
    const { clock } = this.#options
    const { state, control } = this.#parts as ProgressParts
    const clusters = [...state.ofKind('Cluster')]
    const machines = [...state.ofKind('Machine')]
    const count = (all: typeof clusters, fact: string): number =>
      all.filter(({ facts }) => facts[fact] === 'True').length
    const seconds = (ms: number): string => formatDuration(Math.round(ms / 1000) * 1000)
    return `${seconds(clock.now() - this.#started).padStart(6)}  ${this.#phase} for ${seconds(clock.now() - this.#phaseStarted)}  clusters ${count(clusters, 'available')}/${clusters.length} available  machines ${count(machines, 'ready')}/${machines.length} ready  faults ${control.active.length} active`
  }
}
