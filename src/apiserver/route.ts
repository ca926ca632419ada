/** Which kind a path names, and whether it is there in that form. Custom kinds are refused in words of their own. */
import type { Exchange } from '../kube/handler.ts'
import { resourceId } from '../kube/object.ts'
import type { Verb } from '../kube/request.ts'
import { badRequest, failure, methodNotAllowed, notFound, type StatusError } from '../kube/status.ts'
import type { ResourceDefinition } from './definition.ts'
import type { ObjectStore } from './store.ts'
import { scale } from './subresources/scale.ts'
import type { Subresource } from './subresources/subresource.ts'

/** Undefined where nobody knows the path. Throws 404 and 405. */
export function definitionFor(store: ObjectStore, exchange: Exchange): ResourceDefinition | undefined {
  const { request } = exchange
  const { group, version, resource, subresource, name, namespace, method, verb, watchesByPath } = request
  const definition = store.registry.byPath(group, version, resource)
  if (definition === undefined) {
    // A group of ours has routes of its own; the others are looked up among the definitions.
    if (store.registry.definitions.some((other) => other.group === group && other.custom !== true)) throw pageNotFound()
    return undefined
  }
  if (definition.custom === true) return customRoute(definition, exchange)
  if (!servesSubresource(definition, subresource)) throw pageNotFound()
  const [named, placed] = [name !== '', namespace !== '']
  // What is in namespaces is listed across them, and no more.
  const everywhere = definition.namespaced && !placed
  const nowhere = everywhere ? named || !servesVerb(definition, 'list') : placed && !definition.namespaced
  if (nowhere || (named && !servesVerb(definition, 'get'))) throw pageNotFound()
  // Objects are read, made, changed and deleted one at a time, lists are read and deleted.
  const change = method === 'PUT' || method === 'PATCH'
  if (method === 'POST' && named && subresource === '') throw methodNotAllowed()
  const isKnown = methods.includes(method) || (subresource === 'proxy' && proxied.includes(method))
  if (!isKnown || (change && !named) || ((everywhere || watchesByPath) && method !== 'GET')) throw methodNotAllowed()
  if (servesPart(definition, subresource) && !partVerbs.includes(verb)) throw methodNotAllowed()
  return definition
}

/** Source: k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go. */
function customRoute(definition: ResourceDefinition, { request }: Exchange): ResourceDefinition | undefined {
  const { subresource, name, namespace, method } = request
  const verb = methods.includes(method) || method === 'HEAD' ? request.verb : ''
  const across = verb === 'list' || verb === 'watch'
  if (definition.namespaced ? namespace === '' && !across : namespace !== '') return undefined
  if (!servesSubresource(definition, subresource)) throw notFound({ ...definition, name })
  if ((verb === 'update' || verb === 'patch') && name === '') throw badRequest('name must be provided')
  if (verb === '' || (subresource !== '' && !partVerbs.includes(verb))) throw notSupportedVerb(definition, verb)
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

/** Questions have answers, and no objects that could be named or listed. */
const servesVerb = ({ verbs }: ResourceDefinition, verb: Verb): boolean => verbs === undefined || verbs.includes(verb)

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** What is behind a proxy may be asked in other ways, too. */
const proxied = ['HEAD', 'OPTIONS']

/** A part of an object comes and goes with it. */
const partVerbs: readonly (Verb | '')[] = ['get', 'update', 'patch']

const notSupportedVerb = (definition: ResourceDefinition, verb: string): StatusError =>
  failure(405, 'MethodNotAllowed', `${verb} is not supported on resources of kind "${resourceId(definition)}"`, {
    group: definition.group,
    kind: definition.resource,
  })

export const pageNotFound = (): StatusError =>
  failure(404, 'NotFound', 'the server could not find the requested resource', {})
