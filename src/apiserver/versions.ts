/**
 * One kind served in several versions: objects are stored in one, and read and written in each. Without a conversion
 * webhook the versions differ in their `apiVersion` alone (strategy None).
 */
import type { WatchBatch, WatchEvent, WatchStream } from '../kube/handler.ts'
import { apiVersionOf } from '../kube/object.ts'
import { batchOf, watchEvent } from '../kube/watch-codec.ts'
import type { ResourceDefinition } from './definition.ts'
import { Stored } from './stored.ts'
import type { KubeObject } from './types.ts'

const views = new WeakMap<Stored, Map<ResourceDefinition, Stored>>()

/** The stored object as this version shows it; made once and shared. */
export function inVersion(definition: ResourceDefinition, stored: Stored): Stored {
  if (definition.storage === undefined) return stored
  let versions = views.get(stored)
  if (versions === undefined) views.set(stored, (versions = new Map<ResourceDefinition, Stored>()))
  let view = versions.get(definition)
  if (view === undefined) {
    view = new Stored({ ...stored.value, apiVersion: apiVersionOf(definition) }, stored.revision)
    versions.set(definition, view)
  }
  return view
}

export const toStorage = (definition: ResourceDefinition, object: KubeObject): KubeObject =>
  definition.storage === undefined ? object : { ...object, apiVersion: apiVersionOf(definition.storage) }

/** A watch of the stored version as a watch of this one. */
export function versionStream(definition: ResourceDefinition, source: WatchStream): WatchStream {
  if (definition.storage === undefined) return source
  const convert = (event: WatchEvent): WatchEvent =>
    event.type === 'ERROR'
      ? event
      : watchEvent(event.type, { ...(event.object as KubeObject), apiVersion: apiVersionOf(definition) })
  return {
    async next(): Promise<WatchBatch | undefined> {
      const batch = await source.next()
      return batch === undefined ? undefined : batchOf(batch.events.map(convert))
    },
    close: () => source.close(),
  }
}
