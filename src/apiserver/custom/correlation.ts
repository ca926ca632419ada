/** Where a value stands in its object, and what stood there before. */
import { deepEqual, isRecord } from '../../kube/object.ts'
import type { Structural } from './structural.ts'

export const child = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

/** Items of keyed lists have a past, found by their keys; others have none. */
export function correlated(node: Structural, old: unknown): (item: unknown) => unknown {
  const keys = node.props['x-kubernetes-list-map-keys']
  if (keys === undefined || !Array.isArray(old)) return () => undefined
  return (item) =>
    (old as unknown[]).find(
      (other) => isRecord(other) && isRecord(item) && keys.every((key) => deepEqual(other[key], item[key])),
    )
}
