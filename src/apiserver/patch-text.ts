/**
 * A patched object as the real server quotes it: what the patch touches is encoded anew, with its keys in order, and
 * the rest stays as Go prints the type, which custom resources have not. Source: github.com/evanphx/json-patch, which decodes what it has to.
 */
import { isRecord } from '../kube/object.ts'
import { TypeMismatch } from '../kube/types/go-value.ts'
import { normalize } from '../kube/types/normalize.ts'
import { messageOf } from '../kube/types/tables.ts'
import type { KubeObject } from './types.ts'

export const patchedText = (patched: KubeObject, change: unknown, custom: boolean): string =>
  custom ? text(patched, patched) : text(inGoOrder(patched), Array.isArray(change) ? touchedBy(change) : change)

/** The server adds to metadata in an order of its own, as far as it can read it. */
function inGoOrder(object: KubeObject): object {
  try {
    return { ...object, metadata: normalize(messageOf('meta-v1.ObjectMeta'), object.metadata, () => {}) }
  } catch (error) {
    if (!(error instanceof TypeMismatch)) throw error
    return { ...object, metadata: sorted(object.metadata) }
  }
}

const sorted = (map: object): object => Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))

function text(value: unknown, touched: unknown): string {
  if (Array.isArray(value) && value === touched) return `[${value.map((item) => text(item, item)).join(',')}]`
  if (!isRecord(value) || !isRecord(touched)) return JSON.stringify(value)
  const fields = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${text(value[key], touched[key])}`)
  return `{${fields.join(',')}}`
}

/** The paths of a JSON patch as a merge patch has them. */
function touchedBy(operations: readonly unknown[]): object {
  const root: Record<string, unknown> = {}
  for (const operation of operations) {
    const path = isRecord(operation) && typeof operation['path'] === 'string' ? operation['path'] : ''
    let at = root
    for (const part of path.split('/').slice(1)) {
      const next = isRecord(at[part]) ? at[part] : {}
      at[part] = next
      at = next
    }
  }
  return root
}
