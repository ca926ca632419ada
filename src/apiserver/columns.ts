/** Printer columns and the small JSONPath that custom resources use in them. Source: apiextensions table convertor. */
import { isRecord } from '../kube/object.ts'

export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  /** Above 0: only with `kubectl get -o wide`. */
  readonly priority: number
  readonly description: string
  readonly format?: string
  /** What a time that is not there is shown as. */
  readonly missing?: string
  /** A time is shown as it is, and not how long ago it was. */
  readonly raw?: boolean
  /** Cells that no column is defined for: a real server has such. */
  readonly unnamed?: boolean
  value(object: unknown, nowMs: number): unknown
}

/** `column('Ready', 'string', '.status.conditions[?(@.type=="Ready")].status')` */
export function column(name: string, type: Column['type'], path: string, priority = 0): Column {
  return { name, type, priority, description: '', value: compilePath(path) }
}

export const computed = (
  name: string,
  type: Column['type'],
  value: (object: never, nowMs: number) => unknown,
  priority = 0,
): Column => ({
  name,
  type,
  priority,
  description: '',
  value: value,
})

/** A cell that is never empty. */
export const orElse = (column: Column, text: string): Column => ({
  ...column,
  value: (object, nowMs) => {
    const value = column.value(object, nowMs)
    return value === undefined || value === null || value === '' ? text : value
  },
})

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  priority: 0,
  description: 'Name must be unique within a namespace.',
  value: compilePath('.metadata.name'),
}

/** Of kinds that have no columns of their own: the time itself. */
export const createdAtColumn: Column = { ...column('Created At', 'date', '.metadata.creationTimestamp'), raw: true }

export const ageColumn = column('Age', 'date', '.metadata.creationTimestamp')

type Step = (value: unknown) => unknown

/** Compiles `.a.b`, `['a\.b']`, `[0]`, `[*]` and `[?(@.type=="x")]`; the first match counts. */
export function compilePath(path: string): (object: unknown) => unknown {
  const steps: Step[] = []
  const token = /\.([\w-]+)|\['((?:[^'\\]|\\.)+)'\]|\[(\d+|\*)\]|\[\?\(@\.([\w.]+)=="([^"]*)"\)\]/gy
  let end = 0
  for (const match of path.matchAll(token)) {
    end = match.index + match[0].length
    const key = match[1] ?? match[2]?.replaceAll('\\', '')
    if (key !== undefined) steps.push((value) => (isRecord(value) ? value[key] : undefined))
    else if (match[3] !== undefined)
      steps.push((value) =>
        Array.isArray(value) ? (value[match[3] === '*' ? 0 : Number(match[3])] as unknown) : undefined,
      )
    else
      steps.push((value) =>
        Array.isArray(value)
          ? value.find((item) => isRecord(item) && item[match[4] as string] === match[5])
          : undefined,
      )
  }
  if (end !== path.length) throw new Error(`cannot read JSONPath ${path} at ${path.slice(end)}`)
  return (object) => steps.reduce<unknown>((value, step) => step(value), object)
}
