/**
 * Strategic merge patch for the built-in kinds: a merge patch that knows which lists are merged by which key.
 * Source: k8s.io/apimachinery/pkg/util/strategicpatch; keys from the patchMergeKey tags of k8s.io/api/core/v1.
 */
import { deepEqual, isRecord, setOwn } from '../kube/object.ts'

/** Merge keys by field name; where one name means two lists (`ports`), the element shape decides. */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  conditions: ['type'],
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  ports: ['containerPort', 'port'],
  hostAliases: ['ip'],
  imagePullSecrets: ['name'],
  ownerReferences: ['uid'],
  addresses: ['type'],
  topologySpreadConstraints: ['topologyKey'],
  secrets: ['name'],
}

/** Lists of plain values that merge as sets. */
const mergedSets = new Set(['finalizers', 'podCIDRs'])

export function strategicMergePatch(target: unknown, patch: unknown, field = ''): unknown {
  if (Array.isArray(patch))
    return Array.isArray(target) ? mergeLists(target, patch, field) : patch.filter((item) => !isDirective(item))
  if (!isRecord(patch) || 'rawJSON' in patch) return patch
  if (patch['$patch'] === 'replace') return withoutDirectives(patch)
  if (patch['$patch'] === 'delete') return {}
  const base = isRecord(target) ? target : {}
  const retained = patch['$retainKeys']
  const merged: Record<string, unknown> = {}
  for (const key of Object.keys(base)) {
    if (Array.isArray(retained) && !retained.includes(key)) continue
    if (!Object.hasOwn(patch, key)) setOwn(merged, key, base[key])
    else if (patch[key] !== null) setOwn(merged, key, strategicMergePatch(base[key], patch[key], key))
  }
  for (const key of Object.keys(patch)) {
    if (key.startsWith('$deleteFromPrimitiveList/')) {
      const list = key.slice('$deleteFromPrimitiveList/'.length)
      const gone = patch[key] as unknown[]
      if (Array.isArray(merged[list])) merged[list] = (merged[list] as unknown[]).filter((item) => !gone.includes(item))
    } else if (!key.startsWith('$') && !Object.hasOwn(base, key) && patch[key] !== null) {
      setOwn(merged, key, strategicMergePatch(undefined, patch[key], key))
    }
  }
  for (const key of Object.keys(patch)) {
    if (key.startsWith('$setElementOrder/'))
      reorder(merged, key.slice('$setElementOrder/'.length), patch[key] as unknown[])
  }
  return merged
}

function mergeLists(target: readonly unknown[], patch: readonly unknown[], field: string): unknown[] {
  if (patch.some((item) => isRecord(item) && item['$patch'] === 'replace'))
    return patch.filter((item) => !isDirective(item))
  if (mergedSets.has(field))
    return [...target, ...patch.filter((item) => !target.some((have) => deepEqual(have, item)))]
  const key = keyOf(field, patch)
  if (key === undefined) return [...patch]
  const merged = [...target]
  for (const item of patch) {
    if (!isRecord(item)) continue
    const at = merged.findIndex((have) => isRecord(have) && have[key] === item[key])
    if (item['$patch'] === 'delete') {
      if (at >= 0) merged.splice(at, 1)
    } else if (at >= 0) merged[at] = strategicMergePatch(merged[at], item)
    else merged.push(withoutDirectives(item))
  }
  return merged
}

const keyOf = (field: string, patch: readonly unknown[]): string | undefined =>
  mergeKeys[field]?.find((key) => patch.every((item) => isRecord(item) && key in item))

function reorder(object: Record<string, unknown>, field: string, order: readonly unknown[]): void {
  const list = object[field]
  if (!Array.isArray(list)) return
  const key = keyOf(field, order)
  const place = (item: unknown): number =>
    order.findIndex((wanted) =>
      key !== undefined && isRecord(wanted) && isRecord(item) ? wanted[key] === item[key] : deepEqual(wanted, item),
    )
  object[field] = (list as unknown[])
    .map((item, index) => ({ item, index, place: place(item) }))
    .sort((a, b) => (a.place < 0 || b.place < 0 ? a.index - b.index : a.place - b.place))
    .map(({ item }) => item)
}

const isDirective = (item: unknown): boolean => isRecord(item) && '$patch' in item

function withoutDirectives(item: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(item).filter(([key]) => !key.startsWith('$')))
}
