/**
 * The types that Kubernetes defines itself, from the generated tables beside this file. A table has one line a type
 * (its name) followed by one line a field:
 *
 *     2 containers []core-v1.Container ! merge=name list=map:name
 *
 * protobuf number (0: not on that wire), JSON name (`.`: inlined), type, then `!` (in JSON even when empty),
 * `omitzero`, strategic merge (`merge`, `merge=KEY`, `retainKeys`, `replace`), server-side apply (`list=set`, `list=map:KEYS`,
 * `map=atomic`, `map=granular`, `list=atomic` where the type says so), `default=`, `optional` (of what is in JSON even
 * when empty), `required` (of what is not), `discriminator` (which of
 * the other fields is meant), `enum=A|B` (`~` is a space), `go=NAME` where Go calls it in another way. In types `*` is a pointer, `[]` a list, `map:` a map with string keys, `^` a struct that
 * is atomic, a name that begins with a dot one of the same table. `NAME=` before a type that is no struct: what Go
 * calls it.
 */
import { table as admission } from './admission-v1.ts'
import { table as admissionregistration } from './admissionregistration-v1.ts'
import { table as apidiscovery } from './apidiscovery-v2.ts'
import { table as apiextensions } from './apiextensions-v1.ts'
import { table as apiregistration } from './apiregistration-v1.ts'
import { table as apps } from './apps-v1.ts'
import { table as authentication } from './authentication-v1.ts'
import { table as authorization } from './authorization-v1.ts'
import { table as autoscaling } from './autoscaling-v1.ts'
import { table as autoscalingV2 } from './autoscaling-v2.ts'
import { table as batch } from './batch-v1.ts'
import { table as certificates } from './certificates-v1.ts'
import { table as coordination } from './coordination-v1.ts'
import { table as core } from './core-v1.ts'
import { table as discovery } from './discovery-v1.ts'
import { table as events } from './events-v1.ts'
import { table as flowcontrol } from './flowcontrol-v1.ts'
import { table as meta } from './meta-v1.ts'
import { table as networking } from './networking-v1.ts'
import { table as node } from './node-v1.ts'
import { table as policy } from './policy-v1.ts'
import { table as rbac } from './rbac-v1.ts'
import { table as resource } from './resource-v1.ts'
import { table as scheduling } from './scheduling-v1.ts'
import { table as storage } from './storage-v1.ts'

export type ScalarName =
  | 'string'
  | 'bool'
  | 'int32'
  | 'int64'
  | 'uint32'
  | 'double'
  | 'bytes'
  | 'time'
  | 'microTime'
  | 'duration'
  | 'intOrString'
  | 'quantity'
  | 'raw'
  | 'json'
  | 'fieldsV1'
  | 'schemaOrBool'
  | 'schemaOrArray'
  | 'schemaOrStrings'

export type FieldType = (
  | { readonly kind: 'scalar'; readonly name: ScalarName }
  | { readonly kind: 'message'; readonly name: string; readonly atomic: boolean }
  | { readonly kind: 'list'; readonly element: FieldType }
  | { readonly kind: 'map'; readonly element: FieldType }
) & {
  readonly pointer: boolean
  /** Go's own name of a type that is no struct: `v1.PullPolicy`. */
  readonly goName?: string
}

/** Whether a list is a message of its own on the wire: one of texts with a name, as `v1.Verbs`. */
export const isListMessage = (type: FieldType): boolean =>
  type.kind === 'list' && type.goName !== undefined && type.element.kind === 'scalar'

export interface Field {
  readonly number: number
  readonly name: string
  /** As the struct in Go calls it. */
  readonly goName: string
  readonly inline: boolean
  readonly type: FieldType
  /** Part of the JSON even when it holds the zero value. */
  readonly always: boolean
  readonly omitZero: boolean
  /** Strategic merge: the key of a list of structs, '' for lists of plain values that merge as sets. */
  readonly mergeKey?: string
  readonly retainKeys: boolean
  /** Strategic merge: taken whole. */
  readonly replaced: boolean
  /** Server-side apply: how a list merges; undefined is atomic. */
  readonly list?: 'set' | readonly string[]
  /** Server-side apply: whether a map or struct is one whole, where its type says otherwise. */
  readonly map?: 'atomic' | 'granular'
  readonly initial?: unknown
  /** A list that says of itself that it is one whole. */
  readonly saysAtomic: boolean
  /** May be left out, though it is always printed. */
  readonly optional: boolean
  /** Must be given, though it is not printed when it is empty. */
  readonly required: boolean
  /** Says which of the other fields of a union is meant. */
  readonly discriminator: boolean
  /** The values that the type has names for; of a list, what its elements may be. */
  readonly values?: readonly string[]
}

export interface Message {
  readonly name: string
  readonly fields: readonly Field[]
  readonly byNumber: ReadonlyMap<number, Field>
}

