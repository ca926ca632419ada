/** Field ownership of one write: who writes, through which endpoint, and what of the object that endpoint ignores. */
import type { Clock } from '../base/clock.ts'
import { rfc3339 } from '../base/clock.ts'
import type { Exchange } from '../kube/handler.ts'
import { apiVersionOf, kindText } from '../kube/object.ts'
import { normalize } from '../kube/types/normalize.ts'
import { decodeFields, type FieldSet } from './apply/field-set.ts'
import { managerOfUserAgent } from './apply/managers.ts'
import {
  Misfit,
  recordApplyAcross,
  recordUpdateAcross,
  versionsOfManagers,
  type ToVersion,
} from './apply/across-versions.ts'
import { typeErrors } from './apply/typed.ts'
import { listed, recordApply } from './apply/applying.ts'
import { bare, withOwners, type Writer } from './apply/changes.ts'
import { recordUpdate } from './apply/updater.ts'
import { leftByStatus, type ResourceDefinition } from './definition.ts'
import { wireType } from './represent.ts'
import { builtInSchema } from './schema/built-in.ts'
import { anySchema, type Schema } from './schema/schema.ts'
import type { KubeObject } from './types.ts'
import { inOtherVersion } from './versions.ts'

const ignoredByMain = decodeFields({ 'f:status': {} })
const ignoredByStatus = {
  nothing: decodeFields({ 'f:spec': {} }),
  labels: decodeFields({ 'f:spec': {}, 'f:metadata': { 'f:labels': {} } }),
  ownerReferences: decodeFields({ 'f:spec': {}, 'f:metadata': { 'f:deletionTimestamp': {}, 'f:ownerReferences': {} } }),
  metadata: decodeFields({ 'f:spec': {}, 'f:metadata': {} }),
}
const nothing = decodeFields({})

function ignoredBy(definition: ResourceDefinition, subresource: string): FieldSet {
  const own = definition.unowned?.[subresource]
  if (own !== undefined) return decodeFields(own)
  if (subresource === 'status') return ignoredByStatus[leftByStatus(definition)]
  return definition.status === true ? ignoredByMain : nothing
}

export function writerOf(
  definition: ResourceDefinition,
  exchange: Exchange,
  clock: Clock,
  operation: Writer['operation'],
): Writer {
  const { query, subresource } = exchange.request
  return {
    manager: query.get('fieldManager') || managerOfUserAgent(exchange.headers['user-agent']),
    operation,
    subresource,
    apiVersion: apiVersionOf(definition),
    time: rfc3339(clock.wallMs()),
    ignored: ignoredBy(definition, subresource),
  }
}

/** Who writes without being asked to. */
export type ControlPlanePart =
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'clusterrole-aggregation-controller'
  | 'api-priority-and-fairness-config-producer-v1'
  | 'api-priority-and-fairness-config-consumer-v1'
  | 'kubernetes-service-cidr-controller'

/** The server itself, or another part of the control plane. */
export const ownWriter = (
  definition: ResourceDefinition,
  clock: Pick<Clock, 'wallMs'>,
  manager: ControlPlanePart = 'kube-apiserver',
  subresource = 'status',
): Writer => ({
  manager,
  operation: 'Update',
  subresource,
  apiVersion: apiVersionOf(definition),
  time: rfc3339(clock.wallMs()),
  ignored: ignoredBy(definition, subresource),
})

const schemaOf = (definition: ResourceDefinition): Schema =>
  definition.schema ?? builtInSchema(definition.group, definition.version, definition.kind) ?? anySchema

const empties = new WeakMap<ResourceDefinition, object>()

/** What an object of the kind is before anybody has said anything: Go's zero value for built-in types. */
export function emptyObject(definition: ResourceDefinition): object {
  let empty = empties.get(definition)
  if (empty === undefined) {
    const message = wireType(definition)
    empty = message === undefined ? {} : normalize(message, {}, () => {})
    empties.set(definition, empty)
  }
  return empty
}

export const ownedUpdate = (
  definition: ResourceDefinition,
  live: KubeObject | undefined,
  wanted: KubeObject,
  writer: Writer,
): KubeObject => recordUpdate(schemaOf(definition), live, emptyObject(definition), wanted, writer)

