/**
 * What happens between a request's object and the store: identity checks, subresource rules, immutable metadata,
 * generation, defaults, validation. Source: k8s.io/apiserver/pkg/registry/generic/registry/store.go, rest/{create,update}.go.
 */
import { apiVersionOf } from '../kube/object.ts'
import type { Verb } from '../kube/request.ts'
import { badRequest, failure, invalid, type StatusCause } from '../kube/status.ts'
import { fromStorage } from '../kube/types/empty-lists.ts'
import type { Admission } from './admission/admission.ts'
import type { ResourceDefinition } from './definition.ts'
import { specUpdate, statusUpdate, withGeneration, withoutStatus } from './endpoint.ts'
import { checkUid, checkVersion } from './lock.ts'
import { asOwnable, emptyObject, ownersOf } from './ownership.ts'
import { requirePodSecurity } from './pod-security/admission.ts'
import { quotaCharge } from './quota/admission.ts'
import { wireType } from './represent.ts'
import type { ObjectStore } from './store.ts'
import type { Stored } from './stored.ts'
import type { KubeObject } from './types.ts'
import { lastMetadataCauses, newMetadataCauses } from './rules/metadata.ts'
import { isCause, updatedMetadataCauses, withRest } from './rules/metadata-update.ts'
import { inVersion, toStorage } from './versions.ts'

/** Records in an object who manages its fields; undefined where nobody asks (rehearsals). */
export type Own = (after: KubeObject) => KubeObject | Promise<KubeObject>

/** Within this turn where there is nothing to wait for. */
const once = <T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> =>
  value instanceof Promise ? value.then(next) : next(value)

export interface WriteOptions {
  readonly dryRun: boolean
  readonly own: Own | undefined
  /** An apply, in which nothing stays nothing where there is no default for it. */
  readonly keepsNulls?: boolean
  /** A new object gets no addresses and ports: it came by its status. */
  readonly allocatesNothing?: boolean
  /** How it comes: only a new one that is created may say no version, and only a patch that it is another object. */
  readonly verb?: Verb
  /** Webhooks that see the write; undefined where there are none: then it is done within this turn. */
  readonly admission: Admission | undefined
  /** Throws where its writer may not have the object so. */
  readonly authorize?: (object: KubeObject, before?: KubeObject) => void
  /** What is written into a new object in the name of who makes it; mutating webhooks don't see it. */
  readonly madeBy?: (object: KubeObject) => KubeObject
  /** Sees what is written when it is valid by itself, before anybody has something against it; `asked` is a new one as it was sent. */
  readonly valid?: (object: KubeObject, before?: KubeObject, asked?: KubeObject) => void
}

