/**
 * A local, live copy of one kind, kept by WatchList with fallback to LIST, as client-go's reflector keeps it:
 * resume after a clean end, re-sync after 410, back-off 0.8 s to 30 s with full jitter.
 * Source: k8s.io/client-go/tools/cache/reflector.go.
 */
import { sleep, type Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import type { Client, KindRef, ListOptions } from './client.ts'
import type { WatchEvent, WatchStream } from './handler.ts'
import { apiVersionOf, objectKey, type KubeObject } from './object.ts'
import { isExpired, StatusError, type Status } from './status.ts'

export type Change = 'added' | 'modified' | 'deleted'
export type Listener<T> = (change: Change, object: T, before: T | undefined) => void

export interface InformerOptions extends ListOptions {
  readonly client: Client
  readonly kind: KindRef
  readonly clock: Clock
  readonly random: Random
  /** Names this informer in keyed draws. */
  readonly name: string
  /** A watch is given up after this long without an end, as Cluster API's cache clients do; milliseconds. */
  readonly watchTimeout?: number
  readonly onError?: (error: unknown) => void
}

const backoffFirst = 800
const backoffMax = 30_000
const initialEventsEnd = 'k8s.io/initial-events-end'

export class Informer<T extends KubeObject> {
  readonly #options: InformerOptions
  readonly #objects = new Map<string, T>()
  readonly #listeners = new Set<Listener<T>>()
  readonly #stop = new AbortController()
  readonly #synced = Promise.withResolvers<void>()
  #resourceVersion = ''
  #failures = 0
  #attempt = 0
  #running: Promise<void> | undefined

  constructor(options: InformerOptions) {
    this.#options = options
    this.#synced.promise.catch(() => {})
  }

  /** Starts following; resolves when the first full copy is here, rejects when closed before. */
  start(): Promise<void> {
    this.#running ??= this.#run()
    return this.#synced.promise
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('informer closed'))
    this.#synced.reject(new Error('informer closed'))
    await this.#running
  }

  get(namespace: string, name: string): T | undefined {
    return this.#objects.get(objectKey({ namespace, name }))
  }

  values(): IterableIterator<T> {
    return this.#objects.values()
  }

  get size(): number {
    return this.#objects.size
  }

  /** Calls `listener` for every object here now, then for every change. */
  listen(listener: Listener<T>): void {
    this.#listeners.add(listener)
    for (const object of this.#objects.values()) listener('added', object, undefined)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    let sync = true
    while (!signal.aborted) {
      try {
        sync = await this.#follow(sync)
      } catch (error) {
        if (signal.aborted) return
        this.#options.onError?.(error)
        if (isExpired(error) || isTooLarge(error)) this.#resourceVersion = ''
        sync ||= error instanceof StatusError && error.code !== 429
        await this.#backOff()
      }
    }
  }

  /** One stream from open to end. Returns whether the next one must send everything again. */
  async #follow(sync: boolean): Promise<boolean> {
    const {
      client,
      kind,
      clock,
      random,
      name,
      watchTimeout = 660_000,
      namespace,
      labelSelector,
      fieldSelector,
    } = this.#options
    const timeoutSeconds = Math.floor(random.between(300, 600, 'informer-timeout', name, this.#attempt++))
    const lifetime = new AbortController()
    const onStop = (): void => lifetime.abort(this.#stop.signal.reason)
    this.#stop.signal.addEventListener('abort', onStop, { once: true })
    const timer = clock.after(watchTimeout, () => lifetime.abort(new Error('watch timed out')))
    const opened = clock.now()
    let stream: WatchStream | undefined
    try {
      const selection = {
        ...(namespace === undefined ? {} : { namespace }),
        ...(labelSelector === undefined ? {} : { labelSelector }),
        ...(fieldSelector === undefined ? {} : { fieldSelector }),
      }
      const open = (sendInitialEvents: boolean): Promise<WatchStream> =>
        client.watch(
          kind,
          {
            ...selection,
            timeoutSeconds,
            sendInitialEvents,
            ...(this.#resourceVersion === '' ? {} : { resourceVersion: this.#resourceVersion }),
          },
          lifetime.signal,
        )
      let streamed = sync
      try {
        stream = await open(sync)
        if (sync) await this.#consumeInitial(stream)
      } catch (error) {
        if (!sync || !mayList(error)) throw error
        stream?.close()
        streamed = false
        await this.#list(selection)
        stream = await open(false)
      }
      const events = await this.#consume(stream)
      if (events === 0 && !streamed && clock.now() - opened < 1000)
        throw new Error('very short watch: it ended within a second and sent nothing')
      return false
    } finally {
      timer.cancel()
      this.#stop.signal.removeEventListener('abort', onStop)
      stream?.close()
    }
  }

  /** Every object there is, up to the bookmark that ends them; what came with them in one batch is kept for later. */
  async #consumeInitial(stream: WatchStream): Promise<void> {
    const initial = new Map<string, T>()
    for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
      for (const [index, event] of batch.events.entries()) {
        this.#failures = 0
        if (event.type === 'ERROR') throw new StatusError(event.object as Status)
        const object = event.object as T
        if (event.type === 'DELETED') initial.delete(objectKey(object.metadata))
        else if (event.type !== 'BOOKMARK') initial.set(objectKey(object.metadata), object)
        else if (object.metadata.annotations?.[initialEventsEnd] === 'true') {
          this.#settle(initial, object.metadata.resourceVersion)
          this.#take(batch.events.slice(index + 1))
          return
        }
      }
    }
    throw new Error('watch ended before its initial events did')
  }

  /** What a server without streaming lists is asked instead. */
  async #list(selection: ListOptions): Promise<void> {
    const { client, kind } = this.#options
    const { items, resourceVersion } = await client.list<T>(kind, selection)
    const apiVersion = apiVersionOf(kind)
    // Items of built-in kinds come without theirs.
    const whole = items.map((item) => ({ ...item, kind: kind.kind, apiVersion }))
    this.#settle(new Map(whole.map((item) => [objectKey(item.metadata), item])), resourceVersion)
  }

  #settle(objects: ReadonlyMap<string, T>, resourceVersion = ''): void {
    this.#replace(objects)
    this.#resourceVersion = resourceVersion
    this.#synced.resolve()
  }

  async #consume(stream: WatchStream): Promise<number> {
    let count = 0
    for (let batch = await stream.next(); batch !== undefined; batch = await stream.next()) {
      count += batch.events.length
      this.#take(batch.events)
    }
    return count
  }

  #take(events: readonly WatchEvent[]): void {
    for (const event of events) {
      this.#failures = 0
      if (event.type === 'ERROR') throw new StatusError(event.object as Status)
      this.#apply(event.type, event.object as T)
    }
  }

  #apply(type: WatchEvent['type'], object: T): void {
    this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion
    if (type === 'BOOKMARK') return
    const key = objectKey(object.metadata)
    const before = this.#objects.get(key)
    if (type === 'DELETED') {
      this.#objects.delete(key)
      this.#tell('deleted', object, before)
    } else {
      this.#objects.set(key, object)
      this.#tell(before === undefined ? 'added' : 'modified', object, before)
    }
  }

  #replace(next: ReadonlyMap<string, T>): void {
    for (const [key, before] of [...this.#objects]) {
      const now = next.get(key)
      if (now === undefined || now.metadata.uid !== before.metadata.uid) {
        this.#objects.delete(key)
        this.#tell('deleted', before, before)
      }
    }
    for (const [key, object] of next) {
      const before = this.#objects.get(key)
      if (before?.metadata.resourceVersion === object.metadata.resourceVersion) continue
      this.#objects.set(key, object)
      this.#tell(before === undefined ? 'added' : 'modified', object, before)
    }
  }

  #tell(change: Change, object: T, before: T | undefined): void {
    for (const listener of this.#listeners) listener(change, object, before)
  }

  async #backOff(): Promise<void> {
    const { clock, random, name } = this.#options
    const base = Math.min(backoffMax, backoffFirst * 2 ** Math.min(this.#failures++, 10))
    const wait = base * (1 + random.draw('informer-backoff', name, this.#attempt))
    await sleep(clock, wait, this.#stop.signal).catch(() => {})
  }
}

/** Refusals that a LIST may not meet: not those that say "later" or "from the start". */
const mayList = (error: unknown): boolean =>
  error instanceof StatusError && error.code !== 429 && !isExpired(error) && !isTooLarge(error)

const isTooLarge = (error: unknown): boolean =>
  error instanceof StatusError &&
  error.status.details?.causes?.some((cause) => cause.reason === 'ResourceVersionTooLarge') === true
