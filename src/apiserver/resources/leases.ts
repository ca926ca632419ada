import { ageColumn, column } from '../columns.ts'
import { builtIn, type KubeObject } from '../definition.ts'
import { invalidValue } from '../../kube/status.ts'

function uncoordinated({ spec, ...lease }: KubeObject): KubeObject {
  const { strategy: _, preferredHolder: __, ...kept } = (spec ?? {}) as Record<string, unknown>
  return { ...lease, spec: kept }
}

/** Every kubelet renews one every few seconds and hardly anybody watches: a short history is enough. */
export const leases = builtIn({
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  kind: 'Lease',
  namespaced: true,
  lockedUpdates: true,
  createdByUpdate: true,
  historyMax: 8,
  validate: ({ spec }) => {
    const { leaseDurationSeconds, leaseTransitions } = (spec ?? {}) as Record<string, number | undefined>
    return [
      ...(leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0
        ? [invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')]
        : []),
      ...(leaseTransitions !== undefined && leaseTransitions < 0
        ? [invalidValue('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0')]
        : []),
    ]
  },
  // Coordinated leader election is off.
  complete: uncoordinated,
  keeps: uncoordinated,
  documented: {
    Holder: 'coordination-v1.LeaseSpec.holderIdentity',
  },
  columns: [column('Holder', 'string', '.spec.holderIdentity'), ageColumn],
})
