/**
 * Custom resource definitions at work: what a definition names is served at once, its conditions say so, and its
 * deletion removes the instances first. Source: k8s.io/apiextensions-apiserver/pkg/controller/{status,establish,finalizer}.
 */
import type { Clock } from '../../base/clock.ts'
import type { Random } from '../../base/random.ts'
import { rfc3339 } from '../../base/clock.ts'
import { deepEqual } from '../../kube/object.ts'
import type { Collection } from '../collection.ts'
import { customResourceDefinitions } from '../resources/customresourcedefinitions.ts'
import { withoutFinalizer } from '../rules/finalizers.ts'
import type { ObjectStore } from '../store.ts'
import { ownedUpdate, ownWriter } from '../ownership.ts'
import type { KubeObject } from '../types.ts'
import { definitionsOf, type CustomResourceDefinition, type Definitions } from './definition-of.ts'
import { acceptanceOf, type Acceptance } from './names.ts'
import { withTermination } from './termination.ts'

interface Served {
  readonly group: string
  readonly spec: object
  readonly acceptance: Acceptance
  /** None where others have its names. */
  readonly definitions: Definitions | undefined
}

/** `later` runs outside of the write that caused it; who watches objects of a definition that changes is to start anew. */
export function startCustomResources(
  store: ObjectStore,
  clock: Clock,
  random: Random,
  later: (run: () => void) => void,
  endWatches: (collection: Collection) => void,
): void {
  const served = new Map<string, Served>()

  const serve = (crd: CustomResourceDefinition): void => {
    const { name } = crd.metadata
    const { group, names: wanted } = crd.spec
    const before = served.get(name)
    const others = [...served].filter(([other, each]) => other !== name && each.group === group)
    const accepted = acceptanceOf(
      wanted,
      before?.acceptance.names ?? {},
      others.map(([, each]) => each.acceptance.names),
    )
    if (before !== undefined && deepEqual(before.spec, crd.spec) && deepEqual(before.acceptance, accepted)) return
    // Once established it stays, under the names that it has.
    const established = accepted.reason === 'NoConflicts' || before?.definitions !== undefined
    const named = { ...crd, spec: { ...crd.spec, names: { ...wanted, ...accepted.names } } }
    const definitions = established ? definitionsOf(named, clock, random) : undefined
    retire(before)
    if (before?.definitions !== undefined && definitions !== undefined)
      store.redefine(before.definitions.storage, definitions.storage)
    for (const definition of definitions?.served ?? []) store.registry.add(definition)
    if (definitions !== undefined) store.collection(definitions.storage) // what is stored finds its place, served or not
    served.set(name, { group, spec: crd.spec, acceptance: accepted, definitions })
    if (before !== undefined && !deepEqual(before.acceptance.names, accepted.names)) serveWaiting(group)
  }

  const retire = (before: Served | undefined): void => {
    if (before?.definitions === undefined) return
    for (const old of before.definitions.served) store.registry.remove(old)
    endWatches(store.collection(before.definitions.storage))
  }

  const withdraw = (name: string): void => {
    const gone = served.get(name)
    retire(gone)
    served.delete(name)
    if (gone !== undefined) serveWaiting(gone.group)
  }

  /** Names have become free for those that have been waiting for them. */
  const serveWaiting = (group: string): void => {
    for (const [waiting, { group: other, acceptance }] of [...served]) {
      const stored = store.get(customResourceDefinitions, waiting)
      if (other !== group || acceptance.reason === 'NoConflicts' || stored === undefined) continue
      serve(stored.value as CustomResourceDefinition)
      later(() => establish(waiting))
    }
  }

  const establish = (name: string): void => {
    const stored = store.get(customResourceDefinitions, name)
    if (stored === undefined) return
    const crd = stored.value as CustomResourceDefinition
    if (crd.metadata.deletionTimestamp !== undefined) return finalize(name)
    const known = served.get(name)
    if (known === undefined) return
    const status = statusOf(crd, known, clock)
    if (deepEqual(status, crd.status)) return
    store.update(customResourceDefinitions, owned(crd, { ...crd, status }, clock))
  }

  const stage = (crd: KubeObject, reason: Parameters<typeof withTermination>[1]): KubeObject =>
    owned(crd, withTermination(crd as CustomResourceDefinition, reason), clock)

  const finalize = (name: string): void => {
    const stored = store.get(customResourceDefinitions, name)
    if (stored?.value.metadata.deletionTimestamp === undefined) return
    const { value: crd } = store.update(customResourceDefinitions, stage(stored.value, 'InstanceDeletionInProgress'))
    const storage = served.get(name)?.definitions?.storage
    let left = 0
    if (storage !== undefined) {
      for (const { key, value } of store.collection(storage).list()) {
        if (value.metadata.deletionTimestamp === undefined) store.delete(storage, key)
        if (store.get(storage, key) !== undefined) left++
      }
    }
    if (left > 0) return
    const finalizer = customResourceDefinitions.deletionFinalizer as string
    store.update(customResourceDefinitions, withoutFinalizer(stage(crd, 'InstanceDeletionCompleted'), finalizer))
  }

  store.listen((definition, change) => {
    const { value } = change.stored
    if (definition === customResourceDefinitions) {
      if (change.type === 'DELETED') return withdraw(value.metadata.name)
      serve(value as CustomResourceDefinition)
      later(() => establish(value.metadata.name))
    } else if (definition.custom === true && change.type === 'DELETED') {
      const name = `${definition.resource}.${definition.group}`
      if (store.get(customResourceDefinitions, name)?.value.metadata.deletionTimestamp !== undefined)
        later(() => finalize(name))
    }
  })
}

/** The server says so itself. */
const owned = (before: KubeObject, after: KubeObject, clock: Clock): KubeObject =>
  ownedUpdate(customResourceDefinitions, before, after, ownWriter(customResourceDefinitions, clock))

function statusOf(crd: CustomResourceDefinition, { acceptance, definitions }: Served, clock: Clock): object {
  const now = rfc3339(clock.wallMs())
  const old = crd.status?.conditions ?? []
  const condition = (type: string, holds: boolean, reason: string, message: string): object => {
    const status = holds ? 'True' : 'False'
    const before = old.find((each) => each.type === type)
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : now
    return { type, status, lastTransitionTime, reason, message }
  }
  const storage = crd.spec.versions.find((version) => version.storage)?.name as string
  const storedVersions = crd.status?.storedVersions ?? []
  const { reason, message, names } = acceptance
  return {
    conditions: [
      condition('NamesAccepted', reason === 'NoConflicts', reason, message),
      definitions !== undefined
        ? condition('Established', true, 'InitialNamesAccepted', 'the initial names have been accepted')
        : condition('Established', false, 'NotAccepted', 'not all names are accepted'),
    ],
    acceptedNames: { plural: '', kind: '', ...names },
    storedVersions: storedVersions.includes(storage) ? storedVersions : [...storedVersions, storage],
  }
}
