/**
 * A plain write takes what it changes. Source: sigs.k8s.io/structured-merge-diff, merge/update.go;
 * k8s.io/apimachinery/pkg/util/managedfields/internal.
 */
import type { Schema } from '../schema/schema.ts'
import type { KubeObject } from '../types.ts'
import {
  bare,
  changesFor,
  compared,
  managedBy,
  noOthers,
  released,
  withManagers,
  type Live,
  type Writer,
} from './changes.ts'
import {
  capManagers,
  decodeManagers,
  isReset,
  managedPart,
  managerKey,
  withoutUnmanaged,
  type Managed,
  type Managers,
} from './managers.ts'

/** The managers to start from: the request's own list where it gives one (never through a subresource), else the stored one. */
function startingManagers(live: Live, wanted: KubeObject, subresource: string): Managers {
  const stored = (): Managers => decodeManagers(live?.metadata.managedFields) ?? new Map<string, Managed>()
  if (subresource !== '') return stored()
  const { managedFields } = wanted.metadata
  if (isReset(managedFields)) return new Map()
  const given = decodeManagers(managedFields)
  return given === undefined || given.size === 0 ? stored() : given
}

/**
 * `wanted` with its managedFields after a create, update or patch. `live` is what it replaces: the kind's empty
 * object for a create.
 */
export function recordUpdate(
  schema: Schema,
  live: Live,
  empty: object,
  wanted: KubeObject,
  writer: Writer,
  versions = noOthers,
): KubeObject {
  const start = startingManagers(live, wanted, writer.subresource)
  const after = bare(wanted)
  // What nobody's fields were written down of stays so until somebody applies.
  if (live !== undefined && start.size === 0) return after
  const comparison = compared(schema, live === undefined ? empty : bare(live), after, writer)
  // What has no place in a list of maps can't be owned: then nothing is.
  if (comparison === undefined) return after
  const key = managerKey(writer)
  const changed = comparison.modified.union(comparison.added)
  const others = released(start, key, changesFor(comparison, versions))
  const managers = new Map(withoutUnmanaged(others))
  const own = start.get(key)
  const took = managedPart(changed)
  if (own !== undefined) {
    const held = own.fields.contains(took) ? own.fields : own.fields.union(took)
    const fields = comparison.removed.isEmpty ? held : held.difference(comparison.removed)
    if (fields.isEmpty) managers.delete(key)
    else managers.set(key, { ...own, fields, time: took.isEmpty ? own.time : writer.time })
  } else if (!took.isEmpty) managers.set(key, managedBy(writer, took))
  return withManagers(after, capManagers(managers))
}
