/**
 * Counts what resource quotas are about, when they change and when what they count does.
 * Source: k8s.io/kubernetes/pkg/controller/resourcequota.
 */
import type { Clock } from '../../base/clock.ts'
import { keepStatus } from '../controllers/status-keeper.ts'
import { hasObjects, type ResourceDefinition } from '../definition.ts'
import { resourceQuotas } from '../resources/resourcequotas.ts'
import { only, sumOf, type Amounts } from '../rules/amounts.ts'
import type { ObjectStore } from '../store.ts'
import { isInScopes, type Quota } from './quota.ts'
import { usageOf } from './usage.ts'

/** `later` runs outside of the write that caused it. */
export const startQuotas = (store: ObjectStore, clock: Clock, later: (run: () => void) => void): (() => void) =>
  keepStatus(store, clock, later, {
    definition: resourceQuotas,
    counts: ({ namespaced }) => namespaced,
    statusOf: (quota) => statusOf(store, quota as Quota),
  })

function statusOf(store: ObjectStore, quota: Quota): NonNullable<Quota['status']> {
  const hard = quota.spec?.hard ?? {}
  return { hard, used: usedOf(store, quota, hard) }
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

const isStored = (definition: ResourceDefinition): boolean =>
  definition.namespaced && definition.storage === undefined && hasObjects(definition)
