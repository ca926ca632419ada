/** Storage does not tell an empty list from none: where Go prints the field at all, it comes back as null. */
import { isRecord } from '../object.ts'
import { dropNotes, hasNotes } from './said-empty.ts'
import { messageOf, type FieldType, type Message } from './tables.ts'

/** The object as it comes back from storage. What it shares with `before` came from there already. */
export const fromStorage = <T extends object>(message: Message, object: T, before: object | undefined): T =>
  holdsEmptyList(object, before) ? (withoutEmpty(message, object as Record<string, unknown>) as T) : object

/** Looks at whatever is new: most writes change little, and hold none. */
function holdsEmptyList(value: unknown, before: unknown): boolean {
  if (value === before || typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.length === 0 || value.some((item) => holdsEmptyList(item, undefined))
  const old = isRecord(before) ? before : {}
  if (hasNotes(value)) return true
  const record = value as Record<string, unknown>
  for (const key in record) if (key !== 'metadata' && holdsEmptyList(record[key], old[key])) return true
  return false
}

function withoutEmpty(message: Message, object: Record<string, unknown>): Record<string, unknown> {
  const result = { ...object }
  dropNotes(result)
  for (const { name, type, inline, always } of message.fields) {
    if (inline && type.kind === 'message') Object.assign(result, withoutEmpty(messageOf(type.name), result))
    else if (result[name] !== undefined && result[name] !== null)
      result[name] = always && !type.pointer && isEmptyList(result[name]) ? null : inside(type, result[name])
  }
  return result
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0

function inside(type: FieldType, value: unknown): unknown {
  if (type.kind === 'message') return isRecord(value) ? withoutEmpty(messageOf(type.name), value) : value
  if (type.kind === 'list' && Array.isArray(value)) return value.map((item) => inside(type.element, item))
  if (type.kind === 'map' && isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inside(type.element, item)]))
  return value
}
