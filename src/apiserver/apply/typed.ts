/**
 * Values under a schema: which fields they have, how two differ, how they merge, what is left without some fields.
 * Source: sigs.k8s.io/structured-merge-diff, typed/{tofieldset,compare,merge,remove,validate}.go.
 */
import { goPrinted, goSyntax, goType } from '../../kube/go-print.ts'
import { deepEqual, isMap, setOwn } from '../../kube/object.ts'
import { fieldOf, isNamed, resolved, type ListSchema, type Schema } from '../schema/schema.ts'
import { ElementError, FieldSet, itemElement } from './field-set.ts'

const isEmptyList = (value: unknown): boolean => !Array.isArray(value) || value.length === 0
const isEmptyMap = (value: unknown): boolean => !isMap(value) || Object.keys(value).length === 0

/**
 * What doesn't fit the schema, one line each: `.spec.foo: field not declared in schema`. Items that come twice do where
 * nobody applies them.
 */
export function typeErrors(schema: Schema, value: unknown, allowsRepeated = false): string[] {
  if (value === null || value === undefined) return []
  const form = resolved(schema, value)
  if (form.kind === 'scalar') {
    if (form.type === 'any')
      return typeof value === 'object' && !('rawJSON' in value) ? [`: expected any scalar, got ${formOf(value)}`] : []
    const fits =
      typeof value === form.type || (form.type === 'number' && typeof value === 'object' && 'rawJSON' in value)
    return fits ? [] : [`: ${expectedScalar[form.type]}, got ${shown[form.type](value)}`]
  }
  if (form.kind === 'list')
    return Array.isArray(value) ? listErrors(form, value, allowsRepeated) : [`: expected list, got ${formOf(value)}`]
  if (!isMap(value)) return [`: expected map, got ${formOf(value)}`]
  const errors: string[] = []
  for (const key of Object.keys(value)) {
    const below = fieldOf(form, key)
    // The real walk ends with the first of these.
    if (below === undefined) return [...errors, `.${key}: field not declared in schema`]
    for (const error of typeErrors(below, value[key], allowsRepeated)) errors.push(`.${key}${error}`)
  }
  return errors
}

const expectedScalar = {
  string: 'expected string',
  number: 'expected numeric (int or float)',
  boolean: 'expected boolean',
} as const

function listErrors(schema: ListSchema, list: readonly unknown[], allowsRepeated: boolean): string[] {
  const errors: string[] = []
  const seen = new Set<string>()
  for (const [index, item] of list.entries()) {
    try {
      const element = itemElement(schema, item, index)
      if (seen.has(element) && !allowsRepeated) errors.push(`: duplicate entries for key ${printed(element)}`)
      seen.add(element)
      for (const error of typeErrors(schema.element, item, allowsRepeated)) errors.push(printed(element) + error)
    } catch (error) {
      if (!(error instanceof ElementError)) throw error
      // What can't be told from others ends the real walk, too.
      return [...errors, `: element ${index}: ${error.message}`]
    }
  }
  return errors
}

const printed = (element: string): string => {
  const set = new FieldSet()
  set.child(element).member = true
  return [...set.paths()][0] as string
}

const formOf = (value: unknown): string => `&{${goPrinted(value)}}`

const syntaxOf = (value: unknown): string => `&value.valueUnstructured{Value:${goSyntax(value)}}`

/** Each is printed in its own way. */
const shown = { string: syntaxOf, number: goType, boolean: formOf } as const

/** The fields a configuration speaks of: its leaves, list items, and empty maps. */
export function fieldsOf(schema: Schema, value: unknown): FieldSet {
  const set = new FieldSet()
  collect(schema, value, set)
  return set
}

