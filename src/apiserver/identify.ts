/**
 * Whether an object is the one that its request's path names. Source: k8s.io/apiserver/pkg/registry/rest/{create,meta}.go,
 * pkg/endpoints/handlers/{create,update,patch}.go.
 */
import { internalType } from '../kube/go-print.ts'
import { apiVersionOf, isRecord } from '../kube/object.ts'
import type { KubeRequest } from '../kube/request.ts'
import { badRequest, invalid, invalidValue } from '../kube/status.ts'
import { messageOfKind } from '../kube/types/tables.ts'
import type { ResourceDefinition } from './definition.ts'
import type { KubeObject } from './types.ts'

/** The request's object with everything the path implies; throws 400 where they disagree. */
export function identified(definition: ResourceDefinition, request: KubeRequest, value: unknown): KubeObject {
  const { metadata, ...object } = recognized(definition, value, request.method === 'PATCH')
  return placed(definition, request, {
    ...object,
    metadata: isRecord(metadata) ? metadata : {},
  } as KubeObject)
}

/** An object of the kind, with whatever metadata it has. Throws 400, or 422 for a patched custom resource. */
export function recognized(definition: ResourceDefinition, value: unknown, patched: boolean): KubeObject {
  if (!isRecord(value)) throw badRequest(`the object provided is unrecognized (must be of type ${definition.kind})`)
  const object = { ...value, metadata: value['metadata'] ?? {} } as unknown as KubeObject
  checkKind(definition, object, patched)
  return object
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

/** Throws where the object says that it is of another kind. */
function checkKind(
  definition: ResourceDefinition,
  { kind = '', apiVersion = '', metadata }: KubeObject,
  patched: boolean,
): void {
  const expected = apiVersionOf(definition)
  const versioned = apiVersion === '' || apiVersion === expected
  if (versioned && (kind === '' || kind === definition.kind)) return
  if (definition.custom === true) {
    const [, said = ''] = apiVersion.split('/').toReversed()
    if (!versioned && patched)
      throw invalid({ group: said, kind: kind === '' ? definition.kind : kind }, metadata.name ?? '', [
        invalidValue('apiVersion', apiVersion, `must be ${expected}`),
      ])
    if (!versioned)
      throw badRequest(
        `the API version in the data (${apiVersion}) does not match the expected API version (${expected})`,
      )
    throw invalid({ group: definition.group, kind }, metadata.name ?? '', [
      invalidValue('kind', kind, `must be ${definition.kind}`),
    ])
  }
  const sent = versioned ? expected : apiVersion
  const [version = '', group = ''] = sent.split('/').toReversed()
  const name = kind === '' ? definition.kind : kind
  const internal = internalType(definition)
  const why =
    messageOfKind(group, version, name) === undefined
      ? `no kind ${JSON.stringify(name)} is registered for version ${JSON.stringify(sent)} in scheme "pkg/runtime/scheme.go:111"`
      : `converting (${version}.${name}) to (${internal}): unknown conversion`
  throw badRequest(`${name} in version ${JSON.stringify(version)} cannot be handled as a ${definition.kind}: ${why}`)
}
