/**
 * A set of field paths, as `managedFields` records who owns what. A trie of path elements in their fieldsV1 form:
 * `f:name`, `k:{"type":"Ready"}`, `v:"a"`, `i:0`. Source: sigs.k8s.io/structured-merge-diff, fieldpath.
 */
import { isRecord } from '../../kube/object.ts'
import { fieldOf, isNamed, type ListSchema, type Schema } from '../schema/schema.ts'

export class FieldSet {
  /** The path up to here is in the set. */
  member = false
  readonly children = new Map<string, FieldSet>()

  child(element: string): FieldSet {
    let child = this.children.get(element)
    if (child === undefined) this.children.set(element, (child = new FieldSet()))
    return child
  }

  get isEmpty(): boolean {
    if (this.member) return false
    for (const child of this.children.values()) if (!child.isEmpty) return false
    return true
  }

  equals(other: FieldSet): boolean {
    if (this.member !== other.member || this.children.size !== other.children.size) return false
    for (const [element, child] of this.children) {
      const same = other.children.get(element)
      if (same === undefined || !child.equals(same)) return false
    }
    return true
  }

  /** Whether every member of `other` is one here. */
  contains(other: FieldSet): boolean {
    if (other.member && !this.member) return false
    for (const [element, child] of other.children) {
      const own = this.children.get(element)
      if (own === undefined ? !child.isEmpty : !own.contains(child)) return false
    }
    return true
  }

  isDisjoint(other: FieldSet): boolean {
    if (this.member && other.member) return false
    for (const [element, child] of other.children) {
      const own = this.children.get(element)
      if (own !== undefined && !own.isDisjoint(child)) return false
    }
    return true
  }

  union(other: FieldSet): FieldSet {
    const result = new FieldSet()
    result.member = this.member || other.member
    for (const [element, child] of this.children) {
      const also = other.children.get(element)
      result.children.set(element, also === undefined ? child : child.union(also))
    }
    for (const [element, child] of other.children) {
      if (!this.children.has(element)) result.children.set(element, child)
    }
    return result
  }

  intersection(other: FieldSet): FieldSet {
    const result = new FieldSet()
    result.member = this.member && other.member
    for (const [element, child] of this.children) {
      const also = other.children.get(element)
      if (also !== undefined) result.#keep(element, child.intersection(also))
    }
    return result
  }

  difference(other: FieldSet): FieldSet {
    const result = new FieldSet()
    result.member = this.member && !other.member
    for (const [element, child] of this.children) {
      const also = other.children.get(element)
      if (also === undefined) result.children.set(element, child)
      else result.#keep(element, child.difference(also))
    }
    return result
  }

  /** Without the members of `other` and everything below them. */
  withoutTrees(other: FieldSet): FieldSet {
    const result = new FieldSet()
    result.member = this.member && !other.member
    if (other.member) return result
    for (const [element, child] of this.children) {
      const also = other.children.get(element)
      if (also === undefined) result.children.set(element, child)
      else result.#keep(element, child.withoutTrees(also))
    }
    return result
  }

  /** Also holds every field that the schema names on the way to a member. */
  withNamedFields(schema: Schema | undefined): FieldSet {
    const result = new FieldSet()
    result.member = this.member
    for (const [element, child] of this.children) {
      const below = schema === undefined ? undefined : schemaAt(schema, element)
      const next = child.withNamedFields(below)
      if (schema !== undefined && element.startsWith('f:') && isNamed(schema, element.slice(2))) next.member = true
      result.children.set(element, next)
    }
    return result
  }

  /**
   * Every path in the set, as the real server prints it: `.spec.ports[port=80].name`; in its order, too: what is here
   * before what is below.
   */
  *paths(): Generator<string> {
    if (this.member) yield ''
    yield* this.#pathsBelow('')
  }

  *#pathsBelow(prefix: string): Generator<string> {
    const elements = [...this.children.keys()].sort(compareElements)
    for (const element of elements)
      if (this.children.get(element)?.member === true) yield prefix + printElement(element)
    for (const element of elements)
      yield* (this.children.get(element) as FieldSet).#pathsBelow(prefix + printElement(element))
  }

  #keep(element: string, child: FieldSet): void {
    if (!child.isEmpty) this.children.set(element, child)
  }
}

