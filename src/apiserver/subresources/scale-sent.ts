/** Scales as clients send and patch them. */
import type { Exchange } from '../../kube/handler.ts'
import { deepEqual } from '../../kube/object.ts'
import { isTrue } from '../../kube/request.ts'
import { badRequest, failure, StatusError } from '../../kube/status.ts'
import { ageColumn, column } from '../columns.ts'
import type { Conformed } from '../conform.ts'
import { builtIn, type ResourceDefinition } from '../definition.ts'
import { requireNamed } from '../identify.ts'
import { ownedApply, ownedUpdate, writerOf } from '../ownership.ts'
import { applyPatchType, patchTypeOf, readPatch } from '../patch-body.ts'
import type { KubeObject } from '../types.ts'
import { appliedConfig, nameSaid, saysNoName } from '../verbs/applied-config.ts'
import type { VerbContext } from '../verbs/context.ts'
import { readPatched } from '../verbs/read-patched.ts'
import { readWhole } from '../verbs/sent.ts'

export const scales = builtIn({
  group: 'autoscaling',
  version: 'v1',
  resource: 'scales',
  kind: 'Scale',
  namespaced: true,
  documented: { Desired: 'autoscaling-v1.ScaleSpec.replicas', Available: 'autoscaling-v1.ScaleStatus.replicas' },
  columns: [
    column('Name', 'string', '.metadata.name'),
    column('Desired', 'integer', '.spec.replicas'),
    column('Available', 'integer', '.status.replicas'),
    ageColumn,
  ],
})

const unregistered = badRequest('no kind is registered for the type v1.Scale in scheme "pkg/runtime/scheme.go:111"')

/** The definitions' own server doesn't find the kind of what it can't read. Source: endpoints/handlers, transformDecodeError. */
export async function readScale(definition: ResourceDefinition, exchange: Exchange): Promise<Conformed> {
  try {
    return await readWhole(scales, exchange)
  } catch (error) {
    const isUnread = error instanceof StatusError && error.status.code === 400 && !/^strict/.test(error.message)
    if (definition.custom !== true || !isUnread) throw error
    throw unregistered
  }
}

/** With whose it is now. */
export function updated(context: VerbContext, exchange: Exchange, old: KubeObject, wanted: Conformed): Conformed {
  if (!context.tracksOwnership) return wanted
  const writer = writerOf(scales, exchange, context.clock, 'Update')
  return { ...wanted, object: ownedUpdate(scales, old, wanted.object, writer) }
}

/** What a patch or an apply makes of the scale. */
export async function patchedScale(
  context: VerbContext,
  definition: ResourceDefinition,
  exchange: Exchange,
  old: KubeObject,
): Promise<Conformed> {
  const body = await readPatch(exchange, patchTypeOf(definition, exchange), () => {})
  const { value, type } = body
  if (type !== applyPatchType) {
    const read = readPatched(scales, exchange, old, body, definition)
    return updated(context, exchange, old, read)
  }
  const { name } = exchange.request
  const config = appliedConfig(scales, value, name)
  // The converter of custom resources knows no scales: so it is.
  if (definition.custom === true && old.metadata.managedFields === undefined)
    throw notConverted(`live object (/`, 'create manager for existing fields: failed to ')
  const { query } = exchange.request
  const writer = writerOf(scales, exchange, context.clock, 'Apply')
  const { name: named, said } = nameSaid(value)
  const after = ownedApply(scales, old, config, writer, isTrue(query.get('force')), said)
  if (definition.custom === true && !deepEqual(after['spec'], old['spec'])) throw notConverted(`new object (${said}`)
  if (named !== '' || saysNoName(value)) requireNamed(exchange.request, named)
  return { object: after, warnings: [] }
}

const notConverted = (what: string, before = ''): Error =>
  failure(
    500,
    undefined,
    `failed to ${before}convert ${what}; autoscaling/v1, Kind=Scale) to proper version: request to convert CR to an invalid group/version: autoscaling/v1`,
  )
