/** What an endpoint lets through of an update: its part of the object, and of metadata what a client may change. */
import { deepEqual, isAlike } from '../kube/object.ts'
import { leftByStatus, type ResourceDefinition } from './definition.ts'
import type { KubeObject } from './types.ts'

export function statusUpdate(before: KubeObject, wanted: KubeObject, definition: ResourceDefinition): KubeObject {
  const { status } = wanted
  const left = leftByStatus(definition)
  const kept = left === 'labels' || left === 'ownerReferences' ? { [left]: before.metadata[left] } : {}
  const metadata =
    left === 'metadata'
      ? before.metadata
      : mutableMetadata(before, { ...wanted, metadata: { ...wanted.metadata, ...kept } })
  const { status: _, ...rest } = before
  return { ...rest, metadata, ...(status === undefined ? {} : { status }) }
}

export function specUpdate(before: KubeObject, wanted: KubeObject, definition: ResourceDefinition): KubeObject {
  const body =
    definition.status === true
      ? { ...withoutStatus(wanted), ...(before.status === undefined ? {} : { status: before.status }) }
      : wanted
  const metadata = mutableMetadata(before, wanted)
  return { ...body, kind: before.kind, apiVersion: before.apiVersion, metadata }
}

export function withGeneration(before: KubeObject, after: KubeObject, definition: ResourceDefinition): KubeObject {
  if (!definition.generation) return after
  const changed = Object.keys({ ...before, ...after }).some(
    (field) =>
      field !== 'metadata' &&
      (field !== 'status' || (definition.custom === true && definition.status !== true)) &&
      !deepEqual(before[field], after[field]) &&
      (definition.custom === true || !isAlike(before[field], after[field])),
  )
  if (!changed && definition.alsoCounted?.(before, after) !== true) return after
  return { ...after, metadata: { ...after.metadata, generation: (before.metadata.generation ?? 0) + 1 } }
}

/** What a client can't change stays: identity, times, generation; finalizers can't be added while deleting. */
export function mutableMetadata(before: KubeObject, wanted: KubeObject): KubeObject['metadata'] {
  const old = before.metadata
  const { generateName, labels, annotations, ownerReferences, finalizers } = wanted.metadata
  const { generateName: _, selfLink: __, labels: ___, annotations: ____, ownerReferences: _____, ...named } = old
  const { finalizers: ______, ...identity } = named
  return {
    ...identity,
    ...(generateName === undefined || generateName === '' ? {} : { generateName }),
    ...(nonEmpty(labels) ? { labels } : {}),
    ...(nonEmpty(annotations) ? { annotations } : {}),
    ...(ownerReferences !== undefined && ownerReferences.length > 0 ? { ownerReferences } : {}),
    ...(finalizers !== undefined && finalizers.length > 0 ? { finalizers } : {}),
  }
}

const nonEmpty = (map: object | undefined): boolean => map !== undefined && Object.keys(map).length > 0

export function withoutStatus(object: KubeObject): KubeObject {
  const { status: _, ...rest } = object
  return rest
}
