/**
 * Applies faults: knows every open stream, connection and listener, and which faults are armed against which
 * cluster. A fault that is not armed costs one table look-up. Every armed fault holds a lease; when nobody renews
 * it, it heals by itself, so traffic passes even if the planner has died.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Exchange, Handler, Reply, WatchStream } from '../kube/handler.ts'
import type { Journal } from '../journal/journal.ts'
import type { Connection, Listener } from './connection.ts'
import type { FaultKind, ConnectionFaultKind, RequestFaultKind, StreamFaultKind } from './fault-kind.ts'
import type { MachineFacts } from './infrastructure.ts'
import { clientOf, resourceOf, type ExchangeTest } from './match.ts'
import type { Sample } from './plan.ts'
import { Sampler, type Decision } from './sampler.ts'
import { TrackedStream } from './tracked-stream.ts'

export interface Incident {
  /** Unique in a run: `timeline[1].inject[0]#2`. */
  readonly id: string
  /** Stable across runs: keys the draws. */
  readonly fault: string
  readonly kind: FaultKind
  readonly spec: unknown
  readonly clusters: readonly string[]
  readonly machines: readonly MachineFacts[]
  readonly matches: ExchangeTest
  readonly streams: 'new' | 'existing' | 'both'
  readonly sample: Sample | undefined
  readonly priority: number
  readonly lease: number
}

export type HealReason = 'scheduled' | 'heal' | 'lease-expired' | 'abort'

interface Armed {
  readonly incident: Incident
  readonly sampler: Sampler
  readonly undo: Map<object, () => void>
  lease: Timer
}

/** Counters for `/metrics`, by fault kind. */
export interface FaultTotals {
  eligible: number
  hits: number
  active: number
}

export interface EngineOptions {
  readonly clock: Clock
  readonly random: Random
  readonly journal: Journal
  /** Carries out machine faults; returns how to heal them. */
  readonly strikeMachines: (incident: Incident, hit: (machine: MachineFacts) => boolean) => () => void
}

export class FaultEngine {
  readonly #options: EngineOptions
  readonly #armed = new Map<string, Armed>()
  /** Armed request and stream faults by cluster, in the order they apply. */
  readonly #rules = new Map<string, readonly Armed[]>()
  readonly #streams = new Map<string, Set<{ stream: TrackedStream; exchange: Exchange }>>()
  readonly #connections = new Map<string, Set<Connection>>()
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly totals = new Map<string, FaultTotals>()

  constructor(options: EngineOptions) {
    this.#options = options
  }

