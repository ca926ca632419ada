/**
 * Writes to objects that other managers know in other versions of the kind: what each of them owns is compared in its
 * own version, so that a field keeps its owner under whatever name a version has it. Source:
 * sigs.k8s.io/structured-merge-diff, merge/update.go.
 */
import { failure, StatusError } from '../../kube/status.ts'
import type { Schema } from '../schema/schema.ts'
import type { KubeObject } from '../types.ts'
import { FieldSet } from './field-set.ts'
import { compare, fieldsOf, without, type Comparison } from './typed.ts'
import { beginApply, endApply, type Applying } from './applying.ts'
import { bare, relevant, type Live, type OtherVersions, type Writer } from './changes.ts'
import { recordUpdate } from './updater.ts'

export interface Versioned {
  readonly schema: Schema
  readonly object: object
}

/** Of an object that doesn't fit the version that it is converted to. */
export class Misfit extends Error {
  override readonly name = 'Misfit'
}

/**
 * The object in another version; undefined where there is no such version. Rejects with what a webhook says that
 * can't convert it, or a {@link Misfit}.
 */
export type ToVersion = (object: object, apiVersion: string) => Promise<Versioned | undefined>

/** The versions, other than its own, in which managers of the object know it. */
export function versionsOfManagers(object: Live, apiVersion: string): readonly string[] {
  const versions = (object?.metadata.managedFields ?? []).map((entry) => (entry as { apiVersion?: unknown }).apiVersion)
  return [...new Set(versions)].filter((version) => typeof version === 'string' && version !== apiVersion) as string[]
}

/** Rejects with what can't be converted, after the words that say where. */
async function inWords<T>(words: string, asked: Promise<T>): Promise<T> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Misfit || error instanceof StatusError) throw failure(500, undefined, words + error.message)
    throw error
  }
}

async function compared(
  to: ToVersion,
  before: object,
  after: object,
  versions: readonly string[],
  writer: Writer,
): Promise<OtherVersions> {
  // Of a status all versions ignore what it leaves alone.
  const ignored = writer.subresource === 'status' ? writer.ignored : new FieldSet()
  const comparisons = new Map<string, Comparison | undefined>()
  for (const version of versions) {
    const old = await inWords('', to(before, version))
    const now = old === undefined ? undefined : await inWords('failed to convert new object: ', to(after, version))
    comparisons.set(
      version,
      old === undefined || now === undefined
        ? undefined
        : relevant(compare(old.schema, old.object, now.object), ignored),
    )
  }
  return comparisons
}

/** {@link recordUpdate} of an object with such managers: what can't be converted has no managers any more. */
export async function recordUpdateAcross(
  schema: Schema,
  live: KubeObject,
  empty: object,
  wanted: KubeObject,
  writer: Writer,
  to: ToVersion,
): Promise<KubeObject> {
  const after = bare(wanted)
  const versions = versionsOfManagers(live, writer.apiVersion)
  try {
    return recordUpdate(schema, live, empty, wanted, writer, await compared(to, bare(live), after, versions, writer))
  } catch (error) {
    if (error instanceof StatusError) return after
    throw error
  }
}

/** {@link recordApply} of an object with such managers. Rejects with 500 where it can't be converted. */
export async function recordApplyAcross(
  schema: Schema,
  live: KubeObject,
  empty: object,
  config: KubeObject,
  writer: Writer,
  force: boolean,
  describe: string,
  to: ToVersion,
): Promise<KubeObject> {
  const applying = beginApply(schema, live, empty, config, writer, describe)
  const pruned = await inWords('failed to prune fields: ', prunedAcross(applying, to))
  const versions = versionsOfManagers(live, writer.apiVersion)
  const others = await compared(to, applying.before as object, pruned, versions, writer)
  return endApply(applying, pruned, force, others)
}

/** The merged object without what the applier said the last time and nobody says now, as each version counts it. */
async function prunedAcross({ merged, managers, last, writer }: Applying, to: ToVersion): Promise<KubeObject> {
  if (last === undefined || last.fields.isEmpty) return merged
  const all = await inWords('failed to convert merged object to last applied version: ', to(merged, last.apiVersion))
  if (all === undefined) return merged
  const left = await withOwned(all, last.apiVersion, last.fields, managers, to)
  const kept = await inWords('failed to convert pruned object to last applied version: ', to(left, last.apiVersion))
  if (kept === undefined) return merged
  const named = (fields: FieldSet): FieldSet => fields.withNamedFields(all.schema)
  const gone = named(fieldsOf(all.schema, all.object)).difference(named(fieldsOf(all.schema, kept.object)))
  const rest = without(all.schema, all.object, gone.intersection(named(last.fields))) as object
  return ((await to(rest, writer.apiVersion))?.object ?? merged) as KubeObject
}

/** `all` without `last`, but with what any manager owns, in its own version; the applier's version first. */
async function withOwned(
  all: Versioned,
  version: string,
  last: FieldSet,
  managers: Applying['managers'],
  to: ToVersion,
): Promise<object> {
  const owned = new Map<string, FieldSet>([[version, new FieldSet()]])
  for (const { apiVersion, fields } of managers.values())
    owned.set(apiVersion, owned.get(apiVersion)?.union(fields) ?? fields)
  let merged = all.object
  let left = without(all.schema, merged, last.withNamedFields(all.schema)) as object
  for (const [apiVersion, fields] of owned) {
    const words = (what: string): string =>
      `failed add back owned items: failed to convert ${what} object at version ${apiVersion}: `
    const whole = await inWords(words('merged'), to(merged, apiVersion))
    const part = await inWords(words('pruned'), to(left, apiVersion))
    if (whole === undefined || part === undefined) continue
    const named = (set: FieldSet): FieldSet => set.withNamedFields(whole.schema)
    const kept = named(fieldsOf(part.schema, part.object)).union(named(fields))
    merged = whole.object
    left = without(whole.schema, merged, named(fieldsOf(whole.schema, merged)).difference(kept)) as object
  }
  return left
}
