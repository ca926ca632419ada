/**
 * Custom resource definitions at work: what a definition names is served at once, its conditions say so, and its
 * deletion removes the instances first. Source: k8s.io/apiextensions-apiserver/pkg/controller/{status,establish,finalizer}.
 */
import type { Clock } from '../../base/clock.ts'
import { rfc3339 } from '../../base/clock.ts'
import { deepEqual } from '../../kube/object.ts'
import type { ResourceDefinition } from '../definition.ts'
import { customResourceDefinitions } from '../resources/customresourcedefinitions.ts'
import { withoutFinalizer } from '../rules/finalizers.ts'
import type { ObjectStore } from '../store.ts'
import { definitionsOf, type CustomResourceDefinition } from './definition-of.ts'

interface Served {
  readonly spec: object
  readonly definitions: readonly ResourceDefinition[]
}

/** `later` runs outside of the write that caused it. */
export function startCustomResources(store: ObjectStore, clock: Clock, later: (run: () => void) => void): void {
  const served = new Map<string, Served>()

  const serve = (crd: CustomResourceDefinition): void => {
    const { name } = crd.metadata
    const before = served.get(name)
    if (before !== undefined && deepEqual(before.spec, crd.spec)) return
    const definitions = definitionsOf(crd, clock)
    for (const old of before?.definitions ?? []) store.registry.remove(old)
    const [was, is] = [storageOf(before?.definitions), storageOf(definitions)]
    if (was !== undefined && is !== undefined) store.redefine(was, is)
    for (const definition of definitions) store.registry.add(definition)
    served.set(name, { spec: crd.spec, definitions })
  }

  const withdraw = (name: string): void => {
    for (const definition of served.get(name)?.definitions ?? []) store.registry.remove(definition)
    served.delete(name)
  }

  const establish = (name: string): void => {
    const stored = store.get(customResourceDefinitions, name)
    if (stored === undefined) return
    const crd = stored.value as CustomResourceDefinition
    if (crd.metadata.deletionTimestamp !== undefined) return finalize(name)
    const status = establishedStatus(crd, clock)
    if (!deepEqual(status, crd.status)) store.update(customResourceDefinitions, { ...crd, status })
  }

  const finalize = (name: string): void => {
    const stored = store.get(customResourceDefinitions, name)
    if (stored?.value.metadata.deletionTimestamp === undefined) return
    const storage = storageOf(served.get(name)?.definitions)
    let left = 0
    if (storage !== undefined) {
      for (const { key, value } of store.collection(storage).list()) {
        if (value.metadata.deletionTimestamp === undefined) store.delete(storage, key)
        if (store.get(storage, key) !== undefined) left++
      }
    }
    if (left > 0) return
    const finalizer = customResourceDefinitions.deletionFinalizer as string
    store.update(customResourceDefinitions, withoutFinalizer(stored.value, finalizer))
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

/** The definition that objects are stored under; where the stored version is not served, any other's. */
const storageOf = (definitions: readonly ResourceDefinition[] | undefined): ResourceDefinition | undefined =>
  definitions?.[0] === undefined ? undefined : (definitions[0].storage ?? definitions[0])

function establishedStatus(crd: CustomResourceDefinition, clock: Clock): object {
  const now = rfc3339(clock.wallMs())
  const old = crd.status?.conditions ?? []
  const condition = (type: string, reason: string, message: string): object => {
    const before = old.find((each) => each.type === type)
    const lastTransitionTime = before?.status === 'True' ? before.lastTransitionTime : now
    return { type, status: 'True', lastTransitionTime, reason, message }
  }
  const storage = crd.spec.versions.find((version) => version.storage)?.name as string
  const storedVersions = crd.status?.storedVersions ?? []
  return {
    conditions: [
      condition('NamesAccepted', 'NoConflicts', 'no conflicts found'),
      condition('Established', 'InitialNamesAccepted', 'the initial names have been accepted'),
    ],
    acceptedNames: crd.spec.names,
    storedVersions: storedVersions.includes(storage) ? storedVersions : [...storedVersions, storage],
  }
}
