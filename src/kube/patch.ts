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
  for (const operation of operations as Operation[]) {
    if (isRecord(operation) && typeof operation.path === 'string' && !/^(\/|$)/.test(operation.path))
      throw new PatchError(`${operation.path} is no path`)
    const [failed = null] = applyPatch(copy, asWritten(copy, operation))
    if (failed !== null) throw new PatchError(inGoWords(copy, operation))
  }
  return copy
}

/**
 * Kubernetes' library takes a member that isn't there for null: it can be replaced, copied, and tested for null.
 * Source: github.com/evanphx/json-patch.
 */
function asWritten(document: unknown, operation: Operation): Operation[] {
  if (!isRecord(operation)) return [operation]
  const { op } = operation
  if (op === 'replace' && isMissing(document, operation.path))
    return [{ op: 'add', path: operation.path, value: operation.value as unknown }]
  if (op === 'copy' && isMissing(document, operation.from)) return [{ op: 'add', path: operation.path, value: null }]
  if (op === 'test' && operation.value === null && isMissing(document, operation.path)) return []
  return [operation]
}

/** As Kubernetes' library says that an operation does not fit. */
function inGoWords(document: unknown, operation: Operation): string {
  const { op, path = '' } = operation as { op?: unknown; path?: string }
  const last = path.slice(path.lastIndexOf('/') + 1)
  if (op === 'remove' && isMissing(document, path))
    return `error in remove for path: '${path}': Unable to remove nonexistent key: ${last}: missing value`
  const missing = `doc is missing path: ${JSON.stringify(path)}: missing value`
  if (op === 'test') return `testing value ${path} failed: test failed`
  return typeof op === 'string' ? `${op} operation does not apply: ${missing}` : `Unexpected kind: ${String(op)}`
}

/** Whether the last step of the path leads from an object to nothing. */
function isMissing(document: unknown, path: unknown): boolean {
  if (typeof path !== 'string') return false
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = parts.pop()
  const parent = parts.reduce<unknown>((value, part) => (isRecord(value) ? value[part] : undefined), document)
  return last !== undefined && isRecord(parent) && !Object.hasOwn(parent, last)
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