function collect(schema: Schema, value: unknown, set: FieldSet): void {
  const form = resolved(schema, value)
  if (form.kind === 'scalar') set.member = true
  else if (form.kind === 'list') {
    if (form.merge === 'atomic') set.member = true
    else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        const child = set.child(itemElement(form, item, index))
        collect(form.element, item, child)
        child.member = true
      }
    }
  } else if (form.atomic) set.member = true
  else if (isMap(value)) {
    for (const key of Object.keys(value)) {
      const child = set.child(`f:${key}`)
      const item = value[key]
      const below = fieldOf(form, key)
      if (below !== undefined) collect(below, item, child)
      if (item === null || (isMap(item) && isEmptyMap(item)) || !isNamed(form, key)) child.member = true
    }
  }
}

export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

/** How `after` differs from `before`; undefined stands for a value that isn't there. */
export function compare(schema: Schema, before: unknown, after: unknown): Comparison {
  const result = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
  compareInto(schema, before, after, result)
  return result
}

/** Makes the same child in all three sets only when something is recorded there: most of an object is unchanged. */
function compareInto(schema: Schema, before: unknown, after: unknown, into: Comparison): void {
  if (before === after) return
  if (before === undefined) into.added.member = true
  else if (after === undefined) into.removed.member = true
  const left = before === undefined ? undefined : resolved(schema, before)
  const right = after === undefined ? undefined : resolved(schema, after)
  if (left !== undefined && right !== undefined && left !== right) {
    descend(left, before, after, into)
    descend(right, before, after, into)
  } else descend((right ?? left) as Exclude<Schema, { kind: 'any' }>, before, after, into)
}

function descend(form: Exclude<Schema, { kind: 'any' }>, before: unknown, after: unknown, into: Comparison): void {
  if (form.kind === 'scalar') return compareLeaf(before, after, into)
  if (form.kind === 'list') {
    if (form.merge === 'atomic' || (isEmptyList(before) && isEmptyList(after))) return compareLeaf(before, after, into)
    const [left, right] = [itemsOf(form, before), itemsOf(form, after)]
    for (const [element, item] of left) compareChild(form.element, element, item, right.get(element), into)
    for (const [element, item] of right) {
      if (!left.has(element)) compareChild(form.element, element, undefined, item, into)
    }
    return
  }
  if (form.atomic || (isEmptyMap(before) && isEmptyMap(after))) return compareLeaf(before, after, into)
  const [left, right] = [isMap(before) ? before : {}, isMap(after) ? after : {}]
  for (const key of Object.keys(left)) {
    const below = fieldOf(form, key)
    if (below !== undefined) compareChild(below, `f:${key}`, left[key], own(right, key), into)
  }
  for (const key of Object.keys(right)) {
    const below = fieldOf(form, key)
    if (below !== undefined && own(left, key) === undefined)
      compareChild(below, `f:${key}`, undefined, right[key], into)
  }
}

/** Items of a list that have the same key: validation may let them be, and they are owned as one. */
class Repeated {
  readonly items: readonly unknown[]

  constructor(earlier: unknown, item: unknown) {
    this.items = earlier instanceof Repeated ? [...earlier.items, item] : [earlier, item]
  }
}

/** Keys are anybody's: some are names of what every object inherits. */
const own = (map: Readonly<Record<string, unknown>>, key: string): unknown =>
  Object.hasOwn(map, key) ? map[key] : undefined

function compareChild(schema: Schema, element: string, before: unknown, after: unknown, into: Comparison): void {
  if (before === after) return
  const below = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() }
  if (before instanceof Repeated || after instanceof Repeated) compareLeaf(before, after, below)
  else compareInto(schema, before, after, below)
  if (!below.added.isEmpty) into.added.children.set(element, below.added)
  if (!below.modified.isEmpty) into.modified.children.set(element, below.modified)
  if (!below.removed.isEmpty) into.removed.children.set(element, below.removed)
}

function compareLeaf(before: unknown, after: unknown, into: Comparison): void {
  if (before === undefined) into.added.member = true
  else if (after === undefined) into.removed.member = true
  else if (!deepEqual(before, after)) into.modified.member = true
}

