/**
 * Ownership through writes: a plain update takes what it changes, an apply owns what it says, conflicts with other
 * owners, and drops what it no longer says. Source: sigs.k8s.io/structured-merge-diff, merge/update.go;
 * k8s.io/apimachinery/pkg/util/managedfields/internal.
 */
import { deepEqual } from '../../kube/object.ts'
import { failure, type StatusError } from '../../kube/status.ts'
import type { Schema } from '../schema/schema.ts'
import type { KubeObject } from '../types.ts'
import { FieldSet } from './field-set.ts'
import {
  capManagers,
  decodeManagers,
  encodeManagers,
  isReset,
  managedPart,
  managerKey,
  printManager,
  withoutUnmanaged,
  type Identity,
  type Managed,
  type Managers,
} from './managers.ts'
import { ElementError } from './field-set.ts'
import { compare, fieldsOf, type Comparison, merge, typeErrors, without } from './typed.ts'

export interface Writer extends Identity {
  /** Absent for what came by the scale subresource. */
  readonly time: string | undefined
  /** What this endpoint ignores: `status` outside of the status subresource, everything else in it. */
  readonly ignored: FieldSet
}

type Live = KubeObject | undefined

/** Without managedFields: ownership itself is owned by nobody. */
function bare(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

function withManagers(object: KubeObject, managers: Managers): KubeObject {
  const managedFields = encodeManagers(managers)
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } }
}

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
  const others = released(start, key, changed, comparison.removed)
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

function compared(schema: Schema, before: object, after: KubeObject, writer: Writer): Comparison | undefined {
  try {
    return relevant(compare(schema, before, after), writer.ignored)
  } catch (error) {
    if (error instanceof ElementError) return undefined
    throw error
  }
}

const relevant = ({ added, modified, removed }: Comparison, ignored: FieldSet): Comparison => ({
  added: added.withoutTrees(ignored),
  modified: modified.withoutTrees(ignored),
  removed: removed.withoutTrees(ignored),
})

const managedBy = ({ manager, operation, subresource, apiVersion, time }: Writer, fields: FieldSet): Managed => ({
  manager,
  operation,
  subresource,
  apiVersion,
  fields,
  time,
})

/** Everybody else's fields after somebody took some and removed some. */
function released(managers: Managers, key: string, taken: FieldSet, removed: FieldSet): Managers {
  const kept = new Map<string, Managed>()
  for (const [other, managed] of managers) {
    if (other === key || (managed.fields.isDisjoint(taken) && managed.fields.isDisjoint(removed))) {
      kept.set(other, managed)
      continue
    }
    const fields = managed.fields.difference(taken).difference(removed)
    if (!fields.isEmpty) kept.set(other, { ...managed, fields })
  }
  return kept
}

/**
 * The object after a server-side apply of `config`, with its managedFields; `live` itself when nothing changes.
 * Throws 409 where another manager owns a field that would change, unless `force`; 500 where `config` does not fit
 * the schema, as the real server does.
 */
