/**
 * An owner in another namespace is none: who names one is told so by an event, once for all its owners.
 * Source: k8s.io/kubernetes/pkg/controller/garbagecollector, addDependentToOwners.
 */
import { rfc3339 } from '../../base/clock.ts'
import { apiVersionOf, type OwnerReference } from '../../kube/object.ts'
import type { ResourceDefinition } from '../definition.ts'
import { ownedUpdate, ownWriter } from '../ownership.ts'
import { events } from '../resources/events.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'

const controller = 'garbage-collector-controller'

export function tellOfInvalidOwner(store: ObjectStore, definition: ResourceDefinition, object: KubeObject): void {
  const { ownerReferences = [], namespace } = object.metadata
  const reference = ownerReferences.find((owner) => isElsewhere(store, owner, namespace))
  if (reference === undefined) return
  const { apiVersion, kind, name, uid } = reference
  const owner = `[${apiVersion}/${kind}, namespace: ${namespace ?? ''}, name: ${name}, uid: ${uid}]`
  const message = `ownerRef ${owner} does not exist in namespace "${namespace ?? ''}"`
  const event = eventOf(definition, object, message, store.clock.wallMs())
  const writer = ownWriter(events, store.clock, 'kube-controller-manager', '')
  store.create(events, ownedUpdate(events, undefined, event, writer))
}

/** Only where the owner is known: one that is gone is nobody's mistake. */
function isElsewhere(
  store: ObjectStore,
  { apiVersion, kind, uid }: OwnerReference,
  namespace: string | undefined,
): boolean {
  const definition = store.registry.byKind(apiVersion, kind)
  if (definition?.namespaced !== true) return false
  const owner = store
    .collection(definition)
    .list()
    .find(({ value }) => value.metadata.uid === uid)
  return owner !== undefined && owner.value.metadata.namespace !== namespace
}

function eventOf(definition: ResourceDefinition, object: KubeObject, message: string, now: number): KubeObject {
  const { name, namespace, uid } = object.metadata
  const time = rfc3339(now)
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.${(BigInt(Math.round(now * 1_000)) * 1_000n).toString(16)}`,
      namespace: namespace ?? 'default',
    },
    involvedObject: {
      kind: definition.kind,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      uid,
      apiVersion: apiVersionOf(definition),
    },
    reason: 'OwnerRefInvalidNamespace',
    message,
    source: { component: controller },
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    type: 'Warning',
    eventTime: null,
    reportingComponent: controller,
    reportingInstance: '',
  }
}
