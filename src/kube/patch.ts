/** JSON merge patch (RFC 7386) and JSON patch (RFC 6902), without touching the original. */
import { applyPatch, type Operation } from 'rfc6902'
import { deepEqual, isRecord, setOwn } from './object.ts'

export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch) || 'rawJSON' in patch) return patch
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

export class PatchError extends Error {
  override readonly name = 'PatchError'
}

export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw new PatchError('json patch must be a list of operations')
  const copy = structuredClone(target)
  const failures = applyPatch(
    copy,
    (operations as Operation[]).map((each) => asWritten(copy, each)),
  ).filter((result) => result !== null)
  if (failures.length > 0) throw new PatchError((failures[0] as Error).message)
  return copy
}

/** Kubernetes' library lets `replace` set a member that is not there yet. Source: github.com/evanphx/json-patch. */
function asWritten(document: unknown, operation: Operation): Operation {
  if (!isRecord(operation) || operation.op !== 'replace' || typeof operation.path !== 'string') return operation
  const parts = operation.path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = parts.pop()
  const parent = parts.reduce<unknown>((value, part) => (isRecord(value) ? value[part] : undefined), document)
  const missing = last !== undefined && isRecord(parent) && !Object.hasOwn(parent, last)
  return missing ? { op: 'add', path: operation.path, value: operation.value as unknown } : operation
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