  get active(): readonly Incident[] {
    return [...this.#armed.values()].map(({ incident }) => incident)
  }

  get streamCount(): number {
    let count = 0
    for (const streams of this.#streams.values()) count += streams.size
    return count
  }

  /** The upstream with the cluster's faults around it. */
  around(cluster: string, upstream: Handler): Handler {
    return (exchange) => {
      const rules = this.#rules.get(cluster)
      if (rules === undefined)
        return exchange.request.verb === 'watch'
          ? this.#track(cluster, exchange, upstream(exchange))
          : upstream(exchange)
      return this.#through(cluster, rules, exchange, upstream)
    }
  }

  /** A client has connected. Returns what to call when the connection has ended. */
  connected(cluster: string, connection: Connection): () => void {
    const open = setOf(this.#connections, cluster)
    open.add(connection)
    for (const armed of this.#armed.values()) {
      const { kind, clusters, streams } = armed.incident
      if (kind.plane === 'connection' && clusters.includes(cluster) && streams !== 'existing')
        this.#strikeConnection(armed, cluster, connection)
    }
    return () => {
      open.delete(connection)
      if (open.size === 0) this.#connections.delete(cluster)
      for (const armed of this.#armed.values()) armed.undo.delete(connection)
    }
  }

  /** A cluster's front door has opened. */
  listening(cluster: string, listener: Listener): () => void {
    const doors = setOf(this.#listeners, cluster)
    doors.add(listener)
    for (const armed of this.#armed.values())
      if (armed.incident.clusters.includes(cluster)) this.#refuse(armed, cluster, listener)
    return () => {
      doors.delete(listener)
      if (doors.size === 0) this.#listeners.delete(cluster)
      for (const armed of this.#armed.values()) armed.undo.delete(listener)
    }
  }

  arm(incident: Incident): void {
    const { journal, clock, random, strikeMachines } = this.#options
    const armed: Armed = {
      incident,
      sampler: new Sampler(random, incident.fault, incident.sample),
      undo: new Map(),
      lease: clock.after(incident.lease, () => this.heal(incident.id, 'lease-expired')),
    }
    this.#armed.set(incident.id, armed)
    const { kind, clusters } = incident
    this.#totalsOf(kind.kind).active++
    journal.record({
      type: 'fault.injected',
      incident: incident.id,
      fault: incident.fault,
      kind: kind.kind,
      name: kind.summary,
      targets: { clusters, machines: incident.machines.map((machine) => `${machine.cluster}/${machine.name}`) },
      spec: incident.spec,
    })
    if (kind.plane === 'machine')
      armed.undo.set(
        armed,
        strikeMachines(
          incident,
          (machine) => this.#decide(armed, machine.cluster, `${machine.cluster}/${machine.name}`).hit,
        ),
      )
    else if (kind.plane === 'connection') this.#armConnections(armed)
    else {
      for (const cluster of clusters) this.#compile(cluster)
      if (kind.plane === 'stream' && incident.streams !== 'new') this.#strikeStreams(armed)
    }
  }

  /** Keeps a fault alive for another lease. */
  renew(id: string): void {
    const armed = this.#armed.get(id)
    if (armed === undefined) return
    armed.lease.cancel()
    armed.lease = this.#options.clock.after(armed.incident.lease, () => this.heal(id, 'lease-expired'))
  }

  heal(id: string, reason: HealReason): void {
    const armed = this.#armed.get(id)
    if (armed === undefined) return
    this.#armed.delete(id)
    armed.lease.cancel()
    const { kind, clusters } = armed.incident
    this.#totalsOf(kind.kind).active--
    if (kind.plane === 'request' || kind.plane === 'stream') for (const cluster of clusters) this.#compile(cluster)
    for (const undo of armed.undo.values()) undo()
    this.#options.journal.record({
      type: 'fault.healed',
      incident: id,
      reason,
      eligible: armed.sampler.eligible,
      hits: armed.sampler.hits,
    })
  }

  healAll(reason: HealReason): void {
    for (const id of [...this.#armed.keys()]) this.heal(id, reason)
  }

  #compile(cluster: string): void {
    const rules = [...this.#armed.values()].filter(
      ({ incident: { kind, clusters } }) =>
        (kind.plane === 'request' || kind.plane === 'stream') && clusters.includes(cluster),
    )
    rules.sort((a, b) => layerOf(a) - layerOf(b) || b.incident.priority - a.incident.priority)
    if (rules.length === 0) this.#rules.delete(cluster)
    else this.#rules.set(cluster, rules)
  }

  #through(cluster: string, rules: readonly Armed[], exchange: Exchange, upstream: Handler): Promise<Reply> {
    const watch = exchange.request.verb === 'watch'
    const requestRules = rules.filter(({ incident }) => incident.kind.plane === 'request' && incident.matches(exchange))
    const innermost: Handler = (inner) => {
      const refusal = watch ? this.#refusal(cluster, rules, exchange) : undefined
      if (refusal !== undefined) return Promise.resolve(refusal)
      return watch ? this.#track(cluster, inner, upstream(inner)) : upstream(inner)
    }
    return requestRules.reduceRight<Handler>(
      (next, armed) => (inner) => this.#applyRequest(cluster, armed, inner, next),
      innermost,
    )(exchange)
  }

  #applyRequest(cluster: string, armed: Armed, exchange: Exchange, next: Handler): Promise<Reply> {
    const { hit, unit, ordinal } = this.#decide(armed, cluster, unitOf(cluster, exchange))
    if (!hit) return next(exchange)
    const { random, clock } = this.#options
    const kind = armed.incident.kind as RequestFaultKind<unknown>
    return kind.handle(armed.incident.spec, exchange, next, {
      clock,
      draw: (purpose) => random.draw(purpose, armed.incident.fault, unit, ordinal),
      reset: () => exchange.connection?.reset(),
    })
  }

  #refusal(cluster: string, rules: readonly Armed[], exchange: Exchange): Reply | undefined {
    for (const armed of rules) {
      const kind = armed.incident.kind as StreamFaultKind<unknown>
      if (kind.plane !== 'stream' || kind.refuse === undefined || !armed.incident.matches(exchange)) continue
      const reply = kind.refuse(armed.incident.spec, exchange)
      if (reply !== undefined && this.#decide(armed, cluster, unitOf(cluster, exchange)).hit) return reply
    }
    return undefined
  }

  async #track(cluster: string, exchange: Exchange, answer: Promise<Reply>): Promise<Reply> {
    const reply = await answer
    if (reply.body.kind !== 'watch') return reply
    return { ...reply, body: { kind: 'watch', stream: this.#trackStream(cluster, exchange, reply.body.stream) } }
  }

  #trackStream(cluster: string, exchange: Exchange, source: WatchStream): TrackedStream {
    const open = setOf(this.#streams, cluster)
    const { request } = exchange
    const facts = {
      cluster,
      client: clientOf(exchange),
      resource: resourceOf(request),
      resourceVersion: request.query.get('resourceVersion') ?? '0',
    }
    const stream = new TrackedStream(source, facts, () => {
      open.delete(entry)
      if (open.size === 0 && this.#streams.get(cluster) === open) this.#streams.delete(cluster)
      for (const armed of this.#armed.values()) armed.undo.delete(stream)
    })
    const entry = { stream, exchange }
    open.add(entry)
    for (const armed of this.#rules.get(cluster) ?? []) {
      const { kind, matches, streams, spec } = armed.incident
      if (kind.plane !== 'stream' || streams === 'existing' || !matches(exchange)) continue
      // What refuses the opening has had its chance there.
      if ((kind as StreamFaultKind<unknown>).refuse?.(spec, exchange) === undefined) this.#strikeStream(armed, entry)
    }
    return stream
  }

  #strikeStreams(armed: Armed): void {
    for (const cluster of armed.incident.clusters) {
      for (const entry of [...(this.#streams.get(cluster) ?? [])]) {
        if (armed.incident.matches(entry.exchange)) this.#strikeStream(armed, entry)
      }
    }
  }

  #strikeStream(armed: Armed, { stream, exchange }: { stream: TrackedStream; exchange: Exchange }): void {
    if (!this.#decide(armed, stream.facts.cluster, unitOf(stream.facts.cluster, exchange)).hit) return
    const kind = armed.incident.kind as StreamFaultKind<unknown>
    const undo = kind.strike(armed.incident.spec, stream)
    if (undo !== undefined) armed.undo.set(stream, undo)
  }

  #armConnections(armed: Armed): void {
    for (const cluster of armed.incident.clusters) {
      for (const listener of this.#listeners.get(cluster) ?? []) this.#refuse(armed, cluster, listener)
      if (armed.incident.streams === 'new') continue
      for (const connection of [...(this.#connections.get(cluster) ?? [])])
        this.#strikeConnection(armed, cluster, connection)
    }
  }

  /** The door closes only where nobody may pass; with a sample, connections are accepted and judged one by one. */
  #refuse(armed: Armed, cluster: string, listener: Listener): void {
    const kind = armed.incident.kind as ConnectionFaultKind<unknown>
    if (kind.plane !== 'connection' || kind.refuses !== true || armed.incident.sample !== undefined) return
    armed.undo.set(listener, listener.refuse())
    this.#decide(armed, cluster, `${cluster} listener`)
  }

  #strikeConnection(armed: Armed, cluster: string, connection: Connection): void {
    if (!this.#decide(armed, cluster, `${cluster} connection`).hit) return
    const kind = armed.incident.kind as ConnectionFaultKind<unknown>
    const undo = kind.strike(armed.incident.spec, connection)
    if (undo !== undefined) armed.undo.set(connection, undo)
  }

  /** Every decision is counted, and every hit written down, here and nowhere else. */
  #decide(armed: Armed, cluster: string, unit: string): Decision {
    const { sampler, incident } = armed
    const decision = sampler.decide(unit)
    const totals = this.#totalsOf(incident.kind.kind)
    totals.eligible++
    if (decision.hit) {
      totals.hits++
      const { ordinal } = decision
      this.#options.journal.record({ type: 'fault.hit', incident: incident.id, cluster, unit, ordinal })
    }
    return decision
  }

  #totalsOf(kind: string): FaultTotals {
    let totals = this.totals.get(kind)
    if (totals === undefined) this.totals.set(kind, (totals = { eligible: 0, hits: 0, active: 0 }))
    return totals
  }
}

/** Who asks what of whom, without names: names carry random suffixes, which would break the same key in another run. */
const unitOf = (cluster: string, exchange: Exchange): string =>
  `${cluster} ${clientOf(exchange)} ${exchange.request.verb} ${resourceOf(exchange.request)}`

const layerOf = (armed: Armed): number => {
  const { kind } = armed.incident
  return kind.plane === 'request' ? (kind as RequestFaultKind<unknown>).layer : 4
}

function setOf<T>(map: Map<string, Set<T>>, key: string): Set<T> {
  let set = map.get(key)
  if (set === undefined) map.set(key, (set = new Set()))
  return set
}
