/**
 * JSON merge patch (RFC 7386), without touching the original. What comes new loses its nulls also within lists, as in
 * the real server's library. Source: gopkg.in/evanphx/json-patch.v4, merge.go.
 */
import { deepEqual, isMap, isRecord, setOwn } from './object.ts'

export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return isRecord(target) ? patch : withoutNulls(patch)
  const base = isRecord(target) ? target : {}
  const merged: Record<string, unknown> = {}
  for (const key of Object.keys(base)) {
    if (!Object.hasOwn(patch, key)) setOwn(merged, key, base[key])
    else if (patch[key] !== null) setOwn(merged, key, mergePatch(base[key], patch[key]))
  }
  for (const key of Object.keys(patch)) {
    if (!Object.hasOwn(base, key) && patch[key] !== null) setOwn(merged, key, mergePatch(undefined, patch[key]))
  }
  return merged
}

/** What comes new, as a merge leaves it. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls)
  return isMap(value) ? mergePatch(undefined, value) : value
}

/** The merge patch that turns `before` into `after`; undefined when nothing differs. */
export function diffMergePatch(before: unknown, after: unknown): unknown {
  if (before === after) return undefined
  if (!isRecord(before) || !isRecord(after)) return deepEqual(before, after) ? undefined : after
  const patch: Record<string, unknown> = {}
  for (const key of Object.keys(after)) {
    if (after[key] === undefined) continue
    const change = diffMergePatch(before[key], after[key])
    if (change !== undefined) setOwn(patch, key, change)
  }
  for (const key of Object.keys(before)) {
    if (before[key] !== undefined && after[key] === undefined) setOwn(patch, key, null)
  }
  return Object.keys(patch).length === 0 ? undefined : patch
}
