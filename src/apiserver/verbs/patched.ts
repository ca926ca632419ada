/** What a patch makes of an object, by the kind of patch. */
import type { Exchange } from '../../kube/handler.ts'
import { notUnmarshaled } from '../../kube/go-print.ts'
import { isRecord } from '../../kube/object.ts'
import { jsonPatch, mergePatch, PatchError } from '../../kube/patch.ts'
import { badRequest, failure } from '../../kube/status.ts'
import { jsonPatchType, mergePatchType, readPatch, strategicPatchType } from '../body.ts'
import type { ResourceDefinition } from '../definition.ts'
import { wireType } from '../represent.ts'
import { strategicMergePatch } from '../strategic-merge.ts'
import type { KubeObject } from '../types.ts'

/** The object as the request's patch changes it. Throws 400, 415 or 422 where it does not. */
export async function patched(definition: ResourceDefinition, exchange: Exchange, live: KubeObject): Promise<unknown> {
  const { type, value } = await readPatch(exchange, [jsonPatchType, mergePatchType, strategicPatchType])
  return applied(definition, type, live, value)
}

export function applied(definition: ResourceDefinition, type: string, target: KubeObject, change: unknown): unknown {
  if (type === jsonPatchType) {
    if (!Array.isArray(change)) throw notDecoded(change, '[]handlers.jsonPatchOp')
    if (change.length > operationsMax)
      throw failure(
        413,
        'RequestEntityTooLarge',
        `Request entity too large: The allowed maximum operations in a JSON patch is ${operationsMax}, got ${change.length}`,
      )
    try {
      return jsonPatch(target, change)
    } catch (error) {
      if (error instanceof PatchError)
        throw failure(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
      throw error
    }
  }
  const strategic = type === strategicPatchType
  // Go has no map then, and changes nothing.
  if (strategic && change === null) return target
  if (!isRecord(change)) throw notDecoded(change, 'map[string]interface {}', strategic ? '' : undefined)
  if (type === mergePatchType) return mergePatch(target, change)
  return strategicMergePatch(target, change, wireType(definition))
}

const notDecoded = (change: unknown, type: string, prefix = 'error decoding patch: '): Error =>
  badRequest(`${prefix}${notUnmarshaled(change, type)}`)

/** Source: k8s.io/apiserver/pkg/server/config.go. */
const operationsMax = 10_000
