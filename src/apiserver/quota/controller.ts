/**
 * Counts what resource quotas are about, when they change and when what they count does.
 * Source: k8s.io/kubernetes/pkg/controller/resourcequota.
 */
import type { Clock } from '../../base/clock.ts'
import { deepEqual } from '../../kube/object.ts'
import type { ResourceDefinition } from '../definition.ts'
import { ownedUpdate, ownWriter } from '../ownership.ts'
import { resourceQuotas } from '../resources/resourcequotas.ts'
import { only, sumOf, type Amounts } from '../rules/amounts.ts'
import type { ObjectStore } from '../store.ts'
import { isInScopes, type Quota } from './quota.ts'
import { usageOf } from './usage.ts'

/** `later` runs outside of the write that caused it. */
export function startQuotas(store: ObjectStore, clock: Clock, later: (run: () => void) => void): () => void {
  const due = new Set<string>()
  const flush = (): void => {
    const keys = [...due]
    due.clear()
    for (const key of keys) sync(store, clock, key)
  }
  const wake = (key: string): void => {
    if (due.size === 0) later(flush)
    due.add(key)
  }
  return store.listen((definition, { type, stored: { key, value } }) => {
    if (definition === resourceQuotas) {
      if (type !== 'DELETED') wake(key)
    } else if (definition.namespaced)
      for (const { metadata } of store.all(resourceQuotas))
        if (metadata.namespace === value.metadata.namespace) wake(`${metadata.namespace}/${metadata.name}`)
  })
}

function sync(store: ObjectStore, clock: Clock, key: string): void {
  const quota = store.get(resourceQuotas, key)?.value as Quota | undefined
  if (quota === undefined) return
  const hard = quota.spec?.hard ?? {}
  const status = { hard, used: usedOf(store, quota, hard) }
  if (deepEqual(status, quota.status)) return
  const writer = ownWriter(resourceQuotas, clock, 'kube-controller-manager')
  store.update(resourceQuotas, ownedUpdate(resourceQuotas, quota, { ...quota, status }, writer))
}

function usedOf(store: ObjectStore, quota: Quota, hard: Amounts): Amounts {
  let used: Amounts = {}
  for (const definition of store.registry.definitions) {
    const usage = isStored(definition) ? usageOf(definition) : undefined
    const names = usage === undefined ? [] : Object.keys(hard).filter(usage.counts)
    if (usage === undefined || names.length === 0) continue
    used = sumOf(used, Object.fromEntries(names.map((name) => [name, '0'])))
    for (const { value } of store.collection(definition).list(quota.metadata.namespace))
      if (isInScopes(quota, usage, value))
        used = sumOf(
          used,
          only(usage.of(value), (name) => names.includes(name)),
        )
  }
  return used
}

const isStored = ({ namespaced, storage, review, order }: ResourceDefinition): boolean =>
  namespaced && storage === undefined && review === undefined && order === undefined
