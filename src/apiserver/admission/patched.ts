/**
 * An object as the patch of a mutating webhook leaves it.
 * Source: k8s.io/apiserver/pkg/admission/plugin/webhook/mutating/dispatcher.go.
 */
import { jsonPatch, PatchError } from '../../kube/json-patch.ts'
import { apiVersionOf, kindText } from '../../kube/object.ts'
import { failure, internalError } from '../../kube/status.ts'
import { TypeMismatch } from '../../kube/types/go-value.ts'
import { asPrinted } from '../conform.ts'
import type { ResourceDefinition } from '../definition.ts'
import { patchedText } from '../patch-text.ts'
import { isOther, KindProblem, otherKind, requireBuiltIn } from '../said-kind.ts'
import type { KubeObject } from '../types.ts'

/** Throws 500 for a patch that doesn't fit the object, or makes something else of it. */
export function patched(
  definition: ResourceDefinition,
  object: KubeObject,
  operations: readonly unknown[],
): KubeObject {
  try {
    const after = jsonPatch(object, operations) as KubeObject
    if (definition.custom === true) return custom(definition, after)
    requireBuiltIn(definition, after, () => JSON.stringify(after))
    return asPrinted(definition, after)
  } catch (error) {
    const isUnfit = error instanceof PatchError || error instanceof TypeMismatch || error instanceof KindProblem
    throw isUnfit ? internalError(error.message) : (error as Error)
  }
}

/** The rest of a custom resource may have what its kind doesn't: it is looked at when all webhooks have seen it. */
function custom(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const { apiVersion = '', kind = '', metadata = {} as KubeObject['metadata'] } = object as Partial<KubeObject>
  if (kind === '') throw internalError(`Object 'Kind' is missing in '${patchedText(object, {}, undefined)}'`)
  const expected = apiVersionOf(definition)
  if (apiVersion !== expected) {
    const what = kindText(apiVersion, kind)
    throw failure(500, undefined, `${what} is unstructured and is not suitable for converting to "${expected}"`)
  }
  if (isOther(definition, object)) throw otherKind(definition, object, metadata.name ?? '')
  try {
    const read = definition.conform?.({ apiVersion, kind, metadata }, () => {})
    return read === undefined ? object : { ...object, metadata: read.metadata }
  } catch (error) {
    if (error instanceof TypeMismatch) throw failure(500, undefined, error.message)
    throw error
  }
}