export function createObject(
  store: ObjectStore,
  definition: ResourceDefinition,
  object: KubeObject,
  { dryRun, own, keepsNulls, allocatesNothing, verb, admission, authorize, madeBy, valid }: WriteOptions,
): KubeObject | Promise<KubeObject> {
  authorize?.(object)
  const begun = (object: KubeObject): KubeObject => (newStatus(definition) ? withNewStatus(definition, object) : object)
  const signed = (object: KubeObject): KubeObject => madeBy?.(object) ?? object
  const asked = admission === undefined ? signed(object) : object
  const complete = withDefaults(definition, begun(asked), keepsNulls)
  // Mutating webhooks see no name that nobody has given.
  const ready = admission === undefined ? store.named(definition, complete) : complete
  const allocate = allocatesNothing === true ? undefined : definition.allocate
  const allocated = (object: KubeObject): KubeObject => allocate?.(object, store, dryRun) ?? object
  // Validating webhooks and those that convert see an object that has got its identity, and all that is allocated to it.
  const isSeen = admission !== undefined || definition.convert !== undefined
  const identity = isSeen ? store.identity(definition) : undefined
  const put = (stored: KubeObject): KubeObject => {
    const charge = quotaCharge(store, definition, stored)
    const { resourceVersion = '' } = stored.metadata
    // Where nothing is stored, nobody looks at it, and it stays.
    if (dryRun) return withVersion(store.newObject(definition, stored, identity), resourceVersion)
    charge()
    // What is no revision is none that is set.
    if (verb === 'create' && /^0*[1-9]\d*$/.test(resourceVersion))
      throw failure(500, undefined, 'resourceVersion should not be set on objects to be created')
    return store.create(definition, stored, identity).value
  }
  const commit = (final: KubeObject): KubeObject | Promise<KubeObject> => {
    definition.admitCreate?.(final, store)
    requirePodSecurity(definition, final, undefined, store, '')
    return stored(definition, final, undefined, put)
  }
  const identified = (object: KubeObject): KubeObject =>
    identity === undefined ? object : { ...object, metadata: { ...object.metadata, ...identity } }
  // Whatever webhooks make of it, a new object's status is the server's, and what the server adds is there.
  const known = (object: KubeObject): KubeObject => {
    const whole = completed(store, definition, withDefaults(definition, begun(signed(object)), true))
    const known = identified(allocated(store.named(definition, whole)))
    return definition.settle?.(known) ?? known
  }
  return once(own?.(ready) ?? ready, (said) => {
    const owned = completed(store, definition, said)
    if (admission !== undefined) {
      // Mutating webhooks see the status that it comes with.
      const { status } = withDefaults(definition, object, keepsNulls)
      const shown = status === undefined ? owned : { ...owned, status }
      return admitted(admission, store, definition, asOwnable(definition, shown), known, (final) =>
        valid?.(final, undefined, object),
      ).then(commit)
    }
    const whole = allocated(owned)
    check(store, definition, whole)
    valid?.(whole, undefined, object)
    return commit(identified(whole))
  })
}

const withVersion = (object: KubeObject, resourceVersion: string): KubeObject =>
  resourceVersion === '' ? object : { ...object, metadata: { ...object.metadata, resourceVersion } }

const newStatus = ({ status, bornWithStatus }: ResourceDefinition): boolean =>
  status === true && bornWithStatus !== true

/** Within this turn unless a webhook converts. */
function stored(
  definition: ResourceDefinition,
  object: KubeObject,
  live: KubeObject | undefined,
  put: (stored: KubeObject) => KubeObject,
): KubeObject | Promise<KubeObject> {
  const message = wireType(definition)
  return once(toStorage(definition, message === undefined ? object : fromStorage(message, object, live)), put)
}

/** What an update is looked at with. */
interface Update {
  readonly before: KubeObject
  /** As the client sent it. */
  readonly wanted: KubeObject
  readonly subresource: string
}

async function admitted(
  admission: Admission,
  store: ObjectStore,
  definition: ResourceDefinition,
  object: KubeObject,
  settle: (mutated: KubeObject) => KubeObject,
  valid: (final: KubeObject) => void,
  update?: Update,
): Promise<KubeObject> {
  const { kind } = definition
  const asked = { ...object, apiVersion: apiVersionOf(definition), kind }
  const mutated = inPlace((await admission.mutate(asked, update?.before)) as KubeObject, asked.metadata.namespace)
  // What webhooks make nothing of stays nothing.
  const final = settle(mutated === asked ? asked : withDefaults(definition, mutated, true))
  check(store, definition, final, update && { ...update, wanted: mutated === asked ? update.wanted : mutated })
  valid(final)
  await admission.validate(final, update?.before)
  // What a webhook adds and the kind doesn't have is seen by all webhooks, and is not stored.
  return mutated === asked || definition.custom !== true ? final : (definition.conform?.(final, () => {}) ?? final)
}

/** Source: k8s.io/apiserver/pkg/registry/rest/create.go, EnsureObjectNamespaceMatchesRequestNamespace. */
function inPlace(object: KubeObject, namespace = ''): KubeObject {
  const { namespace: said = '', ...metadata } = object.metadata
  if (said === namespace) return object
  if (said !== '' && namespace !== '')
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  return { ...object, metadata: namespace === '' ? metadata : { ...metadata, namespace } }
}

/**
 * Replaces what is stored by `wanted`, as far as the endpoint lets it. Returns what is stored afterwards. Where a
 * webhook converts, `before` has been converted ahead.
 */
