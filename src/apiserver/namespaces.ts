/** Namespace lifecycle: nothing is created in one that is not there or on its way out. */
import { goQuoted } from '../kube/go-print.ts'
import { failure, forbidden, internalError, notFound } from '../kube/status.ts'
import type { ResourceDefinition } from './definition.ts'
import { pathSegmentProblems } from './rules/metadata.ts'
import type { ObjectStore } from './store.ts'
import type { KubeObject } from './types.ts'

/** The real server's NamespaceLifecycle admission refuses to delete these. */
const immortal = new Set(['default', 'kube-system', 'kube-public'])

const isNamespaces = (definition: ResourceDefinition): boolean =>
  definition.group === '' && definition.resource === 'namespaces'

/** Of an object, or of what is made of the one that a request names. */
export function admitCreate(
  store: ObjectStore,
  definition: ResourceDefinition,
  made: { readonly name: string; readonly namespace?: string },
): void {
  if (!definition.namespaced) return
  const namespaces = store.registry.byPath('', 'v1', 'namespaces')
  if (namespaces === undefined) return
  const name = made.namespace as string
  const problems = pathSegmentProblems(name)
  if (problems.length > 0) throw internalError(`invalid resource name ${goQuoted(name)}: [${problems.join(' ')}]`)
  const namespace = store.get(namespaces, name)?.value
  if (namespace === undefined) throw notFound({ group: '', resource: 'namespaces', name })
  if (namespace.metadata.deletionTimestamp === undefined) return
  const message = `unable to create new content in namespace ${name} because it is being terminated`
  const what = definition.group === '' ? definition.resource : `${definition.resource}.${definition.group}`
  throw failure(403, 'Forbidden', `${what} ${goQuoted(made.name)} is forbidden: ${message}`, {
    name: made.name,
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