function itemsOf(schema: ListSchema, list: unknown): Map<string, unknown> {
  const items = new Map<string, unknown>()
  if (!Array.isArray(list)) return items
  for (const [index, item] of list.entries()) {
    const element = itemElement(schema, item, index)
    if (schema.merge === 'map' && items.has(element)) items.set(element, new Repeated(items.get(element), item))
    else items.set(element, item)
  }
  return items
}

const isGranular = (form: Schema): boolean =>
  form.kind === 'list' ? form.merge !== 'atomic' : 'atomic' in form && !form.atomic

/** `config` laid over `live`: its leaves win, keyed lists and granular maps merge. */
export function merge(schema: Schema, live: unknown, config: unknown): unknown {
  if (config === undefined) return live
  // Nothing of what has many owners is said, and nothing of it is taken, where there is something.
  if (config === null && isGranular(resolved(schema, live)) && !(isEmptyList(live) && isEmptyMap(live))) return live
  const form = resolved(schema, config)
  if (live === undefined || live === null || form.kind === 'scalar') return config
  if (form.kind === 'list') {
    if (form.merge === 'atomic' || !Array.isArray(config) || !Array.isArray(live)) return config
    return mergeLists(form, live, config)
  }
  if (form.atomic || !isMap(config) || !isMap(live)) return config
  const merged: Record<string, unknown> = {}
  for (const key of Object.keys(live)) {
    const below = fieldOf(form, key)
    setOwn(merged, key, below === undefined ? live[key] : merge(below, live[key], config[key]))
  }
  for (const key of Object.keys(config)) if (!Object.hasOwn(live, key)) setOwn(merged, key, config[key])
  return merged
}

/** The configuration's order for its items, the live ones that it doesn't name between them where they were. */
function mergeLists(schema: ListSchema, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const leftElements = live.map((item, index) => itemElement(schema, item, index))
  const rightElements = config.map((item, index) => itemElement(schema, item, index))
  const left = new Map(leftElements.map((element, index) => [element, live[index]]))
  const right = new Map(rightElements.map((element, index) => [element, config[index]]))
  const shared = rightElements.filter((element) => left.has(element))
  let nextShared = shared.shift()
  const merged: unknown[] = []
  const done = new Set<string>()
  const take = (element: string): void => {
    done.add(element)
    merged.push(merge(schema.element, left.get(element), right.get(element)))
  }
  for (let l = 0, r = 0; l < leftElements.length || r < rightElements.length;) {
    const [ours, theirs] = [leftElements[l], rightElements[r]]
    if (ours !== undefined && theirs !== undefined) {
      if (ours === theirs) {
        take(ours)
        l++
        r++
        nextShared = shared.shift()
        continue
      }
      if (right.has(ours) && nextShared !== undefined && nextShared !== ours) {
        l++
        continue
      }
    }
    if (ours !== undefined) {
      if (!right.has(ours)) {
        merged.push(live[l])
        l++
        continue
      }
      if (done.has(ours)) l++
    }
    if (theirs !== undefined) {
      take(theirs)
      r++
      if (nextShared === theirs) nextShared = shared.shift()
    }
  }
  return merged
}

/** The value without the fields and items in `gone`; what is emptied by that stays, empty. */
export function without(schema: Schema, value: unknown, gone: FieldSet): unknown {
  const form = resolved(schema, value)
  if (form.kind === 'list') {
    if (form.merge === 'atomic' || !Array.isArray(value)) return value
    return value.flatMap((item: unknown, index) => {
      const below = gone.children.get(itemElement(form, item, index))
      if (below?.member === true) return []
      return [below === undefined ? item : without(form.element, item, below)]
    })
  }
  if (form.kind === 'scalar' || form.atomic || !isMap(value)) return value
  const kept: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const below = gone.children.get(`f:${key}`)
    if (below?.member === true) continue
    const field = fieldOf(form, key)
    setOwn(kept, key, below === undefined || field === undefined ? value[key] : without(field, value[key], below))
  }
  return kept
}
