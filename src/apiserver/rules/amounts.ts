/** Amounts by name of resource, as quotas, limit ranges and containers have them. Source: k8s.io/apiserver/pkg/quota/v1. */
import { addQuantities, compareQuantities } from '../../kube/quantity.ts'

/** Quantities by the name of what there is so much of: `{ cpu: '500m' }`. */
export type Amounts = Readonly<Record<string, string>>

export function sumOf(one: Amounts, other: Amounts): Amounts {
  const sum = { ...one }
  for (const [name, amount] of Object.entries(other)) {
    const own = sum[name]
    sum[name] = own === undefined ? amount : addQuantities(own, amount)
  }
  return sum
}

/** Of each the larger. */
export function largerOf(one: Amounts, other: Amounts): Amounts {
  const larger = { ...one }
  for (const [name, amount] of Object.entries(other)) {
    const own = larger[name]
    if (own === undefined || compareQuantities(amount, own) > 0) larger[name] = amount
  }
  return larger
}

export const only = (amounts: Amounts, keep: (name: string, amount: string) => boolean): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([name, amount]) => keep(name, amount)))
