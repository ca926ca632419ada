/** What claims use up of a quota. Source: k8s.io/kubernetes/pkg/quota/v1/evaluator/core/persistent_volume_claims.go. */
import { compareQuantities, wholeQuantity } from '../../kube/quantity.ts'
import type { Amounts } from '../rules/amounts.ts'
import type { KubeObject } from '../types.ts'
import { meets } from './scope.ts'
import type { QuotaUsage } from './usage.ts'

interface Claim {
  readonly spec: {
    readonly storageClassName?: string
    readonly volumeAttributesClassName?: string
    readonly resources?: { readonly requests?: Amounts }
  }
  readonly status?: { readonly allocatedResources?: Amounts; readonly currentVolumeAttributesClassName?: string }
}

const counted = ['persistentvolumeclaims', 'requests.storage']
/** What a quota puts between a storage class and what it counts of it. */
const ofClass = '.storageclass.storage.k8s.io/'

const specOf = (claim: KubeObject): Claim['spec'] => (claim as unknown as Claim).spec
const statusOf = (claim: KubeObject): NonNullable<Claim['status']> => (claim as unknown as Claim).status ?? {}

/** In whole bytes. */
function storageOf(claim: KubeObject): string | undefined {
  const wanted = specOf(claim).resources?.requests?.['storage']
  const allocated = statusOf(claim).allocatedResources?.['storage']
  const larger =
    wanted !== undefined && allocated !== undefined && compareQuantities(allocated, wanted) > 0 ? allocated : wanted
  return larger === undefined ? undefined : wholeQuantity(larger)
}

export const claimQuota: QuotaUsage = {
  counts: (name) => counted.some((each) => name === each || name.endsWith(ofClass + each)),
  of: (claim) => {
    const { storageClassName = '' } = specOf(claim)
    const storage = storageOf(claim)
    const used: Amounts = {
      persistentvolumeclaims: '1',
      ...(storage === undefined ? {} : { 'requests.storage': storage }),
    }
    const ofItsClass = Object.entries(used).map(([name, amount]) => [storageClassName + ofClass + name, amount])
    return storageClassName === '' ? used : { ...used, ...(Object.fromEntries(ofItsClass) as Amounts) }
  },
  changes: (claim, before, subresource) =>
    subresource === '' || (subresource === 'status' && storageOf(claim) !== storageOf(before)),
  inScope: (requirement, claim) => {
    const names = [specOf(claim).volumeAttributesClassName, statusOf(claim).currentVolumeAttributesClassName]
    const known = names.filter((name) => name !== undefined && name !== '')
    return (
      requirement.scopeName === 'VolumeAttributesClass' &&
      (known.length === 0 ? [undefined] : known).some((name) => meets(requirement, name))
    )
  },
}
