import { ageColumn, column } from '../columns.ts'
import { builtIn } from '../definition.ts'

/** Every kubelet renews one every few seconds and hardly anybody watches: a short history is enough. */
export const leases = builtIn({
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  kind: 'Lease',
  namespaced: true,
  historyMax: 8,
  columns: [column('Holder', 'string', '.spec.holderIdentity'), ageColumn],
})
