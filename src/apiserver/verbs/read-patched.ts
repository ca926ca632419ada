/** What a patch makes of an object, as the real server reads it. */
import { notUnmarshaled, typeMetaStruct } from '../../kube/go-print.ts'
import type { Exchange } from '../../kube/handler.ts'
import { isRecord } from '../../kube/object.ts'
import { conformed, undecodable, unknownWarnings, type Conformed } from '../conform.ts'
import type { ResourceDefinition } from '../definition.ts'
import { placed, requireNamed, withMetadata } from '../identify.ts'
import { strategicPatchType, type PatchBody } from '../patch-body.ts'
import { patchedText } from '../patch-text.ts'
import { withoutRepeatedOwners } from '../repeated-owners.ts'
import { wireType } from '../represent.ts'
import { KindProblem, requireBuiltIn, requireReadable, saidKind } from '../said-kind.ts'
import type { KubeObject } from '../types.ts'
import { applied } from './patched.ts'

export interface ReadPatched extends Conformed {
  /** As the patch has left it. */
  readonly whole: KubeObject
}

/**
 * `live` with the patch, as its kind has it, in its place; `parent` says where that is of a part. Throws 400 and 422
 * for what can't be read, is of another kind, or is another object.
 */
export function readPatched(
  definition: ResourceDefinition,
  exchange: Exchange,
  live: KubeObject,
  sent: PatchBody,
  parent = definition,
): ReadPatched {
  const { request } = exchange
  const patched = applied(definition, live, sent)
  const body = { ...sent, live }
  if (!isRecord(patched)) {
    const problem = `couldn't get version/kind; json parse error: ${notUnmarshaled(patched, typeMetaStruct)}`
    throw undecodable(definition, exchange, patched as KubeObject, body, problem)
  }
  requireSameKind(definition, exchange, patched as unknown as KubeObject, body, parent)
  const whole = withMetadata(patched)
  const { object: written, warnings } = withoutRepeatedOwners(
    exchange,
    conformed(definition, exchange, whole, body, live),
  )
  const object = placed(parent, request, written)
  requireNamed(request, object.metadata.name)
  return { object, warnings, whole }
}

/** Throws where a patch makes another kind of an object; a strategic merge can't, whatever it says. */
function requireSameKind(
  definition: ResourceDefinition,
  exchange: Exchange,
  patched: KubeObject,
  body: PatchBody,
  parent: ResourceDefinition,
): void {
  if (body.type === strategicPatchType) {
    const [field] = [patched.kind, patched.apiVersion].filter(
      (said: unknown) => said !== undefined && typeof said !== 'string',
    )
    if (field === undefined) return
    const problem = Number.isInteger(field) ? 'cannot convert int64 to string' : 'unrecognized type: string'
    throw undecodable(definition, exchange, patched, body, problem)
  }
  try {
    const { group, version, kind } = saidKind(patched)
    if (definition.custom === true) {
      if (kind === '') throw new KindProblem(`Object 'Kind' is missing in '${patchedText(patched, {}, undefined)}'`)
      requireReadable(patched)
    } else {
      // The definitions' own server has no types of its own for their parts.
      if (group === '' && version === '' && parent.custom !== true)
        refuseInternal(definition, exchange, patched, body, kind)
      requireBuiltIn(definition, patched, () => patchedText(patched, body.value, wireType(definition)))
    }
  } catch (error) {
    throw error instanceof KindProblem
      ? undecodable(definition, exchange, patched, body, error.message)
      : (error as Error)
  }
}

/** What says no version is decoded as a type of the server's own, whose fields have no names in JSON. Throws. */
function refuseInternal(
  definition: ResourceDefinition,
  exchange: Exchange,
  patched: KubeObject,
  body: PatchBody,
  kind: string,
): void {
  if (kind !== '' && kind !== definition.kind)
    throw new KindProblem(
      `no kind "${kind}" is registered for the internal version of group "${definition.group}" in scheme "pkg/runtime/scheme.go:111"`,
    )
  const { kind: _, apiVersion: __, ...fields } = patched
  unknownWarnings(definition, exchange, patched, body, Object.keys(fields).sort())
  requireNamed(exchange.request, '')
}
