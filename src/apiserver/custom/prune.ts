/** What a definition's schema does to an object before anybody sees it: unknown fields go, defaults come. */
import { isMap, isRecord, setOwn } from '../../kube/object.ts'
import { messageOf } from '../../kube/types/tables.ts'
import { structuralOf, type Structural } from './structural.ts'

/** Of a list that the schema takes for something else. */
const nothing = structuralOf({}, false)
const envelope = new Set(['apiVersion', 'kind', 'metadata'])

/** The value without fields that the schema doesn't have; each is reported by its path: `spec.items[0].foo`. */
export function prune(node: Structural, value: unknown, report: (path: string) => void, path = ''): unknown {
  if (Array.isArray(value)) {
    if (node.preserve) return value
    const items = node.items ?? nothing
    return mapChanged(value, (item, index) => prune(items, item, report, `${path}[${index}]`))
  }
  if (!isMap(value)) return value
  let kept: Record<string, unknown> | undefined
  const keys = Object.keys(value)
  for (const [index, key] of keys.entries()) {
    const at = path === '' ? key : `${path}.${key}`
    const below = node.properties.get(key) ?? node.additional
    const known = below !== undefined || node.preserve || (node.embedded && envelope.has(key))
    const before = value[key]
    const skipped = below === undefined || (node.embedded && envelope.has(key))
    const own = path !== '' && node.embedded && key === 'metadata'
    const after = known
      ? own
        ? isRecord(before)
          ? knownMetadata(before, (field) => report(`${at}.${field}`))
          : undefined
        : skipped
          ? before
          : prune(below, before, report, at)
      : undefined
    if (!known) report(at)
    if (kept === undefined && after !== before) {
      kept = {}
      for (const earlier of keys.slice(0, index)) setOwn(kept, earlier, value[earlier])
    }
    if (kept !== undefined && known) setOwn(kept, key, after)
  }
  return kept ?? value
}

let metadataFields: ReadonlySet<string> | undefined

/** Metadata without what metadata hasn't. */
function knownMetadata(
  metadata: Readonly<Record<string, unknown>>,
  report: (field: string) => void,
): Readonly<Record<string, unknown>> {
  const known = (metadataFields ??= new Set(messageOf('meta-v1.ObjectMeta').fields.map(({ name }) => name)))
  const unknown = Object.keys(metadata).filter((field) => !known.has(field))
  unknown.forEach(report)
  return unknown.length === 0
    ? metadata
    : Object.fromEntries(Object.entries(metadata).filter(([field]) => known.has(field)))
}

/** The value with the schema's defaults, and without nulls that it doesn't allow. Shares what doesn't change. */
export function withDefaults(node: Structural, value: unknown, keepsNulls = false): unknown {
  if (Array.isArray(value)) {
    const { items } = node
    if (items === undefined) return value
    return mapChanged(value, (item) =>
      withDefaults(items, item === null && !items.nullable ? (items.props.default ?? null) : item, keepsNulls),
    )
  }
  if (!isMap(value)) return value
  let changed: Record<string, unknown> | undefined
  const put = (key: string, after: unknown): void => {
    if (after === value[key] && Object.hasOwn(value, key)) return
    changed ??= { ...value }
    if (after === undefined) delete changed[key]
    else setOwn(changed, key, after)
  }
  for (const key of Object.keys(value)) {
    if (node.embedded && envelope.has(key)) continue
    const below = node.properties.get(key) ?? node.additional
    if (below === undefined) continue
    const { default: given } = below.props
    if (value[key] !== null || below.nullable) put(key, withDefaults(below, value[key], keepsNulls))
    else if (given !== undefined) put(key, withDefaults(below, given))
    else if (!keepsNulls) put(key, undefined)
  }
  if (node.defaultsBelow) {
    for (const [key, below] of node.properties) {
      if (below.props.default !== undefined && !Object.hasOwn(value, key))
        put(key, withDefaults(below, below.props.default))
    }
  }
  return changed ?? value
}

function mapChanged(list: readonly unknown[], change: (item: unknown, index: number) => unknown): readonly unknown[] {
  const mapped = list.map(change)
  return mapped.every((item, index) => item === list[index]) ? list : mapped
}