const tables: Readonly<Record<string, readonly [group: string, text: string]>> = {
  'admission-v1': ['admission.k8s.io', admission],
  'admissionregistration-v1': ['admissionregistration.k8s.io', admissionregistration],
  'apidiscovery-v2': ['apidiscovery.k8s.io', apidiscovery],
  'apiextensions-v1': ['apiextensions.k8s.io', apiextensions],
  'apiregistration-v1': ['apiregistration.k8s.io', apiregistration],
  'apps-v1': ['apps', apps],
  'authentication-v1': ['authentication.k8s.io', authentication],
  'authorization-v1': ['authorization.k8s.io', authorization],
  'autoscaling-v1': ['autoscaling', autoscaling],
  'autoscaling-v2': ['autoscaling', autoscalingV2],
  'batch-v1': ['batch', batch],
  'certificates-v1': ['certificates.k8s.io', certificates],
  'coordination-v1': ['coordination.k8s.io', coordination],
  'core-v1': ['', core],
  'discovery-v1': ['discovery.k8s.io', discovery],
  'events-v1': ['events.k8s.io', events],
  'flowcontrol-v1': ['flowcontrol.apiserver.k8s.io', flowcontrol],
  'meta-v1': ['meta.k8s.io', meta],
  'networking-v1': ['networking.k8s.io', networking],
  'node-v1': ['node.k8s.io', node],
  'policy-v1': ['policy', policy],
  'rbac-v1': ['rbac.authorization.k8s.io', rbac],
  'resource-v1': ['resource.k8s.io', resource],
  'scheduling-v1': ['scheduling.k8s.io', scheduling],
  'storage-v1': ['storage.k8s.io', storage],
}

const versionIn = (table: string): string => table.slice(table.lastIndexOf('-') + 1)
const tableOfVersion = new Map(Object.entries(tables).map(([name, [group]]) => [`${group}/${versionIn(name)}`, name]))
const parsed = new Map<string, ReadonlyMap<string, Message>>()

/** A type by its full name, `core-v1.Pod`; asserts that the tables have it. */
export function messageOf(name: string): Message {
  const dot = name.indexOf('.')
  const found = messagesOf(name.slice(0, dot)).get(name.slice(dot + 1))
  if (found === undefined) throw new Error(`no table has the type ${name}`)
  return found
}

/** The type of a kind in a version of a group; undefined where the tables have none: custom resources. */
export function messageOfKind(group: string, version: string, kind: string): Message | undefined {
  const table = tableOfVersion.get(`${group}/${version}`)
  return table === undefined ? undefined : messagesOf(table).get(kind)
}

/** Every `XList` is list metadata as field 1 and the items as field 2. */
export function listMessageOf(message: Message): Message {
  const fields = [
    parseField('meta-v1', 1, 'metadata', '.ListMeta', []),
    parseField('', 2, 'items', `[]${message.name}`, []),
  ]
  return { name: `${message.name}List`, fields, byNumber: new Map(fields.map((field) => [field.number, field])) }
}

function messagesOf(table: string): ReadonlyMap<string, Message> {
  let messages = parsed.get(table)
  if (messages === undefined) parsed.set(table, (messages = parseTable(table)))
  return messages
}

function parseTable(table: string): ReadonlyMap<string, Message> {
  const messages = new Map<string, Message>()
  let fields: Field[] = []
  let byNumber = new Map<number, Field>()
  for (const line of (tables[table] as readonly [string, string])[1].trim().split('\n')) {
    const [number = '', name = '', type = '', ...flags] = line.split(' ')
    if (name === '') {
      fields = []
      byNumber = new Map<number, Field>()
      messages.set(number, { name: `${table}.${number}`, fields, byNumber })
      continue
    }
    const field = parseField(table, Number(number), name, type, flags)
    fields.push(field)
    byNumber.set(field.number, field)
  }
  return messages
}

function parseField(table: string, number: number, name: string, type: string, flags: readonly string[]): Field {
  const flag = (key: string): string | undefined =>
    flags.find((text) => text.startsWith(`${key}=`))?.slice(key.length + 1)
  const list = flag('list')
  const values = flag('enum')
  const map = flag('map')
  const merge = flags.includes('merge') ? '' : flag('merge')
  const initial = flag('default')
  const inline = name === '.'
  return {
    number,
    name,
    goName: inline ? type.replace(/^.*\./, '') : (flag('go') ?? name.charAt(0).toUpperCase() + name.slice(1)),
    inline,
    type: parseType(table, type),
    always: flags.includes('!'),
    omitZero: flags.includes('omitzero'),
    ...(merge === undefined ? {} : { mergeKey: merge }),
    retainKeys: flags.includes('retainKeys'),
    replaced: flags.includes('replace'),
    ...(list === undefined || list === 'atomic'
      ? {}
      : { list: list === 'set' ? 'set' : list.slice('map:'.length).split(',') }),
    saysAtomic: list === 'atomic',
    optional: flags.includes('optional'),
    required: flags.includes('required'),
    discriminator: flags.includes('discriminator'),
    ...(values === undefined ? {} : { values: values.replaceAll('~', ' ').split('|') }),
    ...(map === undefined ? {} : { map: map as 'atomic' | 'granular' }),
    ...(initial === undefined ? {} : { initial: JSON.parse(initial) as unknown }),
  }
}

function parseType(table: string, text: string, pointer = false): FieldType {
  if (text.startsWith('*')) return parseType(table, text.slice(1), true)
  if (text.startsWith('[]')) return { kind: 'list', element: parseType(table, text.slice(2)), pointer }
  if (text.startsWith('map:')) return { kind: 'map', element: parseType(table, text.slice(4)), pointer }
  const [goName, named] = text.split(/=(.*)/, 2) as [string, string?]
  if (named !== undefined) return { ...parseType(table, named, pointer), goName }
  if (!text.includes('.')) return { kind: 'scalar', name: text as ScalarName, pointer }
  const atomic = text.endsWith('^')
  const name = atomic ? text.slice(0, -1) : text
  return { kind: 'message', name: name.startsWith('.') ? `${table}${name}` : name, atomic, pointer }
}
