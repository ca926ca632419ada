/** What controllers that count have in common: the status of one kind follows what it is about. */
import type { Clock } from '../../base/clock.ts'
import { deepEqual } from '../../kube/object.ts'
import type { ResourceDefinition } from '../definition.ts'
import { ownedUpdate, ownWriter } from '../ownership.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { onceEach } from './wake.ts'

export interface StatusKeeper {
  readonly definition: ResourceDefinition
  /** Kinds whose objects count for those of the same namespace. */
  readonly counts: (other: ResourceDefinition) => boolean
  readonly statusOf: (object: KubeObject) => object
}

/** `later` runs outside of the write that caused it. Returns what ends it. */
export function keepStatus(
  store: ObjectStore,
  clock: Clock,
  later: (run: () => void) => void,
  { definition, counts, statusOf }: StatusKeeper,
): () => void {
  const sync = (key: string): void => {
    const object = store.get(definition, key)?.value
    if (object === undefined) return
    const status = statusOf(object)
    if (deepEqual(status, object.status)) return
    const writer = ownWriter(definition, clock, 'kube-controller-manager')
    store.update(definition, ownedUpdate(definition, object, { ...object, status }, writer))
  }
  const wake = onceEach(later, sync)
  return store.listen((changed, { type, stored: { key, value } }) => {
    if (changed === definition) {
      if (type !== 'DELETED') wake(key)
    } else if (counts(changed))
      for (const { metadata } of store.all(definition))
        if (metadata.namespace === value.metadata.namespace) wake(`${metadata.namespace}/${metadata.name}`)
  })
}
