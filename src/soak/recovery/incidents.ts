/**
 * Four clocks for every fault: injected, effective (the first thing it touched), detected (the first sign of it in
 * the management cluster), converged (its clusters have come to rest after the heal). What did not converge before
 * the end is censored, not forgotten.
 */
import type { JournalEntry } from '../../journal/events.ts'
import type { FleetState } from '../fleet-state.ts'
import type { RunSettings } from '../run-settings.ts'
import { recoveryBound, type Bound } from './bounds.ts'

export interface Incident {
  readonly id: string
  readonly kind: string
  readonly clusters: readonly string[]
  readonly injectedAt: number
  readonly evidence: readonly number[]
  effectiveAt: number | undefined
  detectedAt: number | undefined
  healedAt: number | undefined
  convergedAt: number | undefined
  /** When convergence was last possible: heal, or the end of churn if that came later. */
  dueFrom: number | undefined
  hits: number
  bound: Bound | undefined
  readonly machines: readonly string[]
  readonly waiting: Set<string>
}

/** Kinds that end for good at their effect: there is nothing to heal. */
const permanent = new Set(['machine.vanish'])

export class IncidentTracker {
  readonly #settings: RunSettings
  readonly #open = new Map<string, Incident>()
  readonly #settling = new Set<Incident>()
  readonly incidents: Incident[] = []
  #phase = ''
  /** Watch expiry comes by the hundred: what a run keeps is bounded. */
  readonly #max = 5_000

  constructor(settings: RunSettings) {
    this.#settings = settings
  }

  /** `state` is the fleet after this entry. */
  observe(entry: JournalEntry, state: FleetState): void {
    const { event, at, seq } = entry
    switch (event.type) {
      case 'run.resumed':
        this.#open.clear()
        this.#settling.clear()
        break
      case 'phase.entered':
        this.#phase = event.phase
        if (event.phase === 'quiet') for (const incident of this.#settling) incident.dueFrom = at
        if (event.phase === 'drain') this.#settling.clear()
        break
      case 'fault.injected':
        this.#open.set(event.incident, {
          id: event.incident,
          kind: event.kind,
          clusters: event.targets.clusters,
          machines: event.targets.machines,
          injectedAt: at,
          evidence: [seq],
          effectiveAt: undefined,
          detectedAt: undefined,
          healedAt: undefined,
          convergedAt: undefined,
          dueFrom: undefined,
          hits: 0,
          bound: undefined,
          waiting: new Set(),
        })
        break
      case 'fault.hit': {
        const incident = this.#open.get(event.incident)
        if (incident === undefined) break
        incident.hits++
        incident.effectiveAt ??= at
        break
      }
      case 'object.changed':
        this.#detect(entry)
        this.#settle(at, state, event.facts['cluster'] as string | undefined)
        break
      case 'fault.healed': {
        const incident = this.#open.get(event.incident)
        if (incident === undefined) break
        this.#open.delete(event.incident)
        if (incident.hits === 0) break // what touched nothing has nothing to recover from; the plan's own check says so
        incident.healedAt = permanent.has(incident.kind) ? incident.effectiveAt : at
        incident.dueFrom = this.#phase === 'quiet' ? at : undefined
        incident.bound = recoveryBound(incident.kind, this.#settings, at - incident.injectedAt)
        for (const cluster of incident.clusters) if (cluster !== 'management') incident.waiting.add(cluster)
        if (this.incidents.length < this.#max) this.incidents.push(incident)
        this.#settling.add(incident)
        this.#settle(at, state, undefined)
        break
      }
      default:
    }
  }

  /** The first sign: a condition of a target that says something is wrong. */
  #detect({ event, at }: JournalEntry): void {
    if (event.type !== 'object.changed' || event.change === 'added') return
    const { ref, facts } = event
    if (ref.kind !== 'Machine' && ref.kind !== 'Cluster') return
    for (const incident of [...this.#open.values(), ...this.#settling]) {
      if (incident.detectedAt !== undefined || incident.effectiveAt === undefined) continue
      const cluster = facts['cluster'] as string
      if (!incident.clusters.includes(cluster)) continue
      const machineSign =
        ref.kind === 'Machine' &&
        incident.machines.includes(`${cluster}/${ref.name}`) &&
        (facts['nodeReady'] !== 'True' || facts['healthy'] === 'False')
      const clusterSign = incident.machines.length === 0 && ref.kind === 'Cluster' && facts['connected'] !== 'True'
      if (machineSign || clusterSign) incident.detectedAt = at
    }
  }

  #settle(at: number, state: FleetState, changed: string | undefined): void {
    for (const incident of this.#settling) {
      for (const cluster of [...incident.waiting]) {
        if (changed !== undefined && cluster !== changed) continue
        const why = state.waitingFor(cluster)
        if (why === undefined || why === 'it does not exist') incident.waiting.delete(cluster)
      }
      if (incident.waiting.size > 0) continue
      incident.convergedAt = at
      this.#settling.delete(incident)
    }
  }
}
