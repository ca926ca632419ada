/**
 * The ResourceQuota admission plugin: refuses what would use up more than a quota of its namespace allows, and counts
 * what it lets through. A quota holds from when its status says what is used.
 * Source: k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go, CheckRequest.
 */
import { compareQuantities, subtractQuantities } from '../../kube/quantity.ts'
import { resourceId } from '../../kube/object.ts'
import { forbidden } from '../../kube/status.ts'
import type { ResourceDefinition } from '../definition.ts'
import { ownedUpdate, ownWriter } from '../ownership.ts'
import { resourceQuotas } from '../resources/resourcequotas.ts'
import { only, sumOf, type Amounts } from '../rules/amounts.ts'
import type { ObjectStore } from '../store.ts'
import type { KubeObject } from '../types.ts'
import { isInScopes, type Quota } from './quota.ts'
import { usageOf, type QuotaUsage } from './usage.ts'

/** What an update replaces, and through which endpoint. */
interface Update {
  readonly before: KubeObject
  readonly subresource: string
}

/**
 * Throws 403 where a quota does not allow the write. Returns what counts it, also where the store then refuses it:
 * nobody takes it back before somebody counts anew.
 */
export function quotaCharge(
  store: ObjectStore,
  definition: ResourceDefinition,
  object: KubeObject,
  update?: Update,
): () => void {
  const { namespace } = object.metadata
  const quotas = definition.namespaced
    ? (store.all(resourceQuotas).filter(({ metadata }) => metadata.namespace === namespace) as Quota[])
    : []
  const usage = quotas.length === 0 ? undefined : usageOf(definition)
  if (usage === undefined) return nothing
  if (update !== undefined && usage.changes?.(object, update.before, update.subresource) !== true) return nothing
  const refuse = (why: string): Error => {
    const { name } = object.metadata
    return forbidden({ ...definition, name }, `${resourceId(definition)} "${name}" is forbidden: ${why}`)
  }
  const charged = quotas
    .filter((quota) => isAbout(quota, usage, object, refuse))
    .flatMap((quota) => {
      const after = chargedQuota(quota, usage, object, update, refuse)
      return after === undefined ? [] : [[quota, after] as const]
    })
  return () => {
    const writer = ownWriter(resourceQuotas, store.clock)
    for (const [before, after] of charged)
      store.update(resourceQuotas, ownedUpdate(resourceQuotas, before, after, writer))
  }
}

const nothing = (): void => undefined

const namesOf = ({ status }: Quota, usage: QuotaUsage): string[] =>
  Object.keys(status?.hard ?? {})
    .filter(usage.counts)
    .sort()

/** Whether the quota counts the object, which has to say enough of itself then. */
function isAbout(quota: Quota, usage: QuotaUsage, object: KubeObject, refuse: (why: string) => Error): boolean {
  const names = namesOf(quota, usage)
  if (names.length === 0 || !isInScopes(quota, usage, object)) return false
  const { name } = quota.metadata
  const lacking = usage.lacks?.(names, object)
  if (lacking !== undefined) throw refuse(`failed quota: ${name}: ${lacking}`)
  if (names.some((each) => quota.status?.used?.[each] === undefined))
    throw refuse(`status unknown for quota: ${name}, resources: ${names.join(',')}`)
  return true
}

/** The quota as it is with the object; undefined where that makes no difference. */
function chargedQuota(
  quota: Quota,
  usage: QuotaUsage,
  object: KubeObject,
  update: Update | undefined,
  refuse: (why: string) => Error,
): Quota | undefined {
  const { hard = {}, used = {} } = quota.status ?? {}
  const names = namesOf(quota, usage)
  const before = update !== undefined && isInScopes(quota, usage, update.before) ? usage.of(update.before) : {}
  const requested = only(added(usage.of(object), before), (each) => names.includes(each))
  if (Object.keys(requested).length === 0) return undefined
  const total = sumOf(used, requested)
  const exceeded = (each: string): boolean =>
    each in requested && compareQuantities(total[each] as string, hard[each] as string) > 0
  if (update?.subresource !== 'status' && names.some(exceeded)) {
    const text = (amounts: Amounts): string =>
      names
        .filter(exceeded)
        .map((each) => `${each}=${amounts[each]}`)
        .join(',')
    throw refuse(
      `exceeded quota: ${quota.metadata.name}, requested: ${text(requested)}, used: ${text(used)}, limited: ${text(hard)}`,
    )
  }
  return { ...quota, status: { ...quota.status, used: total } }
}

/** What is more than before; less counts when somebody counts anew. */
function added(now: Amounts, before: Amounts): Amounts {
  const more = Object.entries(now).map(([name, amount]) => [name, subtractQuantities(amount, before[name] ?? '0')])
  return only(Object.fromEntries(more) as Amounts, (_name, amount) => compareQuantities(amount, '0') > 0)
}
