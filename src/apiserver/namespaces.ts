/** Namespace lifecycle: nothing is created in one that is not there or on its way out, and one on its way out is emptied. */
import { failure, forbidden, notFound } from '../kube/status.ts'
import { deleteObject } from './controllers/garbage-collector.ts'
import type { ResourceDefinition } from './definition.ts'
import type { ObjectStore } from './store.ts'
import type { KubeObject } from './types.ts'

/** The real server's NamespaceLifecycle admission refuses to delete these. */
const immortal = new Set(['default', 'kube-system', 'kube-public'])

const isNamespaces = (definition: ResourceDefinition): boolean =>
  definition.group === '' && definition.resource === 'namespaces'

export function admitCreate(store: ObjectStore, definition: ResourceDefinition, object: KubeObject): void {
  if (!definition.namespaced) return
  const namespaces = store.registry.byPath('', 'v1', 'namespaces')
  if (namespaces === undefined) return
  const name = object.metadata.namespace as string
  const namespace = store.get(namespaces, name)?.value
  if (namespace === undefined) throw notFound({ group: '', resource: 'namespaces', name })
  if (namespace.metadata.deletionTimestamp === undefined) return
  const message = `unable to create new content in namespace ${name} because it is being terminated`
  const what = definition.group === '' ? definition.resource : `${definition.resource}.${definition.group}`
  throw failure(403, 'Forbidden', `${what} "${object.metadata.name}" is forbidden: ${message}`, {
    name: object.metadata.name,
    ...(definition.group === '' ? {} : { group: definition.group }),
    kind: definition.resource,
    causes: [
      { reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' },
    ],
  })
}

export function admitDelete(definition: ResourceDefinition, object: KubeObject): void {
  if (!isNamespaces(definition) || !immortal.has(object.metadata.name)) return
  const { name } = object.metadata
  throw forbidden(
    { group: '', resource: 'namespaces', name },
    `namespaces "${name}" is forbidden: this namespace may not be deleted`,
  )
}

/** Empties terminating namespaces and then lets them go. `later` runs outside of the write that caused it. */
export function startNamespaceController(store: ObjectStore, later: (run: () => void) => void): void {
  const finalize = (name: string): void => {
    const namespaces = store.registry.byPath('', 'v1', 'namespaces') as ResourceDefinition
    const namespace = store.get(namespaces, name)?.value
    if (namespace?.metadata.deletionTimestamp === undefined) return
    let left = 0
    for (const collection of [...store.collections]) {
      if (!collection.definition.namespaced) continue
      for (const stored of collection.list(name)) {
        if (stored.value.metadata.deletionTimestamp === undefined)
          deleteObject(store, collection.definition, stored.key)
        if (store.get(collection.definition, stored.key) !== undefined) left++
      }
    }
    if (left > 0) return
    const { finalizers = [], ...spec } = (namespace.spec ?? {}) as { finalizers?: string[] }
    const rest = finalizers.filter((each) => each !== 'kubernetes')
    store.update(namespaces, { ...namespace, spec: rest.length === 0 ? spec : { ...spec, finalizers: rest } })
  }
  store.listen((definition, change) => {
    const { metadata } = change.stored.value
    if (isNamespaces(definition)) {
      if (metadata.deletionTimestamp !== undefined && change.type === 'MODIFIED') later(() => finalize(metadata.name))
    } else if (change.type === 'DELETED' && definition.namespaced) {
      const namespaces = store.registry.byPath('', 'v1', 'namespaces')
      const name = metadata.namespace as string
      if (namespaces !== undefined && store.get(namespaces, name)?.value.metadata.deletionTimestamp !== undefined)
        later(() => finalize(name))
    }
  })
}
