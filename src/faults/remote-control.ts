/**
 * Faults ordered in another process, through the admin API of the proxy there. Orders go out one after the other;
 * what the proxy decides comes back as a stream into this process's journal.
 */
import type { Clock, Timer } from '../base/clock.ts'
import type { JournalEvent } from '../journal/events.ts'
import type { Journal } from '../journal/journal.ts'
import type { Client } from '../kube/client.ts'
import { decodeJson } from '../kube/json.ts'
import type { ActiveFault, FaultControl, FaultOrder } from './control.ts'
import type { ClusterFacts, Infrastructure, MachineFacts } from './infrastructure.ts'

export interface Fleet {
  readonly clusters: readonly ClusterFacts[]
  readonly machines: readonly MachineFacts[]
}

export interface RemoteControlOptions {
  /** A client of the admin API. */
  readonly client: Client
  readonly clock: Clock
  readonly journal: Journal
  readonly onError: (error: unknown) => void
}

/** How often the fleet is looked at again: faults pick their targets from it. */
const fleetEvery = 1_000

export class RemoteControl implements FaultControl, AsyncDisposable {
  readonly #options: RemoteControlOptions
  readonly #armed = new Map<string, ActiveFault>()
  readonly #stop = new AbortController()
  #orders: Promise<void> = Promise.resolve()
  #following: Promise<void> = Promise.resolve()
  #fleet: Fleet = { clusters: [], machines: [] }
  #timer: Timer | undefined

  private constructor(options: RemoteControlOptions) {
    this.#options = options
  }

  /** Connects; rejects where nothing answers or the token is not the right one. */
  static async connect(options: RemoteControlOptions): Promise<RemoteControl> {
    const remote = new RemoteControl(options)
    await remote.#look()
    remote.#following = remote.#follow()
    remote.#watchFleet()
    return remote
  }

  get active(): readonly ActiveFault[] {
    return [...this.#armed.values()]
  }

  get infrastructure(): Pick<Infrastructure, 'clusters' | 'machines'> {
    return { clusters: () => this.#fleet.clusters, machines: () => this.#fleet.machines }
  }

  arm(order: FaultOrder): void {
    const { id, kind, clusters, machines } = order
    this.#armed.set(id, { id, kind, clusters, machines })
    this.#send('/v1/faults', order, (error) => {
      this.#armed.delete(id)
      this.#options.journal.record({ type: 'fault.refused', incident: id, kind, message: error.message })
    })
  }

  renew(id: string): void {
    this.#send(`/v1/faults/${encodeURIComponent(id)}/renew`)
  }

  heal(id: string, reason: string): void {
    this.#armed.delete(id)
    this.#send(`/v1/faults/${encodeURIComponent(id)}/heal`, { reason })
  }

  healAll(): void {
    this.#armed.clear()
    this.#send('/v1/reset')
  }

  /** Waits for the orders that are on their way, then lets go. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#timer?.cancel()
    await this.#orders
    this.#stop.abort(new Error('the run is over'))
    await this.#following
  }

  #send(url: string, body?: unknown, onError: (error: Error) => void = this.#options.onError): void {
    this.#orders = this.#orders
      .then(() => this.#options.client.post(url, body))
      .then(
        () => undefined,
        (error: unknown) => onError(error as Error),
      )
  }

  async #look(): Promise<void> {
    this.#fleet = (await this.#options.client.raw('/v1/fleet')) as Fleet
  }

  #watchFleet(): void {
    this.#timer = this.#options.clock.after(fleetEvery, () => {
      this.#look()
        .catch(this.#options.onError)
        .finally(() => {
          if (!this.#stop.signal.aborted) this.#watchFleet()
        })
    })
  }

  async #follow(): Promise<void> {
    const { client, journal, onError } = this.#options
    try {
      let rest = ''
      for await (const chunk of await client.stream('/v1/events', this.#stop.signal)) {
        const lines = (rest + Buffer.from(chunk).toString('utf8')).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) if (line !== '') journal.record(decodeJson(line).value as JournalEvent)
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) onError(error)
    }
  }
}
