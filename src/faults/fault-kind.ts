/** What a fault is: a record with its schema, its example and its behaviour; one file per kind in kinds/. */
import type { z } from 'zod'
import type { Clock } from '../base/clock.ts'
import type { Exchange, Handler, Reply } from '../kube/handler.ts'
import type { Connection } from './connection.ts'
import type { Impairment } from './infrastructure.ts'
import type { TrackedStream } from './tracked-stream.ts'

/** What a probability is rolled for, once per unit. */
export type Unit = 'request' | 'connection' | 'stream' | 'object'

/** May a conformant API server do it (`legal`), the environment (`ambient`), a human (`operator`), or nobody (`illegal`)? */
export type Legality = 'legal' | 'ambient' | 'operator' | 'illegal'

interface Described<Spec> {
  readonly kind: string
  readonly summary: string
  readonly legality: Legality
  readonly unit: Unit
  readonly schema: z.ZodType<Spec>
  /** Parameters as they stand in YAML. */
  readonly example: Readonly<Record<string, unknown>>
}

export interface RequestTools {
  readonly clock: Clock
  /** A draw in [0, 1) that belongs to this fault and this exchange. */
  readonly draw: (purpose: string) => number
  /** Ends the connection that the exchange came over, without a word. */
  readonly reset: () => void
}

/** Acts on requests: an onion layer around the upstream. */
export interface RequestFaultKind<Spec> extends Described<Spec> {
  readonly plane: 'request'
  /** Outer first: delays (1) before terminal answers (2) before what needs the upstream's answer (3). */
  readonly layer: 1 | 2 | 3
  handle(spec: Spec, exchange: Exchange, next: Handler, tools: RequestTools): Promise<Reply>
}

/** Acts on watch streams, existing and new ones. The returned function ends the effect. */
export interface StreamFaultKind<Spec> extends Described<Spec> {
  readonly plane: 'stream'
  strike(spec: Spec, stream: TrackedStream): (() => void) | undefined
  /** Answers the opening of a stream instead of the server. */
  refuse?(spec: Spec, exchange: Exchange): Reply | undefined
}

/** Acts on connections, existing and new ones. The returned function ends the effect. */
export interface ConnectionFaultKind<Spec> extends Described<Spec> {
  readonly plane: 'connection'
  /** Nothing new gets in: the listener itself closes while every connection is hit. */
  readonly refuses?: boolean
  /** Needs the gate below TLS (docs/architecture.md). */
  readonly freezes?: boolean
  strike(spec: Spec, connection: Connection): (() => void) | undefined
}

export interface MachineFaultKind<Spec> extends Described<Spec> {
  readonly plane: 'machine'
  readonly impairment: Impairment
  /** Strikes machines as they begin to boot while the fault lasts, instead of the ones that are there. */
  readonly onBoot?: boolean
}

export type FaultKind<Spec = never> =
  RequestFaultKind<Spec> | StreamFaultKind<Spec> | ConnectionFaultKind<Spec> | MachineFaultKind<Spec>

/** Keeps a record's parameter type to itself: the catalogue only passes on what the record's own schema made. */
export const defineFault = <Spec>(kind: FaultKind<Spec>): FaultKind => kind as unknown as FaultKind
