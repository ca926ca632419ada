/**
 * A patched object as the real server quotes it: what the patch touches is encoded anew, with its keys in order, and
 * the rest stays as Go prints the type, which custom resources have not. Source: github.com/evanphx/json-patch, which decodes what it has to.
 */
import { isMap, isRecord } from '../kube/object.ts'
import { TypeMismatch } from '../kube/types/go-value.ts'
import { normalize } from '../kube/types/normalize.ts'
import { messageOf, type FieldType, type Message } from '../kube/types/tables.ts'
import type { KubeObject } from './types.ts'

/** `message` is the kind's type; undefined of custom resources. */
export const patchedText = (patched: KubeObject, change: unknown, message: Message | undefined): string =>
  message === undefined
    ? text(patched, patched)
    : text(inGoOrder(patched, message), Array.isArray(change) ? touchedBy(change) : change)

/** The server adds to metadata in an order of its own, as far as it can read it. */
function inGoOrder(object: KubeObject, message: Message): object {
  const { kind, apiVersion, ...parts } = object
  const ordered = { kind, apiVersion, ...fieldsInOrder(message, parts) }
  if (!isRecord(object.metadata)) return ordered
  try {
    // What the type doesn't have a patch has put there; what it says lacks what the type would add.
    const metadata: Record<string, unknown> = { ...object.metadata }
    const order = Object.keys(normalize(messageOf('meta-v1.ObjectMeta'), metadata, () => {}))
    const own = order.filter((name) => Object.hasOwn(metadata, name)).map((name) => [name, metadata[name]] as const)
    return { ...ordered, metadata: { ...Object.fromEntries(own), ...metadata } }
  } catch (error) {
    if (!(error instanceof TypeMismatch)) throw error
    return { ...ordered, metadata: sorted(object.metadata) }
  }
}

/** What isn't of its type stays as it is. */
function fieldsInOrder(message: Message, value: Record<string, unknown>): Record<string, unknown> {
  // A part that is a whole object begins with its kind.
  const head = ['kind', 'apiVersion'].filter(
    (each) => value[each] !== undefined && !message.fields.some(({ name }) => name === each),
  )
  const ordered: Record<string, unknown> = Object.fromEntries(head.map((name) => [name, value[name]]))
  const add = ({ fields }: Message): void => {
    for (const { name, type, inline } of fields)
      if (inline && type.kind === 'message') add(messageOf(type.name))
      else if (value[name] !== undefined) ordered[name] = inOrder(type, value[name])
  }
  add(message)
  return { ...ordered, ...Object.fromEntries(Object.entries(value).filter(([name]) => !(name in ordered))) }
}

function inOrder(type: FieldType, value: unknown): unknown {
  if (type.kind === 'list') return Array.isArray(value) ? value.map((item) => inOrder(type.element, item)) : value
  if (!isMap(value) || type.kind === 'scalar') return value
  if (type.kind === 'message') return fieldsInOrder(messageOf(type.name), value)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inOrder(type.element, item)]))
}

const sorted = (map: object): object => Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)))

function text(value: unknown, touched: unknown): string {
  if (Array.isArray(value) && Array.isArray(touched)) return `[${value.map((item) => text(item, item)).join(',')}]`
  if (Array.isArray(value) && isRecord(touched))
    return `[${value.map((item, index) => text(item, touched[index])).join(',')}]`
  if (!isMap(value) || !isRecord(touched)) return JSON.stringify(value)
  const fields = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${text(value[key], touched[key])}`)
  return `{${fields.join(',')}}`
}

/** The paths of a JSON patch as a merge patch has them. */
function touchedBy(operations: readonly unknown[]): object {
  const root: Record<string, unknown> = {}
  for (const operation of operations) {
    const path = isRecord(operation) && typeof operation['path'] === 'string' ? operation['path'] : ''
    let at = root
    for (const part of path.split('/').slice(1)) {
      const next = isRecord(at[part]) ? at[part] : {}
      at[part] = next
      at = next
    }
  }
  return root
}
