/** Types of CEL expressions, and which of them go together. Source: github.com/google/cel-go/checker/types.go. */

export type Kind =
  | 'scalar'
  | 'list'
  | 'map'
  | 'opaque'
  | 'struct'
  | 'type'
  | 'dyn'
  | 'null'
  | 'error'
  /** A variable of a declaration, or one that the checker has still to bind. */
  | 'param'

export interface Type {
  readonly kind: Kind
  readonly name: string
  readonly params: readonly Type[]
  /** Of a struct. */
  readonly fields?: ReadonlyMap<string, Type>
}

const named = (kind: Kind, name: string): Type => ({ kind, name, params: [] })

export const dyn = named('dyn', 'dyn')
export const failed = named('error', '!error!')
export const nothing = named('null', 'null')
export const bool = named('scalar', 'bool')
export const int = named('scalar', 'int')
export const uint = named('scalar', 'uint')
export const double = named('scalar', 'double')
export const string = named('scalar', 'string')
export const bytes = named('scalar', 'bytes')
export const timestamp = named('scalar', 'timestamp')
export const duration = named('scalar', 'duration')

export const list = (item: Type): Type => ({ kind: 'list', name: 'list', params: [item] })
export const map = (key: Type, value: Type): Type => ({ kind: 'map', name: 'map', params: [key, value] })
export const typeOf = (type: Type): Type => ({ kind: 'type', name: 'type', params: [type] })
export const param = (name: string): Type => named('param', name)
export const optional = (value: Type): Type => opaque('optional_type', value)
export const opaque = (name: string, ...params: Type[]): Type => ({ kind: 'opaque', name, params })
export const struct = (name: string, fields: ReadonlyMap<string, Type> = new Map()): Type => ({
  kind: 'struct',
  name,
  params: [],
  fields,
})

/** As messages show it: `map(string, list(int))`. */
export const typeText = ({ name, params }: Type): string =>
  params.length === 0 ? name : `${name}(${params.map(typeText).join(', ')})`

export const isDynamic = ({ kind }: Type): boolean => kind === 'dyn' || kind === 'error'

/** The value's type of an optional; undefined where it is none. */
export const unwrapped = ({ name, params }: Type): Type | undefined =>
  name === 'optional_type' ? params[0] : undefined

/** What variables of types have been bound to. */
export type Bindings = ReadonlyMap<string, Type>

/** Bindings under which each of `from` may be used where the one of `to` stands; undefined where there are none. */
export function assigned(bindings: Bindings, from: readonly Type[], to: readonly Type[]): Bindings | undefined {
  const attempt = new Map(bindings)
  return assignableAll(attempt, from, to) ? attempt : undefined
}

const assignableAll = (bindings: Map<string, Type>, from: readonly Type[], to: readonly Type[]): boolean =>
  from.length === to.length && from.every((each, index) => assignable(bindings, each, to[index] as Type))

function assignable(bindings: Map<string, Type>, from: Type, to: Type): boolean {
  if (to.kind === 'param') {
    const bound = bind(bindings, from, to)
    if (bound !== undefined) return bound
  }
  if (from.kind === 'param') return bind(bindings, to, from) ?? false
  if (isDynamic(from) || isDynamic(to)) return true
  if (from.kind === 'null') return isNullable(to)
  if (to.kind === 'null') return isNullable(from)
  if (from.kind !== to.kind) return false
  if (from.kind === 'type') return true
  return from.name === to.name && (from.kind === 'scalar' || assignableAll(bindings, from.params, to.params))
}

const isNullable = (type: Type): boolean =>
  ['null', 'opaque', 'struct'].includes(type.kind) || type === timestamp || type === duration

/** Whether a variable may stand for a type; undefined where it is free and occurs within that type. */
function bind(bindings: Map<string, Type>, type: Type, variable: Type): boolean | undefined {
  if (same(type, variable)) return true
  const bound = bindings.get(variable.name)
  if (bound === undefined) {
    if (occurs(bindings, variable, type)) return undefined
    bindings.set(variable.name, type)
    return true
  }
  if (same(type, bound)) return true
  if (!assignable(bindings, type, bound)) return false
  const general = mostGeneral(type, bound)
  if (!occurs(bindings, variable, general)) bindings.set(variable.name, general)
  return true
}

function occurs(bindings: Bindings, variable: Type, within: Type): boolean {
  if (same(variable, within)) return true
  if (within.kind !== 'param') return within.params.some((each) => occurs(bindings, variable, each))
  const bound = bindings.get(within.name)
  return bound !== undefined && occurs(bindings, variable, bound)
}

export const same = (one: Type, other: Type): boolean =>
  one === other ||
  (one.kind === other.kind &&
    one.name === other.name &&
    one.params.length === other.params.length &&
    one.params.every((each, index) => same(each, other.params[index] as Type)))

export const mostGeneral = (one: Type, other: Type): Type => (isAtLeast(one, other) ? one : other)

/** Whether a type is equal to another one or says less. */
function isAtLeast(one: Type, other: Type): boolean {
  if (one.kind === 'dyn' || one.kind === 'param') return true
  if (other.kind === 'dyn' || other.kind === 'param') return false
  if (one.kind !== other.kind || one.name !== other.name || one.params.length !== other.params.length) return false
  return one.kind === 'type' || one.params.every((each, index) => isAtLeast(each, other.params[index] as Type))
}

/** A type with its variables replaced; those that are free become `dyn` where `open` is true. */
export function substituted(bindings: Bindings, type: Type, open: boolean): Type {
  const bound = type.kind === 'param' ? bindings.get(type.name) : undefined
  if (bound !== undefined) return substituted(bindings, bound, open)
  if (type.kind === 'param') return open ? dyn : type
  if (type.params.length === 0) return type
  return { ...type, params: type.params.map((each) => substituted(bindings, each, open)) }
}
