/**
 * Strategic merge patch for the built-in kinds: a merge patch that knows which lists are merged by which key.
 * Source: k8s.io/apimachinery/pkg/util/strategicpatch; keys from the patchMergeKey tags in the type tables.
 */
import { deepEqual, isRecord, setOwn } from '../kube/object.ts'
import { badRequest } from '../kube/status.ts'
import { messageOf, type Field, type FieldType, type Message } from '../kube/types/tables.ts'

export function strategicMergePatch(target: unknown, patch: unknown, type: Message | undefined): unknown {
  if (!isRecord(patch) || 'rawJSON' in patch) return patch
  if (patch['$patch'] === 'replace') return withoutDirectives(patch)
  if (patch['$patch'] === 'delete') return {}
  const base = isRecord(target) ? target : {}
  const retained = patch['$retainKeys']
  const merged: Record<string, unknown> = {}
  for (const key of Object.keys(base)) {
    if (Array.isArray(retained) && !retained.includes(key)) continue
    if (!Object.hasOwn(patch, key)) setOwn(merged, key, base[key])
    else if (patch[key] !== null) setOwn(merged, key, mergeField(base[key], patch[key], fieldNamed(type, key), key))
  }
  for (const key of Object.keys(patch)) {
    if (!key.startsWith('$') && !Object.hasOwn(base, key) && patch[key] !== null)
      setOwn(merged, key, mergeField(undefined, patch[key], fieldNamed(type, key), key))
  }
  for (const key of Object.keys(patch)) {
    const [directive = '', list = ''] = key.split('/')
    if (directive === '$deleteFromPrimitiveList') removeItems(merged, list, patch[key])
    if (directive === '$setElementOrder') reorder(merged, list, patch[key], fieldNamed(type, list)?.mergeKey)
  }
  return merged
}

function fieldNamed(type: Message | undefined, name: string): Field | undefined {
  if (type === undefined) return undefined
  for (const field of type.fields) {
    if (field.name === name) return field
    const inlined =
      field.inline && field.type.kind === 'message' ? fieldNamed(messageOf(field.type.name), name) : undefined
    if (inlined !== undefined) return inlined
  }
  return undefined
}

const structOf = (type: FieldType | undefined): Message | undefined =>
  type?.kind === 'message' ? messageOf(type.name) : type?.kind === 'list' ? structOf(type.element) : undefined

function mergeField(target: unknown, patch: unknown, field: Field | undefined, name: string): unknown {
  if (!Array.isArray(patch)) return strategicMergePatch(target, patch, structOf(field?.type))
  const list: unknown[] = Array.isArray(target) ? target : []
  if (field?.mergeKey === undefined || patch.some((item) => isRecord(item) && item['$patch'] === 'replace'))
    return patch.filter((item) => !isRecord(item) || !('$patch' in item))
  if (field.mergeKey === '')
    return [...list, ...(patch as unknown[]).filter((item) => !list.some((have) => deepEqual(have, item)))]
  return mergeLists(list, patch, field.mergeKey, structOf(field.type), name)
}

function mergeLists(
  target: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  type: Message | undefined,
  name: string,
): unknown[] {
  const merged = [...target]
  for (const item of patch) {
    if (!isRecord(item) || !(key in item))
      throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key} (in ${name})`)
    const at = merged.findIndex((have) => isRecord(have) && have[key] === item[key])
    if (item['$patch'] === 'delete') {
      if (at >= 0) merged.splice(at, 1)
    } else if (at >= 0) merged[at] = strategicMergePatch(merged[at], item, type)
    else merged.push(strategicMergePatch(undefined, item, type))
  }
  return inPatchOrder(merged, target, patch, key)
}

/**
 * What the patch names comes in its order; what it does not name stays before what it stood before.
 * Source: k8s.io/apimachinery/pkg/util/strategicpatch, normalizeElementOrder.
 */
function inPatchOrder(
  merged: readonly unknown[],
  target: readonly unknown[],
  patch: readonly unknown[],
  key: string,
): unknown[] {
  const place = (list: readonly unknown[], item: unknown): number =>
    list.findIndex((other) => isRecord(other) && isRecord(item) && other[key] === item[key])
  const inOrder = (items: unknown[], of: readonly unknown[]): unknown[] =>
    items.sort((a, b) => place(of, a) - place(of, b))
  const named = inOrder(
    merged.filter((item) => place(patch, item) >= 0),
    patch,
  )
  const others = inOrder(
    merged.filter((item) => place(patch, item) < 0),
    target,
  )
  const ordered: unknown[] = []
  for (const item of named) {
    const before = place(target, item)
    while (before >= 0 && others.length > 0 && place(target, others[0]) < before) ordered.push(others.shift())
    ordered.push(item)
  }
  return [...ordered, ...others]
}

function removeItems(object: Record<string, unknown>, name: string, gone: unknown): void {
  const list = object[name]
  if (Array.isArray(list) && Array.isArray(gone)) object[name] = list.filter((item) => !gone.includes(item))
}

function reorder(object: Record<string, unknown>, name: string, order: unknown, key: string | undefined): void {
  const list = object[name]
  if (!Array.isArray(list) || !Array.isArray(order)) return
  const place = (item: unknown): number =>
    order.findIndex((wanted) =>
      key !== undefined && key !== '' && isRecord(wanted) && isRecord(item)
        ? wanted[key] === item[key]
        : deepEqual(wanted, item),
    )
  object[name] = (list as unknown[])
    .map((item, index) => ({ item, index, place: place(item) }))
    .sort((a, b) => (a.place < 0 || b.place < 0 ? a.index - b.index : a.place - b.place))
    .map(({ item }) => item)
}

const withoutDirectives = (item: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).filter(([key]) => !key.startsWith('$')))
