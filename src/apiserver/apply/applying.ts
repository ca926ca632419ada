/**
 * Server-side apply: a configuration laid over what is there, without what its applier no longer says. Source:
 * sigs.k8s.io/structured-merge-diff, merge/update.go.
 */
import { deepEqual } from '../../kube/object.ts'
import { failure, type StatusError } from '../../kube/status.ts'
import type { Schema } from '../schema/schema.ts'
import type { KubeObject } from '../types.ts'
import { FieldSet } from './field-set.ts'
import {
  bare,
  changesFor,
  compared,
  managedBy,
  noOthers,
  released,
  relevant,
  withManagers,
  type Changes,
  type Live,
  type Writer,
} from './changes.ts'
import {
  decodeManagers,
  managedPart,
  managerKey,
  printManager,
  withoutUnmanaged,
  type Managed,
  type Managers,
} from './managers.ts'
import { compare, fieldsOf, merge, typeErrors, without } from './typed.ts'

/** A server-side apply under way. */
export interface Applying {
  readonly schema: Schema
  /** What is there, without managedFields. */
  readonly before: unknown
  /** The configuration laid over it. */
  readonly merged: KubeObject
  readonly writer: Writer
  /** With the applier, which owns what it says. */
  readonly managers: Managers
  /** What it said the last time. */
  readonly last: Managed | undefined
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
  const applying = beginApply(schema, live, empty, config, writer, describe)
  return live !== undefined && saysNothingNew(applying) ? live : endApply(applying, pruned(applying), force)
}

/** Throws 500 where `config` does not fit the schema. */
export function beginApply(
  schema: Schema,
  live: Live,
  empty: object,
  config: KubeObject,
  writer: Writer,
  describe: string,
): Applying {
  const recorded = decodeManagers(live?.metadata.managedFields) ?? new Map<string, Managed>()
  const isFirst = live !== undefined && recorded.size === 0
  const managers = new Map(isFirst ? beforeFirstApply(schema, live, empty, writer, describe) : recorded)
  const errors = typeErrors(schema, config)
  if (errors.length > 0)
    throw failure(500, undefined, `failed to create typed patch object (${describe}): ${listed(errors)}`)
  const before: unknown = live === undefined ? empty : bare(live)
  const key = managerKey(writer)
  const last = managers.get(key)
  // What everybody's object has counts as said until the end: the name keeps its metadata from being dropped.
  managers.set(key, managedBy(writer, fieldsOf(schema, config).withoutTrees(writer.ignored)))
  return { schema, before, merged: merge(schema, before, config) as KubeObject, writer, managers, last }
}

const saidIn = ({ managers, writer }: Applying): FieldSet =>
  managedPart((managers.get(managerKey(writer)) as Managed).fields)

/** Most applies say what is there already, by the same manager: then nothing is to be worked out. */
export const saysNothingNew = (applying: Applying): boolean => {
  const { last, writer, before, merged } = applying
  return last?.apiVersion === writer.apiVersion && last.fields.equals(saidIn(applying)) && deepEqual(before, merged)
}

function pruned(applying: Applying): KubeObject {
  const { schema, merged, managers, last } = applying
  if (last === undefined || saidIn(applying).contains(last.fields)) return merged
  return without(schema, merged, droppedFrom(schema, merged, managers, last.fields)) as KubeObject
}

/** Throws 409 where another manager owns a field that would change, unless `force`. */
export function endApply(applying: Applying, after: KubeObject, force: boolean, versions = noOthers): KubeObject {
  const { schema, before, writer, last } = applying
  const key = managerKey(writer)
  const whole = compare(schema, before, after)
  const changes = changesFor(relevant(whole, writer.ignored), versions)
  // Who only says what is there already has no time of its own; what the endpoint ignores counts, too.
  const time = [whole.added, whole.modified, whole.removed].every((fields) => fields.isEmpty) ? last?.time : writer.time
  const managers = new Map(applying.managers)
  managers.set(key, managedBy({ ...writer, time }, saidIn(applying)))
  if (!force) refuseConflicts(managers, key, changes)
  return withManagers(after, withoutUnmanaged(released(managers, key, changes)))
}

/** Somebody wrote what is there. Source: managedfields/internal/skipnonapplied.go. */
function beforeFirstApply(schema: Schema, live: KubeObject, empty: object, writer: Writer, describe: string): Managers {
  const there = compared(schema, empty, bare(live), writer)
  if (there === undefined)
    throw failure(
      500,
      undefined,
      `failed to create manager for existing fields: failed to convert new object (${describe}) to smd typed: ${listed(typeErrors(schema, bare(live)))}`,
    )
  const fields = managedPart(there.added.union(there.modified))
  if (fields.isEmpty) return new Map()
  const managed = managedBy({ ...writer, manager: 'before-first-apply', operation: 'Update' }, fields)
  return new Map([[managerKey(managed), managed]])
}

/** What the applier owned and no longer says, but nothing that somebody else owns or that it never owned. */
function droppedFrom(schema: Schema, merged: KubeObject, managers: Managers, last: FieldSet): FieldSet {
  const first = without(schema, merged, last.withNamedFields(schema))
  let owned = new FieldSet()
  for (const { fields } of managers.values()) owned = owned.union(fields)
  const mergedFields = fieldsOf(schema, merged).withNamedFields(schema)
  const firstFields = fieldsOf(schema, first).withNamedFields(schema)
  const unowned = mergedFields.difference(firstFields.union(owned.withNamedFields(schema)))
  const second = without(schema, merged, unowned)
  const secondFields = fieldsOf(schema, second).withNamedFields(schema)
  return mergedFields.difference(secondFields).intersection(last.withNamedFields(schema))
}

function refuseConflicts(managers: Managers, key: string, changes: Changes): void {
  const conflicts = [...managers]
    .filter(([other]) => other !== key)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, managed]) => {
      const taken = changes(managed.apiVersion)?.taken
      const paths = taken === undefined ? [] : [...managed.fields.intersection(taken).paths()]
      return paths.map((path) => ({ by: printManager(managed), path }))
    })
  if (conflicts.length > 0) throw applyConflict(conflicts)
}

/** In the order of their managers' identifiers. */
function applyConflict(conflicts: readonly { by: string; path: string }[]): StatusError {
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

export const listed = (errors: readonly string[]): string =>
  errors.length === 1 ? (errors[0] as string) : `errors:\n  ${errors.join('\n  ')}`
