/**
 * Lists and maps that are sent empty. Go holds them until an object is stored, and prints them in what it refuses; an
 * object in its printed form leaves them out. A note beside the fields says so as long as somebody may ask: it goes
 * wherever the fields are copied to, and into no JSON.
 */
import { isRecord } from '../object.ts'

const note = Symbol('sent empty')

interface Noted {
  [note]?: Readonly<Record<string, object>>
}

export function noteEmpty(object: Record<string, unknown>, name: string, empty: object): void {
  const noted = object as Noted
  noted[note] = { ...noted[note], [name]: empty }
}

/** The field as it was sent: also where that was an empty list or map. */
export function sentAs(object: unknown, name: string): unknown {
  if (!isRecord(object)) return undefined
  return object[name] ?? (object as Noted)[note]?.[name]
}

export const hasNotes = (object: object): boolean => note in object

/** Whether anything in it was sent empty. */
export function saysEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(saysEmpty)
  if (!isRecord(value)) return false
  // What a default has filled is empty no more.
  const isEmpty = Object.keys((value as Noted)[note] ?? {}).some((name) => value[name] === undefined)
  return isEmpty || Object.values(value).some(saysEmpty)
}

export function dropNotes(object: object): void {
  delete (object as Noted)[note]
}
