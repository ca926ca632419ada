/** All objects of one kind in one store, in key order when listed, with their event history. */
import type { ResourceDefinition } from './definition.ts'
import { EventLog, type Defer } from './event-log.ts'
import type { Stored } from './stored.ts'

export class Collection {
  definition: ResourceDefinition
  readonly log: EventLog
  readonly #objects = new Map<string, Stored>()
  /** Keys in order; undefined when an object came or went since the last list. */
  #ordered: string[] | undefined

  constructor(definition: ResourceDefinition, historyMax: number, defer: Defer, start = 0) {
    this.definition = definition
    this.log = new EventLog(definition.historyMax ?? historyMax, defer)
    this.log.forget(start)
  }

  get size(): number {
    return this.#objects.size
  }

  get(key: string): Stored | undefined {
    return this.#objects.get(key)
  }

  set(key: string, stored: Stored): void {
    if (!this.#objects.has(key)) this.#ordered = undefined
    this.#objects.set(key, stored)
  }

  delete(key: string): void {
    if (this.#objects.delete(key)) this.#ordered = undefined
  }

  /** All objects in etcd's order: by namespace, then name. */
  list(namespace = ''): Stored[] {
    this.#ordered ??= [...this.#objects.keys()].sort()
    const prefix = `${namespace}/`
    const keys = namespace === '' ? this.#ordered : this.#ordered.filter((key) => key.startsWith(prefix))
    return keys.map((key) => this.#objects.get(key) as Stored)
  }

  /** All objects as they were at an earlier revision; undefined when that is no longer known. */
  listAt(revision: number, namespace = ''): Stored[] | undefined {
    const changes = this.log.since(revision)
    if (changes === undefined) return undefined
    if (changes.length === 0) return this.list(namespace)
    const objects = new Map(this.#objects)
    for (const { stored, previous } of changes.toReversed()) {
      if (previous === undefined) objects.delete(stored.key)
      else objects.set(previous.key, previous)
    }
    const prefix = `${namespace}/`
    const keys = [...objects.keys()].filter((key) => namespace === '' || key.startsWith(prefix)).sort()
    return keys.map((key) => objects.get(key) as Stored)
  }

  values(): IterableIterator<Stored> {
    return this.#objects.values()
  }
}
