import { fail, type Invariant } from './invariant.ts'

/**
 * When a control plane removes a machine, a majority of the members that are left is healthy.
 * Source: V10 of the audit, cluster-api remediation.go (canSafelyRemoveEtcdMember).
 */
export const controlPlaneKeepsQuorum: Invariant = {
  id: 'control-plane-keeps-quorum',
  claim: 'no removal leaves etcd without a healthy majority',
  failureClass: 'invariant',
  source: 'cluster-api controlplane/kubeadm/reconcilers/kubeadmcontrolplane/remediation.go',
  begin() {
    const findings: ReturnType<typeof fail>[] = []
    let checked = 0
    return {
      observe({ event, seq }, state) {
        if (event.type !== 'object.changed' || event.ref.kind !== 'Machine' || event.change === 'deleted') return
        const { facts, ref } = event
        if (facts['role'] !== 'control-plane') return
        if (event.change === 'added') checked++
        if (facts['deleting'] !== true || state.get(ref)?.facts['deleting'] === true) return
        const cluster = facts['cluster'] as string
        const controlPlane = state.ofCluster(cluster, 'KubeadmControlPlane')[0]
        const owner = state.ofCluster(cluster, 'Cluster')[0]
        if (
          controlPlane === undefined ||
          controlPlane.facts['deleting'] === true ||
          owner?.facts['deleting'] === true ||
          owner?.facts['initialized'] !== 'True'
        )
          return
        const left = state
          .ofCluster(cluster, 'Machine')
          .filter(
            (other) =>
              other.ref.name !== ref.name && other.facts['role'] === 'control-plane' && other.facts['node'] !== '',
          )
        const healthy = left.filter(
          (other) => other.facts['etcd'] === 'True' && other.facts['deleting'] !== true,
        ).length
        const quorum = Math.floor(left.length / 2) + 1
        if (healthy < quorum)
          findings.push(
            fail(
              `QUORUM_RISK: ${cluster} deletes ${ref.name}, which leaves ${healthy} healthy of ${left.length} members; ${quorum} are needed`,
              seq,
            ),
          )
      },
      conclude: () => ({ findings, checked }),
    }
  },
}
