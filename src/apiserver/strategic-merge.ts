/**
 * Strategic merge patch for the built-in kinds: a merge patch that knows which lists are merged by which key.
 * Source: k8s.io/apimachinery/pkg/util/strategicpatch; keys from the patchMergeKey tags in the type tables.
 */
import { deepEqual, isRecord, setOwn } from '../kube/object.ts'
import { goPrinted } from '../kube/go-print.ts'
import { badRequest, failure } from '../kube/status.ts'
import { messageOf, type Field, type FieldType, type Message } from '../kube/types/tables.ts'

export function strategicMergePatch(target: unknown, patch: unknown, type: Message | undefined): unknown {
  if (!isRecord(patch) || 'rawJSON' in patch) return patch
  const directive = patch['$patch']
  if (directive === 'replace') return withoutDirectives(patch)
  if (directive === 'delete') return {}
  if (directive !== undefined) throw unknownDirective(directive, patch)
  const base = isRecord(target) ? target : {}
  const retained = retainedKeys(patch)
  const merged: Record<string, unknown> = {}
  for (const key of Object.keys(base)) {
    if (retained !== undefined && !retained.includes(key)) continue
    if (!Object.hasOwn(patch, key)) setOwn(merged, key, base[key])
    else if (patch[key] !== null) setOwn(merged, key, mergeField(base[key], patch[key], fieldNamed(type, key)))
  }
  for (const key of Object.keys(patch)) {
    if (!key.startsWith('$') && !Object.hasOwn(base, key) && patch[key] !== null)
      setOwn(merged, key, mergeField(undefined, patch[key], fieldNamed(type, key)))
  }
  for (const key of Object.keys(patch)) {
    const [listDirective = '', list = ''] = key.split('/')
    if (listDirective === '$deleteFromPrimitiveList') removeItems(merged, list, patch[key])
    if (listDirective === '$setElementOrder')
      reorder(merged, base[list], list, patch[key], fieldNamed(type, list)?.mergeKey)
  }
  return merged
}

const unknownDirective = (directive: unknown, patch: Record<string, unknown>): Error =>
  failure(500, undefined, `unknown patch type: ${goPrinted(directive)} in map: ${goPrinted(patch)}`)

/** What else the patch sets has to be among them. */
function retainedKeys(patch: Record<string, unknown>): readonly unknown[] | undefined {
  const retained = patch['$retainKeys']
  if (retained === undefined) return undefined
  const set = Object.keys(patch).filter((key) => !key.startsWith('$') && patch[key] !== null)
  if (!Array.isArray(retained) || set.some((key) => !retained.includes(key)))
    throw badRequest('invalid patch format of retainKeys')
  return retained as unknown[]
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

function mergeField(target: unknown, patch: unknown, field: Field | undefined): unknown {
  if (field?.replaced === true && isRecord(patch)) return withoutDirectives(patch)
  if (isRecord(patch) && isRecord(target) && field?.type.kind === 'scalar' && field.type.name === 'raw') {
    const [key] = Object.keys(patch)
    const missing = `unable to find api field in struct RawExtension for the json field ${JSON.stringify(key)}`
    if (key !== undefined) throw failure(500, undefined, missing)
  }
  if (!Array.isArray(patch)) return strategicMergePatch(target, patch, structOf(field?.type))
  const list: unknown[] = Array.isArray(target) ? target : []
  if (field?.mergeKey === undefined || patch.some((item) => isRecord(item) && item['$patch'] === 'replace'))
    return patch.filter((item) => !isRecord(item) || !('$patch' in item))
  if (field.mergeKey === '') {
    const added = (patch as unknown[]).filter((item) => !list.some((have) => deepEqual(have, item)))
    return inPatchOrder([...list, ...added], list, patch, '')
  }
  const item = structOf(field.type)
  // What is not there yet is taken as it is, key or no key.
  if (target === undefined)
    return patch
      .filter((each) => !isRecord(each) || !('$patch' in each))
      .map((each) => strategicMergePatch(undefined, each, item))
  return mergeLists(list, patch, field.mergeKey, item)
}

function mergeLists(
  target: readonly unknown[],
  patch: readonly unknown[],
  key: string,
  type: Message | undefined,
): unknown[] {
  if (target.length > 0 && !patch.every(isRecord))
    throw failure(500, undefined, `list element types are not identical: ${goPrinted([target, patch])}`)
  const merged = [...target]
  for (const item of patch) {
    if (!isRecord(item) || !(key in item))
      throw failure(500, undefined, `map: ${goPrinted(item)} does not contain declared merge key: ${key}`)
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
    list.findIndex((other) =>
      key !== '' && isRecord(other) && isRecord(item) ? other[key] === item[key] : deepEqual(other, item),
    )
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
  if (!Array.isArray(gone)) throw badRequest('invalid patch format of primitive list')
  if (Array.isArray(list)) object[name] = list.filter((item) => !gone.includes(item))
}

function reorder(
  object: Record<string, unknown>,
  before: unknown,
  name: string,
  order: unknown,
  key: string | undefined,
): void {
  const list = object[name]
  if (!Array.isArray(order)) throw badRequest('invalid patch format of setElementOrder list')
  if (Array.isArray(list)) object[name] = inPatchOrder(list, Array.isArray(before) ? before : [], order, key ?? '')
}

const withoutDirectives = (item: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).filter(([key]) => !key.startsWith('$')))
