/**
 * Who manages which fields: `metadata.managedFields` as sets, and back. Managers are told apart by name, operation,
 * subresource and, for updates, version. Source: k8s.io/apimachinery/pkg/util/managedfields/internal.
 */
import { goQuoted, unprintable } from '../../kube/go-print.ts'
import { isRecord } from '../../kube/object.ts'
import { decodeFields, encodeFields, FieldSet } from './field-set.ts'

export interface Identity {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly subresource: string
  readonly apiVersion: string
}

export interface Managed extends Identity {
  readonly fields: FieldSet
  /** RFC 3339, of the last change. */
  readonly time: string | undefined
}

export type Managers = ReadonlyMap<string, Managed>

/** Updates of more managers than this are folded into one, the oldest first. */
const updateManagersMax = 10
const ancient = 'ancient-changes'

/**
 * The identifier of a manager, by which they are ordered. For appliers without the version: an applier stays the same
 * one when it moves to another version.
 */
export const managerKey = ({ manager, operation, subresource, apiVersion }: Identity): string =>
  JSON.stringify({
    manager,
    operation,
    apiVersion: operation === 'Apply' ? undefined : apiVersion,
    subresource: subresource === '' ? undefined : subresource,
  })

/** Decoded sets are kept as long as the stored fieldsV1 they come from, and the other way round. */
const decodedSets = new WeakMap<object, FieldSet>()
const encodedSets = new WeakMap<FieldSet, object>()

function fieldsV1Of(fields: FieldSet): object {
  let fieldsV1 = encodedSets.get(fields)
  if (fieldsV1 === undefined) {
    fieldsV1 = encodeFields(fields)
    encodedSets.set(fields, fieldsV1)
    decodedSets.set(fieldsV1, fields)
  }
  return fieldsV1
}

type Entry = Readonly<Record<string, unknown>> & Pick<Identity, 'operation' | 'apiVersion'>

/** Source: k8s.io/apimachinery/pkg/util/managedfields/internal/managedfields.go, DecodeManagedFields. */
function entryProblem(entry: unknown, index: number): string | undefined {
  const { operation, apiVersion = '', fieldsType = '' } = isRecord(entry) ? entry : {}
  if (operation !== 'Apply' && operation !== 'Update') return 'operation must be `Apply` or `Update`'
  if (typeof apiVersion !== 'string' || apiVersion === '') return 'apiVersion must not be empty'
  if (fieldsType === '') return `missing fieldsType in managed fields entry ${index}`
  if (fieldsType === 'FieldsV1') return undefined
  return `invalid fieldsType ${goQuoted(String(fieldsType))} in managed fields entry ${index}`
}

