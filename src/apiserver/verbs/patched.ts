/** What a patch makes of an object, by the kind of patch. */
import { jsonPatch, PatchError } from '../../kube/json-patch.ts'
import { mergePatch } from '../../kube/patch.ts'
import { failure } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import { jsonPatchType, mergePatchType, type PatchBody } from '../patch-body.ts'
import { wireType } from '../represent.ts'
import { strategicMergePatch } from '../strategic-merge.ts'
import type { KubeObject } from '../types.ts'

/** Throws 413 and 422. */
export function applied(definition: ResourceDefinition, target: KubeObject, { type, value }: PatchBody): unknown {
  if (type === jsonPatchType) return operated(target, value as readonly unknown[])
  if (type === mergePatchType) return mergePatch(target, value)
  return value === null ? target : strategicMergePatch(target, value, wireType(definition))
}

function operated(target: KubeObject, operations: readonly unknown[]): unknown {
  if (operations.length > operationsMax)
    throw failure(
      413,
      'RequestEntityTooLarge',
      `Request entity too large: The allowed maximum operations in a JSON patch is ${operationsMax}, got ${operations.length}`,
    )
  try {
    return jsonPatch(target, operations)
  } catch (error) {
    if (error instanceof PatchError)
      throw failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
    throw error
  }
}

/** Source: k8s.io/apiserver/pkg/server/config.go. */
const operationsMax = 10_000
