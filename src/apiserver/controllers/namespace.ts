/**
 * Empties namespaces that are being deleted, pods before the rest, says what holds them, and lets them go.
 * Source: k8s.io/kubernetes/pkg/controller/namespace/deletion.
 */
import type { Clock } from '../../base/clock.ts'
import { rfc3339 } from '../../base/clock.ts'
import type { Collection } from '../collection.ts'
import { ownedUpdate, ownWriter } from '../ownership.ts'
import { namespaces } from '../resources/namespaces.ts'
import { pods } from '../resources/pods.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { deleteObject } from './deletion.ts'
import { namespaceConditions, type Content, type NamespaceCondition } from './namespace-conditions.ts'
import { onceEach } from './wake.ts'

/** `later` runs outside of the write that caused it. */
export function startNamespaceController(store: ObjectStore, clock: Clock, later: (run: () => void) => void): void {
  const terminating = (name: string): KubeObject | undefined => {
    const namespace = store.get(namespaces, name)?.value
    return namespace?.metadata.deletionTimestamp === undefined ? undefined : namespace
  }

  const empty = (name: string): void => {
    const namespace = terminating(name)
    if (namespace === undefined) return
    const waitsForPods = emptied(store, [store.collection(pods)], name).resources.size > 0
    const content = waitsForPods ? undefined : emptied(store, [...store.collections], name)
    const { value } = store.update(namespaces, withConditions(namespace, content, clock))
    if (content?.resources.size === 0) release(value)
  }

  const release = (namespace: KubeObject): void => {
    const { finalizers = [], ...spec } = (namespace.spec ?? {}) as { finalizers?: string[] }
    const rest = finalizers.filter((each) => each !== 'kubernetes')
    store.update(namespaces, { ...namespace, spec: rest.length === 0 ? spec : { ...spec, finalizers: rest } })
  }

  const wake = onceEach(later, empty)
  store.listen((definition, { type, stored: { value } }) => {
    const { name, namespace = '', deletionTimestamp } = value.metadata
    if (definition === namespaces) {
      if (deletionTimestamp !== undefined && type === 'MODIFIED') wake(name)
    } else if (type === 'DELETED' && definition.namespaced && terminating(namespace) !== undefined) wake(namespace)
  })
}

/** Deletes what is there; returns what stays, for finalizers or a grace period. */
function emptied(store: ObjectStore, collections: readonly Collection[], namespace: string): Content {
  const resources = new Map<string, number>()
  const finalizers = new Map<string, number>()
  const count = (counts: Map<string, number>, name: string): unknown => counts.set(name, (counts.get(name) ?? 0) + 1)
  for (const collection of collections) {
    const { definition } = collection
    if (!definition.namespaced) continue
    for (const { key, value } of collection.list(namespace)) {
      if (value.metadata.deletionTimestamp === undefined) deleteObject(store, definition, key)
      const left = store.get(definition, key)
      if (left === undefined) continue
      count(resources, `${definition.resource}.${definition.group}`)
      for (const finalizer of left.value.metadata.finalizers ?? []) count(finalizers, finalizer)
    }
  }
  return { resources, finalizers }
}

function withConditions(namespace: KubeObject, content: Content | undefined, clock: Clock): KubeObject {
  const { conditions = [], ...status } = (namespace.status ?? {}) as { conditions?: NamespaceCondition[] }
  const now = namespaceConditions(conditions, content, rfc3339(clock.wallMs()))
  const writer = ownWriter(namespaces, clock, 'kube-controller-manager')
  return ownedUpdate(namespaces, namespace, { ...namespace, status: { ...status, conditions: now } }, writer)
}