export function updateObject(
  store: ObjectStore,
  definition: ResourceDefinition,
  before: Stored,
  wanted: KubeObject,
  subresource: string,
  { dryRun, own, keepsNulls, verb, admission, authorize, valid }: WriteOptions,
): KubeObject | Promise<KubeObject> {
  const live = inVersion(definition, before).value
  authorize?.(wanted, live)
  if (verb !== 'patch') checkUid(definition, live, wanted, dryRun)
  if (admission === undefined) checkVersion(definition, before, wanted)
  const part = definition.parts?.[subresource]
  const allowed = (object: KubeObject): KubeObject =>
    subresource === 'status'
      ? statusUpdate(live, object, definition)
      : (part?.(object, live) ?? specUpdate(live, object, definition))
  const update = { before: live, wanted, subresource }
  // All counts that is said, whatever becomes of it.
  const asked = withDefaults(definition, wanted, keepsNulls)
  const settle = (object: KubeObject): KubeObject => {
    const through = ownersOf(object)(allowed(object))
    const whole = definition.keeps?.(through, live, store, subresource, dryRun) ?? through
    // What an endpoint puts back may have defaults of its own: labels of a job that are its template's.
    const kept = definition.custom === true ? whole : withDefaults(definition, whole)
    return subresource === 'status' ? kept : withGeneration(live, kept, definition)
  }
  const put = (stored: KubeObject): KubeObject => {
    const charge = quotaCharge(store, definition, stored, update)
    if (dryRun) return stored
    charge()
    return store.update(definition, stored, before.revision).value
  }
  const commit = (final: KubeObject): KubeObject | Promise<KubeObject> => {
    definition.admitUpdate?.(final, live, store, subresource)
    requirePodSecurity(definition, final, live, store, subresource)
    return stored(definition, final, live, put)
  }
  return once(own?.(asked) ?? asked, (said) => {
    if (admission !== undefined) {
      // Mutating webhooks see what is asked for, and not what this endpoint makes of it, whatever becomes of it.
      const shown = asOwnable(definition, ownersOf(said)(definition.readmit?.(asked, live, subresource) ?? asked))
      const settled = (mutated: KubeObject): KubeObject => {
        checkVersion(definition, before, mutated)
        return settle(mutated)
      }
      const seen = (final: KubeObject): void => valid?.(final, live)
      return admitted(admission, store, definition, shown, settled, seen, update).then(commit)
    }
    const after = settle(said)
    check(store, definition, after, update)
    valid?.(after, live)
    return commit(after)
  })
}

/** What the server adds to a new object on its own account: nobody manages it. */
const completed = (store: ObjectStore, definition: ResourceDefinition, object: KubeObject): KubeObject =>
  definition.complete === undefined ? object : definition.complete(object, store)

const withDefaults = (definition: ResourceDefinition, object: KubeObject, keepsNulls = false): KubeObject =>
  definition.defaults === undefined ? object : definition.defaults(object, keepsNulls)

/** A new object's status is empty, whatever the client says: `{}` where the type prints that. */
function withNewStatus(definition: ResourceDefinition, object: KubeObject): KubeObject {
  const { status } = emptyObject(definition) as { status?: object }
  return status === undefined ? withoutStatus(object) : { ...object, status }
}

function check(store: ObjectStore, definition: ResourceDefinition, object: KubeObject, update?: Update): void {
  const looks =
    update === undefined
      ? newMetadataCauses(definition, object)
      : updatedMetadataCauses(definition, object, update.before, update.wanted, update.subresource)
  const metadata = looks.filter(isCause)
  const rest = (before?: KubeObject): readonly Required<StatusCause>[] =>
    definition.validate?.(object, before, update?.subresource ?? '', store, metadata) ?? []
  const causes = withRest(looks, rest(update?.before), rest)
  const all = causes.length > 0 || update !== undefined ? causes : lastMetadataCauses(definition, object)
  if (all.length > 0) throw invalid(definition.storage ?? definition, object.metadata.name ?? '', all)
}
