/**
 * What a schema says of values to expressions: their types, and how large they can get. Source:
 * k8s.io/apiserver/pkg/cel/common/schemas.go (SchemaDeclType), pkg/cel/types.go, pkg/cel/limits.go.
 */
import { celName } from './names.ts'
import type { SizeOf } from './cost.ts'
import { structuralOf, type Structural } from '../custom/structural.ts'
import * as t from './types.ts'

export interface Declared {
  readonly type: t.Type
  /** Characters, items or entries at most; 0 of what has no size. */
  readonly max: number
  /** Bytes of JSON at least. */
  readonly min: number
  readonly fields?: ReadonlyMap<string, Declared>
  readonly key?: Declared
  readonly item?: Declared
}

const requestSize = 3 * 1024 * 1024

/** Undefined where the schema doesn't say what values are: expressions don't see them. */
export function declared(node: Structural, name: string): Declared | undefined {
  const { type, maxLength } = node.props
  if (node.intOrString)
    return { type: t.dyn, min: 1, max: maxLength === undefined ? requestSize - 2 : Math.max(maxLength, 0) * 4 }
  if (node.embedded) return objectOf(node, name)
  if (type === 'string') return textOf(node)
  if (type === 'boolean') return { type: t.bool, min: 4, max: 0 }
  if (type === 'number') return { type: t.double, min: 1, max: 0 }
  if (type === 'integer') return { type: t.int, min: 1, max: 0 }
  if (type === 'array') return listOf(node, name)
  if (type !== 'object') return undefined
  return node.additional === undefined ? objectOf(node, name) : mapOf(node, node.additional, name)
}

/** Where the parts of an expression lead to, `self` and `oldSelf` being of what is declared. */
export const sizesIn =
  (root: Declared): SizeOf =>
  (path) => {
    let at: Declared | undefined = root
    for (const part of path.slice(1)) {
      if (part === '@items' || part === '@values') at = at?.item
      else at = part === '@keys' ? at?.key : at?.fields?.get(part)
    }
    return at?.max
  }

const text: Declared = { type: t.string, min: 2, max: requestSize - 2 }

const formats: Readonly<Record<string, Declared>> = {
  duration: { type: t.duration, min: 3, max: 32 },
  date: { type: t.timestamp, min: 12, max: 12 },
  'date-time': { type: t.timestamp, min: 21, max: 32 },
}

function textOf({ props: { format = '', maxLength, enum: values = [] } }: Structural): Declared {
  const known = formats[format]
  if (known !== undefined) return known
  const limit = maxLength === undefined ? undefined : Math.max(maxLength, 0)
  if (format === 'byte') return { type: t.bytes, min: 2, max: limit ?? text.max }
  // Lengths are of characters, which have four bytes at most.
  if (limit !== undefined) return { ...text, max: limit * 4 }
  if (values.length === 0) return text
  return { ...text, max: Math.max(...values.map((each) => (typeof each === 'string' ? Buffer.byteLength(each) : 0))) }
}

function listOf({ items, props: { maxItems } }: Structural, name: string): Declared | undefined {
  const item = items === undefined ? undefined : declared(items, `${name}.@idx`)
  if (item === undefined) return undefined
  const max = maxItems === undefined ? Math.floor((requestSize - 2) / (item.min + 1)) : Math.max(maxItems, 0)
  return { type: t.list(item.type), min: 2, max, item }
}

function mapOf({ props: { maxProperties } }: Structural, values: Structural, name: string): Declared | undefined {
  const item = declared(values, `${name}.@elem`)
  if (item === undefined) return undefined
  const max = maxProperties === undefined ? Math.floor((requestSize - 2) / (item.min + 6)) : Math.max(maxProperties, 0)
  return { type: t.map(t.string, item.type), min: 2, max, key: { ...text, max: 0 }, item }
}

const plainText = structuralOf({ type: 'string' }, false)
const metadata = structuralOf(
  { type: 'object', properties: { name: plainText.props, generateName: plainText.props } },
  false,
)
/** What every object has. */
const common: readonly (readonly [string, Structural])[] = [
  ['kind', plainText],
  ['apiVersion', plainText],
  ['metadata', metadata],
]

function objectOf(node: Structural, name: string): Declared {
  const required = new Set(node.props.required)
  const fields = new Map<string, Declared>()
  let min = 2
  for (const [key, below] of [...node.properties, ...(node.embedded ? common : [])]) {
    const written = celName(key)
    const field = declared(below, `${name}.${written ?? key}`)
    if (field === undefined) continue
    if (written !== undefined) fields.set(written, field)
    if (required.has(key) && below.props.default === undefined) min += Buffer.byteLength(key) + field.min + 4
  }
  const type = t.struct(name, new Map([...fields].map(([key, field]) => [key, field.type])))
  return { type, min, max: 0, fields }
}

/** How often what has at least so many bytes can stand in one request. */
export const cardinality = ({ min }: Declared): number => Math.floor(requestSize / (min + 1))