/** Why entries can't be read; undefined where they can. */
export function managersProblem(entries: readonly unknown[] = []): string | undefined {
  for (const [index, entry] of entries.entries()) {
    const problem = entryProblem(entry, index)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** Undefined when the entries can't be read: the caller falls back to what is stored. */
export function decodeManagers(entries: unknown): Managers | undefined {
  const managers = new Map<string, Managed>()
  if (entries === undefined || entries === null) return managers
  if (!Array.isArray(entries)) return undefined
  for (const entry of entries as unknown[]) {
    if (entryProblem(entry, managers.size) !== undefined) return undefined
    const { manager = '', operation, subresource = '', apiVersion, fieldsV1, time } = entry as Entry
    let fields = isRecord(fieldsV1) ? decodedSets.get(fieldsV1) : undefined
    if (fields === undefined) {
      fields = decodeFields(fieldsV1)
      if (isRecord(fieldsV1)) {
        decodedSets.set(fieldsV1, fields)
        encodedSets.set(fields, fieldsV1)
      }
    }
    const managed: Managed = {
      manager: String(manager),
      operation,
      subresource: String(subresource),
      apiVersion,
      fields,
      time: typeof time === 'string' ? time : undefined,
    }
    managers.set(managerKey(managed), managed)
  }
  return managers
}

/** True for the two ways to say "forget who managed what": an empty list, and a list of one empty entry. */
export const isReset = (entries: unknown): boolean =>
  Array.isArray(entries) &&
  (entries.length === 0 || (entries.length === 1 && isRecord(entries[0]) && Object.keys(entries[0]).length === 0))

export function encodeManagers(managers: Managers): object[] | undefined {
  if (managers.size === 0) return undefined
  return [...managers.values()]
    .sort(compareManagers)
    .map(({ manager, operation, apiVersion, time, fields, subresource }) => {
      const fieldsV1 = fieldsV1Of(fields)
      return {
        ...(manager === '' ? {} : { manager }),
        operation,
        apiVersion,
        ...(time === undefined ? {} : { time }),
        fieldsType: 'FieldsV1',
        fieldsV1,
        ...(subresource === '' ? {} : { subresource }),
      }
    })
}

function compareManagers(a: Managed, b: Managed): number {
  return (
    order(a.operation, b.operation) ||
    order(a.time ?? '', b.time ?? '') ||
    order(a.manager, b.manager) ||
    order(a.apiVersion, b.apiVersion) ||
    order(a.subresource, b.subresource)
  )
}

const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Folds the oldest updates into `ancient-changes`, one a version, until there are few enough. */
export function capManagers(managers: Managers): Managers {
  const updates = [...managers].filter(([, { operation, subresource }]) => operation === 'Update' && subresource === '')
  if (updates.length <= updateManagersMax) return managers
  const capped = new Map(managers)
  const oldest = updates.filter(([, { manager }]) => manager !== ancient).sort(([, a], [, b]) => compareManagers(a, b))
  let count = updates.length
  for (const [key, managed] of oldest) {
    if (count <= updateManagersMax) break
    const identity: Identity = { ...managed, manager: ancient }
    const bucket = capped.get(managerKey(identity))
    capped.delete(key)
    capped.set(managerKey(identity), {
      ...identity,
      fields: bucket === undefined ? managed.fields : bucket.fields.union(managed.fields),
      time: managed.time,
    })
    if (bucket !== undefined) count--
  }
  return capped
}

/** What nobody manages, because everybody's object has it. */
const unmanaged = decodeFields({
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': {
    '.': {},
    'f:name': {},
    'f:namespace': {},
    'f:creationTimestamp': {},
    'f:selfLink': {},
    'f:uid': {},
    'f:clusterName': {},
    'f:generation': {},
    'f:managedFields': {},
    'f:resourceVersion': {},
  },
})

export const managedPart = (fields: FieldSet): FieldSet =>
  fields.isDisjoint(unmanaged) ? fields : fields.difference(unmanaged)

export function withoutUnmanaged(managers: Managers): Managers {
  const kept = new Map<string, Managed>()
  for (const [key, managed] of managers) {
    const fields = managedPart(managed.fields)
    if (!fields.isEmpty) kept.set(key, fields === managed.fields ? managed : { ...managed, fields })
  }
  return kept
}

/** The name a plain update goes by when the request gives none: the user agent up to its first slash. */
export function managerOfUserAgent(userAgent: unknown): string {
  const [bytes] = (typeof userAgent === 'string' ? userAgent : '').split('/', 1) as [string]
  if (/^[ -~]{1,128}$/.test(bytes)) return bytes
  // Node takes a header's bytes for characters; they are UTF-8.
  const agent = Buffer.from(bytes, 'latin1').toString().replaceAll(unprintable, '')
  let manager = ''
  for (const character of agent) {
    if (Buffer.byteLength(manager + character) > managerBytesMax) break
    manager += character
  }
  return manager === '' ? 'unknown' : manager
}

/** Of a manager's name, whoever gives it. */
export const managerBytesMax = 128

/** `"kubectl" with subresource "status" using v1` */
export function printManager({ manager, operation, subresource, apiVersion }: Identity): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`)
  return operation === 'Update' ? `${name} using ${apiVersion}` : name
}
