/** Which kind a path names, and whether it is there in that form. Custom kinds are refused in words of their own. */
import type { Exchange } from '../kube/handler.ts'
import { resourceId } from '../kube/object.ts'
import { failure, methodNotAllowed, notFound, type StatusError } from '../kube/status.ts'
import type { ResourceDefinition } from './definition.ts'
import type { ObjectStore } from './store.ts'
import { scale } from './subresources/scale.ts'
import type { Subresource } from './subresources/subresource.ts'
import { keyOf } from './verbs/context.ts'

/** Undefined where nobody knows the path. Throws 404 and 405. */
export function definitionFor(store: ObjectStore, exchange: Exchange): ResourceDefinition | undefined {
  const { request } = exchange
  const { group, version, resource, subresource, name, method, verb } = request
  const definition = store.registry.byPath(group, version, resource)
  if (definition === undefined) {
    // A group of ours has routes of its own; the others are looked up among the definitions.
    if (store.registry.definitions.some((other) => other.group === group && other.custom !== true)) throw pageNotFound()
    return undefined
  }
  const custom = definition.custom === true
  if (!servesSubresource(definition, subresource)) {
    if (custom) throw notFound({ ...definition, name })
    if (definition.unserved?.includes(subresource.split('/')[0] as string) === true)
      store.require(definition, keyOf(exchange))
    throw pageNotFound()
  }
  const named = name !== ''
  if (named && ((definition.namespaced && request.namespace === '') || !servesNamed(definition))) {
    if (custom) return undefined
    throw pageNotFound()
  }
  // Objects are read, made, changed and deleted one at a time, lists are read and deleted.
  const change = method === 'PUT' || method === 'PATCH'
  if (!methods.includes(method) || (change && !named)) throw methodNotAllowed()
  if (servesPart(definition, subresource) && !partVerbs.includes(verb))
    throw custom ? notSupportedVerb(definition, verb) : methodNotAllowed()
  return definition
}

export function subresourceOf(definition: ResourceDefinition, name: string): Subresource | undefined {
  if (name === '') return undefined
  return name === 'scale' && definition.scale !== undefined ? scale : definition.subresources?.[name]
}

const servesSubresource = (definition: ResourceDefinition, name: string): boolean =>
  name === '' || servesPart(definition, name) || subresourceOf(definition, name) !== undefined

const servesPart = ({ status, parts }: ResourceDefinition, name: string): boolean =>
  name === 'status' ? status === true : parts?.[name] !== undefined

/** Questions have answers, and no objects that could be named. */
const servesNamed = ({ verbs }: ResourceDefinition): boolean => verbs === undefined || verbs.includes('get')

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** A part of an object comes and goes with it. */
const partVerbs: readonly string[] = ['get', 'update', 'patch']

const notSupportedVerb = (definition: ResourceDefinition, verb: string): StatusError =>
  failure(405, 'MethodNotAllowed', `${verb} is not supported on resources of kind "${resourceId(definition)}"`, {
    group: definition.group,
    kind: definition.resource,
  })

const pageNotFound = (): StatusError => failure(404, 'NotFound', 'the server could not find the requested resource', {})
