/**
 * Where faults are ordered: the engine in this process, or one in another process behind its admin API. An order is
 * plain data, the plan's own words with its targets resolved.
 */
import { z } from 'zod'
import { faultKind } from './catalogue.ts'
import type { FaultEngine, HealReason } from './engine.ts'
import type { MachineFacts } from './infrastructure.ts'
import { compileMatch } from './match.ts'
import type { ClientSelector, RequestMatch, Safety, Sample } from './plan.ts'

export interface FaultOrder {
  /** Unique in a run. */
  readonly id: string
  /** The fault's place in its plan: keys the draws. */
  readonly fault: string
  readonly kind: string
  readonly spec: unknown
  readonly clusters: readonly string[]
  readonly machines: readonly MachineFacts[]
  readonly match?: RequestMatch | undefined
  readonly clients: Readonly<Record<string, ClientSelector>>
  readonly protect: Safety['protect']
  readonly streams: 'new' | 'existing' | 'both'
  readonly sample?: Sample | undefined
  readonly priority: number
  /** Milliseconds after which it heals by itself unless it is renewed. */
  readonly lease: number
}

export type ActiveFault = Pick<FaultOrder, 'id' | 'kind' | 'clusters' | 'machines'>

export interface FaultControl {
  arm(order: FaultOrder): void
  renew(id: string): void
  heal(id: string, reason: HealReason): void
  healAll(reason: HealReason): void
  /** The faults that are armed now. */
  readonly active: readonly ActiveFault[]
}

/** The engine in this process. */
export const engineControl = (engine: FaultEngine): FaultControl => ({
  arm({ kind: name, match, clients, protect, ...order }) {
    const kind = faultKind(name)
    if (kind === undefined) throw new Error(`there is no fault ${name}`)
    engine.arm({ ...order, kind, matches: compileMatch(match, clients, { protect }), sample: order.sample })
  },
  renew: (id) => engine.renew(id),
  heal: (id, reason) => engine.heal(id, reason),
  healAll: (reason) => engine.healAll(reason),
  get active() {
    return engine.active.map(({ id, kind, clusters, machines }) => ({ id, kind: kind.kind, clusters, machines }))
  },
})

const text = z.string().min(1)
const machine = z.object({
  cluster: text,
  name: text,
  role: z.enum(['control-plane', 'worker']),
  labels: z.record(z.string(), z.string()),
})

/** What the admin API takes for an order; `spec` is checked again by the kind's own schema. */
export const orderSchema = z.object({
  id: text,
  fault: text,
  kind: text,
  spec: z.unknown(),
  clusters: z.array(text),
  machines: z.array(machine),
  match: z.record(z.string(), z.unknown()).optional(),
  clients: z.record(z.string(), z.record(z.string(), z.unknown())),
  protect: z.array(z.record(z.string(), z.unknown())),
  streams: z.enum(['new', 'existing', 'both']),
  sample: z.record(z.string(), z.unknown()).optional(),
  priority: z.int(),
  lease: z.number().min(100).max(86_400_000),
})