export function recordApply(
  schema: Schema,
  live: Live,
  empty: object,
  config: KubeObject,
  writer: Writer,
  force: boolean,
  describe: string,
): KubeObject {
  const errors = typeErrors(schema, config)
  if (errors.length > 0)
    throw failure(500, undefined, `failed to create typed patch object (${describe}): ${listed(errors)}`)
  const recorded = decodeManagers(live?.metadata.managedFields) ?? new Map<string, Managed>()
  const managers = live !== undefined && recorded.size === 0 ? beforeFirstApply(schema, live, empty, writer) : recorded
  const before: unknown = live === undefined ? empty : bare(live)
  const key = managerKey(writer)
  const last = managers.get(key)
  const said = fieldsOf(schema, config).withoutTrees(writer.ignored)
  const fields = managedPart(said)
  const merged = merge(schema, before, config) as KubeObject
  // Most applies say what is there already, by the same manager: then nothing is to be worked out.
  if (
    live !== undefined &&
    last?.apiVersion === writer.apiVersion &&
    last.fields.equals(fields) &&
    deepEqual(before, merged)
  )
    return live
  const next = new Map(managers)
  // What everybody's object has counts as said until here: the name keeps its metadata from being dropped.
  next.set(key, managedBy(writer, said))
  const dropped =
    last === undefined || fields.contains(last.fields) ? undefined : droppedFrom(schema, merged, next, last.fields)
  const after = (emptied: null | undefined): KubeObject =>
    dropped === undefined ? merged : (without(schema, merged, dropped, emptied) as KubeObject)
  const pruned = after(undefined)
  // What is emptied is not there any more, and yet is still somebody else's.
  const whole = compare(schema, before, after(null))
  const comparison = relevant(whole, writer.ignored)
  const changed = comparison.modified.union(comparison.added)
  // Who only says what is there already has no time of its own; what the endpoint ignores counts, too.
  const time = [whole.added, whole.modified, whole.removed].every((fields) => fields.isEmpty) ? last?.time : writer.time
  next.set(key, managedBy({ ...writer, time }, fields))
  if (!force) refuseConflicts(next, key, changed)
  const result = withoutUnmanaged(released(next, key, changed, comparison.removed))
  return withManagers(pruned, result)
}

/** Somebody wrote what is there. Source: managedfields/internal/skipnonapplied.go. */
function beforeFirstApply(schema: Schema, live: KubeObject, empty: object, writer: Writer): Managers {
  const { added, modified } = compare(schema, empty, bare(live))
  const fields = managedPart(added.union(modified).withoutTrees(writer.ignored))
  if (fields.isEmpty) return new Map()
  const managed = managedBy({ ...writer, manager: 'before-first-apply', operation: 'Update' }, fields)
  return new Map([[managerKey(managed), managed]])
}

/** What the applier owned and no longer says, but nothing that somebody else owns or that it never owned. */
function droppedFrom(schema: Schema, merged: KubeObject, managers: Managers, last: FieldSet): FieldSet {
  const first = without(schema, merged, last.withNamedFields(schema), null)
  let owned = new FieldSet()
  for (const { fields } of managers.values()) owned = owned.union(fields)
  const mergedFields = fieldsOf(schema, merged).withNamedFields(schema)
  const firstFields = fieldsOf(schema, first).withNamedFields(schema)
  const unowned = mergedFields.difference(firstFields.union(owned.withNamedFields(schema)))
  const second = without(schema, merged, unowned, null)
  const secondFields = fieldsOf(schema, second).withNamedFields(schema)
  return mergedFields.difference(secondFields).intersection(last.withNamedFields(schema))
}

function refuseConflicts(managers: Managers, key: string, changed: FieldSet): void {
  const conflicts = [...managers]
    .filter(([other]) => other !== key)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, managed]) =>
      [...managed.fields.intersection(changed).paths()].map((path) => ({ by: printManager(managed), path })),
    )
  if (conflicts.length > 0) throw applyConflict(conflicts)
}

/** In the order of their managers' identifiers. */
export function applyConflict(conflicts: readonly { by: string; path: string }[]): StatusError {
  const names = new Set(conflicts.map(({ by }) => by))
  const [first] = conflicts as [{ by: string; path: string }]
  const text =
    conflicts.length === 1
      ? `1 conflict: conflict with ${first.by}: ${first.path}`
      : `${conflicts.length} conflicts: ${[...names]
          .flatMap((name) => [
            `conflicts with ${name}:`,
            ...conflicts.filter(({ by }) => by === name).map(({ path }) => `- ${path}`),
          ])
          .join('\n')}`
  return failure(409, 'Conflict', `Apply failed with ${text}`, {
    causes: conflicts.map(({ by, path }) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${by}`,
      field: path,
    })),
  })
}

const listed = (errors: readonly string[]): string =>
  errors.length === 1 ? (errors[0] as string) : `errors:\n  ${errors.join('\n  ')}`