/** What doesn't fit its schema is owned by nobody: webhooks see it before it is refused. */
export function asOwnable(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const fits = definition.custom !== true || typeErrors(schemaOf(definition), object, true).length === 0
  return fits ? object : bare(object)
}

/**
 * Whether what a client sends fits its schema where an endpoint ignores it: nobody else looks at that, and nothing of
 * what doesn't fit is owned by anybody.
 */
export function fitsWhereIgnored(
  definition: ResourceDefinition,
  subresource: string,
  live: KubeObject | undefined,
  { metadata: _, ...wanted }: KubeObject,
): boolean {
  if (definition.custom !== true || definition.status !== true) return true
  const { status, ...rest } = wanted
  const ignored = subresource === 'status' ? rest : { status }
  const sent = Object.entries(ignored).filter(([field, value]) => value !== undefined && value !== live?.[field])
  return sent.length === 0 || typeErrors(schemaOf(definition), Object.fromEntries(sent), true).length === 0
}

/** {@link ownedUpdate}, in time where managers know the object in other versions. */
export function ownedAsUpdated(
  definition: ResourceDefinition,
  live: KubeObject | undefined,
  wanted: KubeObject,
  writer: Writer,
): KubeObject | Promise<KubeObject> {
  if (live === undefined || !isManagedInOthers(definition, live)) return ownedUpdate(definition, live, wanted, writer)
  return recordUpdateAcross(schemaOf(definition), live, emptyObject(definition), wanted, writer, toVersion(definition))
}

const isManagedInOthers = (definition: ResourceDefinition, live: KubeObject): boolean =>
  definition.sibling !== undefined && versionsOfManagers(live, apiVersionOf(definition)).length > 0

/** Into other versions of the kind, served or not. */
function toVersion(definition: ResourceDefinition): ToVersion {
  return async (object, apiVersion) => {
    const target = definition.sibling?.(apiVersion)
    if (target === undefined) return undefined
    const schema = schemaOf(target)
    if ((object as KubeObject).apiVersion === apiVersion) return { schema, object }
    const converted = await inOtherVersion(definition, object as KubeObject, target.version)
    const errors = typeErrors(schema, converted)
    if (errors.length > 0) throw new Misfit(listed(errors))
    return { schema, object: converted }
  }
}

/** Gives what becomes of an object the managedFields that it has. */
export const ownersOf =
  ({ metadata: { managedFields } }: KubeObject) =>
  (after: KubeObject): KubeObject =>
    withOwners(after, managedFields)

export const ownedApply = (
  definition: ResourceDefinition,
  live: KubeObject | undefined,
  config: KubeObject,
  writer: Writer,
  force: boolean,
  said: string,
): KubeObject =>
  recordApply(schemaOf(definition), live, emptyObject(definition), config, writer, force, described(definition, said))

/** The object with these fields as a part of the control plane applies them, forcing. */
export function ownApply(
  definition: ResourceDefinition,
  object: KubeObject,
  fields: Partial<KubeObject>,
  clock: Pick<Clock, 'wallMs'>,
  manager: ControlPlanePart,
  subresource?: string,
): KubeObject {
  const { kind, apiVersion, metadata } = object
  const config = { kind, apiVersion, metadata: { name: metadata.name }, ...fields }
  const writer = { ...ownWriter(definition, clock, manager, subresource), operation: 'Apply' } as const
  return ownedApply(definition, object, config, writer, true, metadata.name)
}

/** {@link ownedApply}, in time where managers know the object in other versions. */
export function ownedAsApplied(...asked: Parameters<typeof ownedApply>): KubeObject | Promise<KubeObject> {
  const [definition, live, config, writer, force, said] = asked
  if (live === undefined || !isManagedInOthers(definition, live)) return ownedApply(...asked)
  const [schema, empty, what] = [schemaOf(definition), emptyObject(definition), described(definition, said)]
  return recordApplyAcross(schema, live, empty, config, writer, force, what, toVersion(definition))
}

const described = (definition: ResourceDefinition, said: string): string =>
  `${said}; ${kindText(apiVersionOf(definition), definition.kind)}`
