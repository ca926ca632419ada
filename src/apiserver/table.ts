/** `as=Table`: what kubectl prints. Source: k8s.io/apiserver/pkg/endpoints/handlers/response.go, KEP-2334 of tables. */
import type { WatchEvent, WatchStream } from '../kube/handler.ts'
import { batchOf, watchEvent } from '../kube/watch-codec.ts'
import { age } from './age.ts'
import { ageColumn, createdAtColumn, nameColumn, type Column } from './columns.ts'
import type { ResourceDefinition } from './definition.ts'
import { proseOf } from './openapi/prose.ts'
import { partialObject } from './partial-object.ts'
import type { KubeObject } from './types.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableOptions {
  readonly include: IncludeObject
  readonly nowMs: number
}

type Shown = TableOptions & { readonly apiVersion: string }

/** A name comes first, but for kinds that have it elsewhere. */
function columnsOf({ columns = [ageColumn] }: ResourceDefinition): readonly Column[] {
  return columns.some(({ name }) => name === 'Name') ? columns : [nameColumn, ...columns]
}

export function table(
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
  list: string | object | undefined,
  options: Shown,
  withColumns = true,
): unknown {
  const columns = columnsOf(definition)
  const row = (object: KubeObject): object => ({
    cells: columns.map((column) => cell(column, object, options.nowMs, definition.custom !== true)),
    ...conditions(definition, object),
    object: included(definition, object, options),
  })
  return {
    kind: 'Table',
    apiVersion: options.apiVersion,
    metadata: list === undefined ? {} : typeof list === 'string' ? { resourceVersion: list } : list,
    columnDefinitions: withColumns ? definitionsOf(columns, definition) : null,
    rows: objects.length === 0 && withColumns && isPlain(definition) ? null : inOrder(objects, definition).map(row),
  }
}

const inOrder = (objects: readonly KubeObject[], { rowOrder }: ResourceDefinition): readonly KubeObject[] =>
  rowOrder === undefined ? objects : objects.toSorted(rowOrder)

/** Of kinds that nobody made columns for, a real server has no rows in place of none. */
const isPlain = ({ columns, custom }: ResourceDefinition): boolean =>
  custom !== true && columns?.length === 1 && columns[0] === createdAtColumn

function conditions({ rowConditions }: ResourceDefinition, object: KubeObject): { conditions?: readonly object[] } {
  const shown = rowConditions?.(object)
  return shown === undefined ? {} : { conditions: shown }
}

const definitionsOf = (columns: readonly Column[], definition: ResourceDefinition): object[] =>
  columns.filter(({ unnamed }) => unnamed !== true).map((column) => described(column, definition))

/** Built-in kinds describe their names and ages in the words of the types' documentation, and call times strings. */
function described(column: Column, { custom, documented }: ResourceDefinition): object {
  const { name, type, format, description, priority, raw } = column
  const shown = custom === true && name !== 'Name' ? undefined : metadataDescriptions[name]
  return {
    name,
    type: custom !== true && type === 'date' && raw !== true ? 'string' : type,
    format: format ?? '',
    description: shown ?? fieldProse(documented?.[name]) ?? description,
    priority,
  }
}

/** What is said of a field of a type; only documents add which values there are. */
function fieldProse(field: string | undefined): string | undefined {
  const [, message, name = ''] = /^(\S+)\.(\w+)$/.exec(field ?? '') ?? []
  if (message === undefined) return field
  return proseOf(message)
    .fields.get(name)
    ?.replace(/\n\nPossible enum values:[^]*$/, '')
}

/** What the field says of itself. */
export const created =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'

const metadataDescriptions: Readonly<Record<string, string>> = {
  Name: 'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  Age: created,
  'Created At': created,
}

/** Turns the events of a watch into tables; only the first one carries the column definitions. */
export function tableStream(definition: ResourceDefinition, source: WatchStream, options: () => Shown): WatchStream {
  let first = true
  const convert = (event: WatchEvent): WatchEvent => {
    if (event.type === 'ERROR') return event
    const object = event.object as KubeObject
    const { resourceVersion } = object.metadata
    const converted = watchEvent(event.type, table(definition, [object], resourceVersion, options(), first))
    first = false
    return converted
  }
  return {
    async next() {
      const batch = await source.next()
      return batch === undefined ? undefined : batchOf(batch.events.map(convert))
    },
    close: () => source.close(),
  }
}

const zeros: Partial<Record<Column['type'], unknown>> = { integer: 0, boolean: false }

/** What a built-in kind has not set is what its Go type has then; a custom resource's cell stays empty. */
function cell(column: Column, object: KubeObject, nowMs: number, builtIn: boolean): unknown {
  const found = column.value(object, nowMs)
  const value = found ?? (builtIn ? zeros[column.type] : undefined)
  if (column.type === 'date' && column.raw !== true)
    return typeof value === 'string' ? age(nowMs - Date.parse(value)) : builtIn ? (column.missing ?? '<unknown>') : null
  if (value === undefined || value === null) return builtIn && column.type === 'string' ? '' : null
  if (column.type !== 'string' || typeof value === 'string' || (builtIn && typeof value !== 'object')) return value
  return JSON.stringify(value)
}

function included(definition: ResourceDefinition, object: KubeObject, { include, apiVersion }: Shown): unknown {
  if (include === 'None') return null
  if (include === 'Object') return object
  return partialObject(definition, object, apiVersion)
}
