/** What a check of `capstorm doctor` is, and what it works with. */
import type { Clock } from '../../base/clock.ts'
import type { Client } from '../../kube/client.ts'

/** `wrong`: it won't work. `doubtful`: it may not do what one expects. */
export interface Finding {
  readonly level: 'ok' | 'doubtful' | 'wrong'
  readonly what: string
  /** What to do about it; absent where nothing is to be done. */
  readonly advice?: string
}

export interface DoctorContext {
  readonly client: Client
  readonly clock: Clock
  /** Whether something accepts connections there. */
  readonly reaches: (host: string, port: number) => Promise<boolean>
}

export type Check = (context: DoctorContext) => Promise<readonly Finding[]>