function schemaAt(schema: Schema, element: string): Schema | undefined {
  if (schema.kind === 'any') return schema
  if (element.startsWith('f:'))
    return schema.kind === 'struct' || schema.kind === 'map' ? fieldOf(schema, element.slice(2)) : undefined
  return schema.kind === 'list' ? schema.element : undefined
}

/** fieldsV1 as a set. */
export function decodeFields(fields: unknown): FieldSet {
  const set = new FieldSet()
  if (!isRecord(fields)) return set
  for (const element of Object.keys(fields)) {
    if (element === '.') {
      set.member = true
      continue
    }
    const below = fields[element]
    const child = decodeFields(below)
    if (isRecord(below) && Object.keys(below).length === 0) child.member = true
    set.children.set(element, child)
  }
  return set
}

/** A set as fieldsV1: `.` first, then fields, keys, values and indexes, each in order. */
export function encodeFields(set: FieldSet): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  if (set.member) fields['.'] = {}
  for (const element of [...set.children.keys()].sort(compareElements)) {
    const child = set.children.get(element) as FieldSet
    if (child.isEmpty) continue
    fields[element] = child.member && child.children.size === 0 ? {} : encodeFields(child)
  }
  return fields
}

const ranks: Readonly<Record<string, number>> = { f: 0, k: 1, v: 2, i: 3 }

function compareElements(a: string, b: string): number {
  const rank = (ranks[a[0] as string] as number) - (ranks[b[0] as string] as number)
  if (rank !== 0) return rank
  if (a.startsWith('i:')) return Number(a.slice(2)) - Number(b.slice(2))
  return a < b ? -1 : a > b ? 1 : 0
}

function printElement(element: string): string {
  const text = element.slice(2)
  if (element.startsWith('f:')) return `.${text}`
  if (element.startsWith('v:')) return `[=${text}]`
  if (element.startsWith('i:')) return `[${text}]`
  const keys = JSON.parse(text) as Record<string, unknown>
  return `[${Object.entries(keys)
    .map(([name, value]) => `${name}=${keyText(value)}`)
    .join(',')}]`
}

/** Source: structured-merge-diff/value, ToString. */
function keyText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(keyText).join(',')}]`
  return isRecord(value)
    ? Object.entries(value)
        .map(([name, item]) => `${name}=${keyText(item)}`)
        .join('')
    : JSON.stringify(value)
}

export class ElementError extends Error {
  override readonly name = 'ElementError'
}

const unsafe = /[<>&\u2028\u2029]/g

/** JSON as Go encodes it by default: safe inside of HTML. */
function goJson(value: unknown): string {
  const text = JSON.stringify(value)
  return text.search(unsafe) < 0
    ? text
    : text.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** How an item of a list is named in a path. */
export function itemElement(schema: ListSchema, item: unknown, index: number): string {
  if (schema.merge === 'set') {
    if (item === null) throw new ElementError("associative list without keys has an element that's an explicit null")
    if (Array.isArray(item)) throw new ElementError('not supported: associative list with lists as elements')
    if (typeof item === 'object')
      throw new ElementError("associative list without keys has an element that's a map type")
    return `v:${goJson(item)}`
  }
  if (schema.merge === 'atomic') return `i:${index}`
  if (item === null) throw new ElementError('associative list with keys may not have a null element')
  if (!isRecord(item)) throw new ElementError('associative list with keys may not have non-map elements')
  const known = elements.get(item)
  if (known?.schema === schema) return known.element
  const element = keyElement(schema, item)
  elements.set(item, { schema, element })
  return element
}

/** Objects are immutable, and an apply asks for the names of their items many times. */
const elements = new WeakMap<object, { readonly schema: ListSchema; readonly element: string }>()

function keyElement(schema: ListSchema, item: Record<string, unknown>): string {
  // A key that is not there makes another element than the same key with any value.
  const parts = schema.keys.flatMap(({ name, initial }) => {
    const value = Object.hasOwn(item, name) ? item[name] : initial
    return value === undefined ? [] : [`${goJson(name)}:${goJson(value)}`]
  })
  if (parts.length === 0) {
    const names = schema.keys.map(({ name }) => JSON.stringify(name)).join(' ')
    throw new ElementError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    )
  }
  return `k:{${parts.length > 1 ? parts.sort().join(',') : parts[0]}}`
}
