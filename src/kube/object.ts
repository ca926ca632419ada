/** The shape every Kubernetes object shares, and the small questions everybody asks of it. */

export interface OwnerReference {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly controller?: boolean
  readonly blockOwnerDeletion?: boolean
}

export interface ObjectMeta {
  readonly name: string
  readonly generateName?: string
  /** Nobody fills it in any more; an update may. */
  readonly selfLink?: string
  readonly namespace?: string
  readonly uid?: string
  readonly resourceVersion?: string
  readonly generation?: number
  readonly creationTimestamp?: string
  readonly deletionTimestamp?: string
  readonly deletionGracePeriodSeconds?: number
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly ownerReferences?: readonly OwnerReference[]
  readonly finalizers?: readonly string[]
  readonly managedFields?: readonly object[]
}

/** An object as stored and sent: immutable once it has been handed to anybody. */
export interface KubeObject {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: ObjectMeta
  readonly spec?: unknown
  readonly status?: unknown
}

/** metav1.Condition, as Cluster API v1beta2 uses it. Core kinds have no reason or message on some. */
export interface Condition {
  readonly type: string
  readonly status: 'True' | 'False' | 'Unknown'
  readonly reason?: string
  readonly message?: string
  readonly lastTransitionTime?: string
  readonly lastHeartbeatTime?: string
  readonly observedGeneration?: number
}

/** Which kind of object, as paths name it. The core group is the empty string. */
export interface GroupVersionResource {
  readonly group: string
  readonly version: string
  readonly resource: string
}

/** `machines.cluster.x-k8s.io`, or `nodes` for the core group: the name people and plans use. */
export const resourceId = (resource: { readonly group: string; readonly resource: string }): string =>
  resource.group === '' ? resource.resource : `${resource.resource}.${resource.group}`

export const apiVersionOf = (resource: { readonly group: string; readonly version: string }): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`

/** `namespace/name`, or `name` for cluster-scoped objects: the key of caches and queues. */
export const objectKey = (meta: { readonly namespace?: string | undefined; readonly name: string }): string =>
  meta.namespace === undefined || meta.namespace === '' ? meta.name : `${meta.namespace}/${meta.name}`

export function splitKey(key: string): { namespace: string; name: string } {
  const slash = key.indexOf('/')
  return slash < 0 ? { namespace: '', name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
}

export const conditionOf = (conditions: readonly Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((condition) => condition.type === type)

export const isConditionTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  conditionOf(conditions, type)?.status === 'True'

export const controllerOf = (object: KubeObject): OwnerReference | undefined =>
  object.metadata.ownerReferences?.find((owner) => owner.controller === true)

/** Sets a key as plain data, `__proto__` included. */
export function setOwn(target: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  else target[key] = value
}

/** Without what is not there. */
export const defined = <T extends object>(object: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An object of JSON, and no number that is kept as it was written. */
export const isMap = (value: unknown): value is Record<string, unknown> => isRecord(value) && !('rawJSON' in value)

/** The value where it is an object of JSON, else an empty one. */
export const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {})

/** The objects of a list; none of what is no list. */
export const records = (value: unknown): Record<string, unknown>[] =>
  Array.isArray(value) ? value.filter(isRecord) : []

/** Structural equality of JSON values. */
export function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => deepEqual(item, b[i]))
  }
  if (Array.isArray(b)) return false
  const left = a as Record<string, unknown>
  const right = b as Record<string, unknown>
  const keys = Object.keys(left)
  if (keys.length !== Object.keys(right).length) return false
  return keys.every((key) => Object.hasOwn(right, key) && deepEqual(left[key], right[key]))
}

/** As Go prints a group, version and kind: `/v1, Kind=Secret`. */
export const kindText = (apiVersion: string, kind: string): string =>
  `${apiVersion.includes('/') ? '' : '/'}${apiVersion}, Kind=${kind}`

/** Equality of built-in types: a list without items is none. Source: k8s.io/apimachinery, equality.Semantic. */
export function isAlike(before: unknown, after: unknown): boolean {
  const [left, right] = [before ?? [], after ?? []]
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((item, index) => isAlike(item, right[index]))
  if (!isRecord(left) || !isRecord(right)) return deepEqual(before, after)
  return Object.keys({ ...left, ...right }).every((key) => isAlike(left[key], right[key]))
}
