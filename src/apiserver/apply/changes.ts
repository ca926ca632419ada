/**
 * What a write changes for those who manage fields: each sees it in the version that it knows. Source:
 * sigs.k8s.io/structured-merge-diff, merge/update.go; k8s.io/apimachinery/pkg/util/managedfields/internal.
 */
import type { Schema } from '../schema/schema.ts'
import type { KubeObject } from '../types.ts'
import { ElementError, type FieldSet } from './field-set.ts'
import { encodeManagers, type Identity, type Managed, type Managers } from './managers.ts'
import { compare, type Comparison } from './typed.ts'

export interface Writer extends Identity {
  /** Absent where nobody knows. */
  readonly time: string | undefined
  /** What this endpoint ignores: `status` outside of the status subresource, everything else in it. */
  readonly ignored: FieldSet
}

export type Live = KubeObject | undefined

/**
 * How a write changes the object as the managers of other versions know it; undefined for versions that are no more,
 * and with them their managers. Versions that aren't here know it as the writer does.
 */
export type OtherVersions = ReadonlyMap<string, Comparison | undefined>

export const noOthers: OtherVersions = new Map()

/** The object with these managedFields, or none. */
export function withOwners(object: KubeObject, managedFields: KubeObject['metadata']['managedFields']): KubeObject {
  if (object.metadata.managedFields === managedFields) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } }
}

/** Without managedFields: ownership itself is owned by nobody. */
export const bare = (object: KubeObject): KubeObject => withOwners(object, undefined)

export const withManagers = (object: KubeObject, managers: Managers): KubeObject =>
  withOwners(object, encodeManagers(managers))

export function compared(schema: Schema, before: object, after: KubeObject, writer: Writer): Comparison | undefined {
  try {
    return relevant(compare(schema, before, after), writer.ignored)
  } catch (error) {
    if (error instanceof ElementError) return undefined
    throw error
  }
}

export const relevant = ({ added, modified, removed }: Comparison, ignored: FieldSet): Comparison => ({
  added: added.withoutTrees(ignored),
  modified: modified.withoutTrees(ignored),
  removed: removed.withoutTrees(ignored),
})

export const managedBy = (
  { manager, operation, subresource, apiVersion, time }: Writer,
  fields: FieldSet,
): Managed => ({
  manager,
  operation,
  subresource,
  apiVersion,
  fields,
  time,
})

/** What is taken from the managers of a version, and what is not there any more; undefined where the version isn't. */
export type Changes = (apiVersion: string) => { readonly taken: FieldSet; readonly removed: FieldSet } | undefined

export function changesFor(comparison: Comparison, versions: OtherVersions): Changes {
  const changes = ({ added, modified, removed }: Comparison): ReturnType<Changes> => ({
    taken: modified.union(added),
    removed,
  })
  const own = changes(comparison)
  return (apiVersion) => {
    if (!versions.has(apiVersion)) return own
    const other = versions.get(apiVersion)
    return other === undefined ? undefined : changes(other)
  }
}

/** Everybody else's fields after somebody took some and removed some. */
export function released(managers: Managers, key: string, changes: Changes): Managers {
  const kept = new Map<string, Managed>()
  for (const [other, managed] of managers) {
    const change = other === key ? undefined : changes(managed.apiVersion)
    if (other !== key && change === undefined) continue
    if (
      change === undefined ||
      (managed.fields.isDisjoint(change.taken) && managed.fields.isDisjoint(change.removed))
    ) {
      kept.set(other, managed)
      continue
    }
    const fields = managed.fields.difference(change.taken).difference(change.removed)
    if (!fields.isEmpty) kept.set(other, { ...managed, fields })
  }
  return kept
}
