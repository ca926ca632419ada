/**
 * Whether an object is the one that its request's path names. Source: k8s.io/apiserver/pkg/registry/rest/{create,meta}.go,
 * pkg/endpoints/handlers/{create,update,patch}.go.
 */
import { isRecord } from '../kube/object.ts'
import type { KubeRequest } from '../kube/request.ts'
import { badRequest } from '../kube/status.ts'
import type { ResourceDefinition } from './definition.ts'
import { KindProblem, notHandled, requireBuiltIn } from './said-kind.ts'
import type { KubeObject } from './types.ts'

/** The request's object with everything the path implies; throws 400 where they disagree. */
export const identified = (definition: ResourceDefinition, request: KubeRequest, value: unknown): KubeObject =>
  placed(definition, request, ofKind(definition, value))

/** The object, wherever it says that it is; throws 400 where it is none, or says that it is of another kind. */
export function ofKind(definition: ResourceDefinition, value: unknown): KubeObject {
  if (!isRecord(value)) throw badRequest(unrecognized(definition))
  checkKind(definition, value)
  const { metadata } = value
  return { ...value, metadata: isRecord(metadata) ? metadata : {} } as unknown as KubeObject
}

/** An object that has metadata, whatever is in it. */
export const withMetadata = (value: Readonly<Record<string, unknown>>): KubeObject =>
  ({ ...value, metadata: value['metadata'] ?? {} }) as unknown as KubeObject

/** What is said of something that is no object of the kind. */
export const unrecognized = ({ kind }: ResourceDefinition): string =>
  `the object provided is unrecognized (must be of type ${kind})`

/** Throws 400 where the object says that it is of another kind. */
function checkKind(definition: ResourceDefinition, value: Readonly<Record<string, unknown>>): void {
  try {
    requireBuiltIn(definition, value, () => JSON.stringify(value))
  } catch (error) {
    if (!(error instanceof KindProblem)) throw error
    throw error.said === undefined
      ? badRequest(`${unrecognized(definition)}: ${error.message}`)
      : notHandled(definition, error.said, error.message)
  }
}

/** The object in the namespace of its path; throws 400 where it says that it is in another. */
export function placed(definition: ResourceDefinition, request: KubeRequest, object: KubeObject): KubeObject {
  const namespace = object.metadata.namespace ?? ''
  if (!definition.namespaced) {
    if (namespace === '') return object
    const { namespace: _, ...metadata } = object.metadata
    return { ...object, metadata }
  }
  if (namespace !== '' && namespace !== request.namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  return { ...object, metadata: { ...object.metadata, namespace: request.namespace } }
}

/** Throws 400 where an object that is written is not the one that the path names. */
export function requireNamed({ name: named }: KubeRequest, name: string | undefined): void {
  if (name === named) return
  throw badRequest(
    (name ?? '') === ''
      ? `the name of the object (${named} based on URL) was undeterminable: name must be provided`
      : `the name of the object (${name}) does not match the name on the URL (${named})`,
  )
}
