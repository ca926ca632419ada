/**
 * One kind served in several versions or groups: objects are stored in one, and read and written in each. Where nobody
 * converts them, a version shows of an object what it has fields for (strategy None). A webhook takes time: who shows
 * objects in another version has them converted first ({@link convertAhead}); what was converted once is kept with the
 * object.
 */
import { assert } from '../base/assert.ts'
import type { WatchBatch, WatchEvent, WatchStream } from '../kube/handler.ts'
import { apiVersionOf } from '../kube/object.ts'
import { StatusError } from '../kube/status.ts'
import { batchOf, encodeFrame, errorEvent, watchEvent } from '../kube/watch-codec.ts'
import type { ResourceDefinition } from './definition.ts'
import { Stored } from './stored.ts'
import type { KubeObject } from './types.ts'

const views = new WeakMap<KubeObject, Map<ResourceDefinition, Stored>>()

const kept = (definition: ResourceDefinition, object: KubeObject): Stored | undefined =>
  views.get(object)?.get(definition)

function keep(definition: ResourceDefinition, object: KubeObject, view: KubeObject): Stored {
  let versions = views.get(object)
  if (versions === undefined) views.set(object, (versions = new Map<ResourceDefinition, Stored>()))
  const stored = new Stored(view, Number(object.metadata.resourceVersion ?? 0))
  versions.set(definition, stored)
  return stored
}

/** Whether objects of the kind are shown as they are stored, all of them. */
export const isAsStored = ({ storage, mixed }: ResourceDefinition): boolean => storage === undefined && mixed !== true

const isOther = (definition: ResourceDefinition, { apiVersion }: KubeObject): boolean =>
  !isAsStored(definition) && apiVersion !== apiVersionOf(definition)

/** Has the webhook convert what {@link inVersion} is then to show. Undefined where there is nothing to wait for. */
export function convertAhead(
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
): Promise<void> | undefined {
  if (definition.convert === undefined || isAsStored(definition)) return undefined
  const missing = objects.filter((object) => isOther(definition, object) && kept(definition, object) === undefined)
  if (missing.length === 0) return undefined
  return convert(definition, missing, definition).then((converted) => {
    for (const [index, view] of converted.entries()) keep(definition, missing[index] as KubeObject, view)
  })
}

/** `objects` as `to` has them, as a webhook converts them. */
async function convert(
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
  to: ResourceDefinition,
): Promise<readonly KubeObject[]> {
  assert(definition.convert !== undefined, `${definition.resource} have no conversion webhook`)
  const converted = await definition.convert(objects.map(unversioned), apiVersionOf(to))
  return converted.map((object, index) => {
    const { resourceVersion } = objects[index]?.metadata ?? {}
    const versioned = resourceVersion === undefined ? {} : { resourceVersion }
    return pruned({ ...object, metadata: { ...object.metadata, ...versioned } }, to)
  })
}

/** As etcd has it, which says itself what revision it is. */
function unversioned(object: KubeObject): KubeObject {
  const { resourceVersion: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** Without the fields that the version doesn't know. Source: apiextensions schemaCoercingConverter. */
const pruned = (object: KubeObject, to: ResourceDefinition): KubeObject => to.conform?.(object, () => {}) ?? object

/** Where nobody converts. */
const renamed = (object: KubeObject, to: ResourceDefinition): KubeObject =>
  pruned({ ...object, apiVersion: apiVersionOf(to) }, to)

/** The stored object as this version shows it; made once and shared. */
export function inVersion(definition: ResourceDefinition, stored: Stored): Stored {
  if (!isOther(definition, stored.value)) return stored
  const view = kept(definition, stored.value)
  if (view !== undefined) return view
  assert(definition.convert === undefined, `${definition.resource} ${stored.key} is shown before it is converted`)
  return keep(definition, stored.value, renamed(stored.value, definition))
}

/** {@link inVersion} of one object, within this turn unless a webhook has to convert it. */
export function viewIn(definition: ResourceDefinition, stored: Stored): Stored | Promise<Stored> {
  const converting = convertAhead(definition, [stored.value])
  return converting === undefined ? inVersion(definition, stored) : converting.then(() => inVersion(definition, stored))
}

/** What is to be stored of an object of this version. */
export function toStorage(definition: ResourceDefinition, object: KubeObject): KubeObject | Promise<KubeObject> {
  const { storage } = definition
  if (storage === undefined) return object
  // Who reads it finds what is stored with its defaults.
  const complete = (stored: KubeObject): KubeObject => storage.defaults?.(stored) ?? stored
  if (definition.convert === undefined) return complete(renamed(object, storage))
  return convert(definition, [object], storage).then(([stored]) => complete(stored as KubeObject))
}

/** An object of this version in another one of the kind, served or not: as a webhook wants to see it, and back. */
export async function inOtherVersion<T extends KubeObject | undefined>(
  definition: ResourceDefinition,
  object: T,
  version: string,
): Promise<T> {
  const apiVersion = apiVersionOf({ group: definition.group, version })
  if (object === undefined || object.apiVersion === apiVersion) return object
  if (definition.convert === undefined) return { ...object, apiVersion }
  const [converted] = await definition.convert([object], apiVersion)
  return converted as T
}

/** A watch of the stored version as a watch of this one. A conversion that fails ends it with an ERROR event. */
export function versionStream(definition: ResourceDefinition, source: WatchStream): WatchStream {
  if (isAsStored(definition)) return source
  const apiVersion = apiVersionOf(definition)
  const shown = (event: WatchEvent): WatchEvent => {
    if (event.type === 'ERROR') return event
    const object = event.object as KubeObject
    if (!isOther(definition, object)) return event
    if (event.type === 'BOOKMARK') return watchEvent('BOOKMARK', { ...object, apiVersion })
    const view = inVersion(definition, new Stored(object, 0))
    return { type: event.type, object: view.value, frame: () => encodeFrame(event.type, view.bytes()) }
  }
  let failed = false
  return {
    async next(): Promise<WatchBatch | undefined> {
      const batch = failed ? undefined : await source.next()
      if (batch === undefined) return undefined
      const objects = batch.events.filter(({ type }) => type !== 'ERROR' && type !== 'BOOKMARK')
      try {
        await convertAhead(
          definition,
          objects.map(({ object }) => object as KubeObject),
        )
      } catch (error) {
        if (!(error instanceof StatusError)) throw error
        failed = true
        source.close()
        return batchOf([errorEvent(error.status)])
      }
      return batchOf(batch.events.map(shown))
    },
    close: () => source.close(),
  }
}
