/**
 * Strategic merge patch for the built-in kinds: a merge patch that knows which lists are merged by which key.
 * Source: k8s.io/apimachinery/pkg/util/strategicpatch; keys from the patchMergeKey tags in the type tables.
 */
import { isMap, setOwn } from '../kube/object.ts'
import { goPrinted, goText } from '../kube/go-print.ts'
import { badRequest, failure } from '../kube/status.ts'
import { messageOf, type Field, type FieldType, type Message } from '../kube/types/tables.ts'
import { deletedFrom, goTypeOf, inSetOrder, mergedList, type GoMap } from './strategic-lists.ts'

const order = '$setElementOrder'
const gone = '$deleteFromPrimitiveList'

/** Throws 500 for a patch that can't be merged, 400 and 422 for some that are malformed. */
export function strategicMergePatch(target: unknown, patch: unknown, type: Message | undefined): unknown {
  return isMap(patch) ? mergeMap(isMap(target) ? target : {}, patch, type) : patch
}

function mergeMap(target: GoMap, patch: GoMap, type: Message | undefined): GoMap {
  if ('$patch' in patch) return directed(patch)
  const merged: Record<string, unknown> = { ...kept(target, patch) }
  const rest: Record<string, unknown> = { ...patch }
  delete rest['$retainKeys']
  for (const key of Object.keys(patch).filter((each) => each.startsWith(order))) {
    delete rest[key]
    applyOrder(merged, rest, key, patch[key], type)
  }
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith(gone)) deleteFrom(merged, listNamed(key, gone, 'primitive'), value, type)
    else mergeKey(merged, key, value, type)
  }
  return merged
}

function directed({ $patch: directive, ...patch }: GoMap): GoMap {
  if (directive === 'replace') return patch
  if (directive === 'delete') return {}
  throw failure(
    500,
    undefined,
    `unknown patch type: ${goText(directive)} in map: ${goPrinted({ $patch: directive, ...patch })}`,
  )
}

/** What stays of a map whose patch says which keys it is to have: what else the patch sets has to be among them. */
function kept(target: GoMap, patch: GoMap): GoMap {
  const retained = patch['$retainKeys']
  if (retained === undefined) return target
  const set = Object.keys(patch).filter(
    (key) => key !== '$retainKeys' && !key.startsWith(order) && !key.startsWith(gone) && patch[key] !== null,
  )
  if (!Array.isArray(retained) || set.some((key) => !retained.includes(key)))
    throw badRequest('invalid patch format of retainKeys')
  return Object.fromEntries(Object.entries(target).filter(([key]) => retained.includes(key)))
}

/** The list that a directive is about: it stands behind the slash. */
function listNamed(key: string, directive: string, what: string): string {
  const slash = key.indexOf('/')
  if (slash !== directive.length) throw badRequest(`invalid patch format of ${what} list`)
  return key.slice(slash + 1)
}

/** Merges the list together with its order; what is done of the patch is taken out of `rest`. */
function applyOrder(
  merged: Record<string, unknown>,
  rest: Record<string, unknown>,
  key: string,
  wanted: unknown,
  type: Message | undefined,
): void {
  const asList = (value: unknown): readonly unknown[] => {
    if (Array.isArray(value)) return value
    throw failure(500, undefined, `expected a []interface {}, but received a ${goTypeOf(value)}`)
  }
  const list = asList(wanted)
  const name = listNamed(key, order, 'setElementOrder')
  const before = name in merged ? asList(merged[name]) : undefined
  const patch = name in rest ? asList(rest[name]) : undefined
  const field = fieldOf(type, name)
  const merge = (): readonly unknown[] =>
    before === undefined
      ? (withoutDirectives(patch) as unknown[])
      : patch === undefined
        ? before
        : mergeList(before, patch, field)
  const ordered = inSetOrder(list, before, patch, field?.mergeKey ?? '', merge)
  if (ordered === undefined) return
  setOwn(merged, name, ordered)
  delete rest[name]
}

function deleteFrom(merged: Record<string, unknown>, name: string, items: unknown, type: Message | undefined): void {
  const list = merged[name]
  if (items === null) delete merged[name]
  else if (Array.isArray(list) && Array.isArray(items)) {
    const field = fieldOf(type, name)
    setOwn(merged, name, deletedFrom(list, items, field?.mergeKey ?? '', merging(field)))
  }
}

function mergeKey(merged: Record<string, unknown>, key: string, patch: unknown, type: Message | undefined): void {
  if (patch === null) return void delete merged[key]
  const before = Object.hasOwn(merged, key) ? merged[key] : undefined
  if (isMap(before) && isMap(patch)) {
    const field = fieldOf(type, key)
    setOwn(merged, key, field?.replaced === true ? patch : mergeMap(before, patch, structOf(field?.type)))
  } else if (Array.isArray(before) && Array.isArray(patch))
    setOwn(merged, key, mergeList(before, patch, fieldOf(type, key)))
  // What is not there, or something else, is taken as it is.
  else if (isMap(patch) && '$patch' in patch) delete merged[key]
  else setOwn(merged, key, withoutDirectives(patch))
}

const mergeList = (
  before: readonly unknown[],
  patch: readonly unknown[],
  field: Field | undefined,
): readonly unknown[] =>
  field?.mergeKey === undefined ? patch : mergedList(before, patch, field.mergeKey, merging(field))

const merging =
  (field: Field | undefined) =>
  (before: GoMap, patch: GoMap): GoMap =>
    mergeMap(before, patch, structOf(field?.type))

/** Without maps that are directives, and without nulls, at any depth. */
function withoutDirectives(value: unknown): unknown {
  const isDirective = (each: unknown): boolean => isMap(each) && '$patch' in each
  if (Array.isArray(value)) return value.filter((each) => !isDirective(each)).map(withoutDirectives)
  if (!isMap(value)) return value
  const left: Record<string, unknown> = {}
  for (const [key, each] of Object.entries(value))
    if (each !== null && !isDirective(each)) setOwn(left, key, withoutDirectives(each))
  return left
}

/** Undefined where the type is not known; throws where it has no such field. */
function fieldOf(type: Message | undefined, name: string): Field | undefined {
  if (type === undefined) return undefined
  const field = fieldNamed(type, name)
  if (field !== undefined) return field
  const [, struct] = type.name.split('.')
  throw failure(
    500,
    undefined,
    `unable to find api field in struct ${struct} for the json field ${JSON.stringify(name)}`,
  )
}

function fieldNamed(type: Message, name: string): Field | undefined {
  for (const field of type.fields) {
    if (field.name === name) return field
    const inlined =
      field.inline && field.type.kind === 'message' ? fieldNamed(messageOf(field.type.name), name) : undefined
    if (inlined !== undefined) return inlined
  }
  return undefined
}

/** A struct without fields that Go looks into when raw data is merged. */
const rawExtension: Message = { name: 'runtime.RawExtension', fields: [], byNumber: new Map() }

const structOf = (type: FieldType | undefined): Message | undefined =>
  type?.kind === 'message'
    ? messageOf(type.name)
    : type?.kind === 'list'
      ? structOf(type.element)
      : type?.kind === 'scalar' && type.name === 'raw'
        ? rawExtension
        : undefined
