/** What the control plane itself makes in every cluster, and who is said to own it. */
import { rfc3339, type Clock } from '../base/clock.ts'
import { objectKey } from '../kube/object.ts'
import type { ResourceDefinition } from './definition.ts'
import { ownedUpdate, ownWriter, type ControlPlanePart } from './ownership.ts'
import { namespaces } from './resources/namespaces.ts'
import type { ObjectStore } from './store.ts'
import type { KubeObject } from './types.ts'

/** By kind and name: the same objects in all clusters that are made within a second. */
const owners = new Map<string, { readonly time: string; readonly managedFields: readonly object[] }>()

/** The object as that part of the control plane makes it; one of that name has the same fields everywhere. */
export function systemObject(
  definition: ResourceDefinition,
  object: KubeObject,
  clock: Instant,
  manager: ControlPlanePart = 'kube-apiserver',
): KubeObject {
  const key = `${definition.resource}/${object.metadata.name}`
  const time = rfc3339(clock.wallMs())
  let known = owners.get(key)
  if (known?.time !== time) {
    const writer = ownWriter(definition, clock, manager, '')
    const managedFields =
      known?.managedFields.map((entry) => ({ ...entry, time })) ??
      ownedUpdate(definition, undefined, object, writer).metadata.managedFields ??
      []
    owners.set(key, (known = { time, managedFields }))
  }
  return { ...object, metadata: { ...object.metadata, managedFields: known.managedFields } }
}

/** A clock that has stopped. */
export type Instant = Pick<Clock, 'wallMs'>

/**
 * What every cluster has of a kind from its start, as far as it isn't there: a store that was restored has it, perhaps
 * changed. `prepare` makes of an object what is stored.
 */
export function furnish(
  store: ObjectStore,
  clock: Clock,
  definition: ResourceDefinition,
  objects: readonly KubeObject[],
  prepare = (object: KubeObject, start: Instant): KubeObject => systemObject(definition, object, start),
): void {
  const startMs = clock.wallMs()
  const start = { wallMs: (): number => startMs }
  store.furnish(definition, () => {
    for (const object of objects) {
      if (store.get(definition, objectKey(object.metadata)) !== undefined) continue
      const identity = { ...store.identity(definition), creationTimestamp: rfc3339(startMs) }
      store.create(definition, prepare(object, start), identity)
    }
  })
}

const systemNamespaces = ['default', 'kube-node-lease', 'kube-public', 'kube-system'].map((name) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels: { 'kubernetes.io/metadata.name': name } },
}))

/** Only those that are not there: a store that was restored has them. */
export function createSystemNamespaces(store: ObjectStore, clock: Clock): void {
  for (const namespace of systemNamespaces)
    if (store.get(namespaces, namespace.metadata.name) === undefined)
      // What every namespace has from the start is nobody's.
      store.create(namespaces, {
        ...systemObject(namespaces, namespace, clock),
        spec: { finalizers: ['kubernetes'] },
        status: { phase: 'Active' },
      })
}
