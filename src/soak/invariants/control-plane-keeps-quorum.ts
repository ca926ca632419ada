import { checkControlPlaneRemovals } from '../control-plane-removal.ts'
import type { Invariant } from './invariant.ts'

/**
 * When a control plane removes a machine, a majority of the members that are left is healthy.
 * Source: V10 of the audit, cluster-api remediation.go (canSafelyRemoveEtcdMember).
 */
export const controlPlaneKeepsQuorum: Invariant = {
  id: 'control-plane-keeps-quorum',
  claim: 'no removal leaves etcd without a healthy majority',
  failureClass: 'invariant',
  source: 'cluster-api controlplane/kubeadm/reconcilers/kubeadmcontrolplane/remediation.go',
  begin: () =>
    checkControlPlaneRemovals(({ cluster, name, initialized, others }) => {
      if (!initialized) return []
      const left = others.filter(({ facts }) => facts['node'] !== '')
      const healthy = left.filter(({ facts }) => facts['etcd'] === 'True' && facts['deleting'] !== true).length
      const quorum = Math.floor(left.length / 2) + 1
      if (healthy >= quorum) return []
      return [
        `QUORUM_RISK: ${cluster} deletes ${name}, which leaves ${healthy} healthy of ${left.length} members; ${quorum} are needed`,
      ]
    }),
}
