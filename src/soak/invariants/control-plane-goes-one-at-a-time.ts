import { fail, type Invariant } from './invariant.ts'

/**
 * A control plane that lives never has two machines being deleted at once.
 * Source: V9 of the audit, cluster-api kubeadm preflight.go and remediation.go.
 */
export const controlPlaneGoesOneAtATime: Invariant = {
  id: 'control-plane-goes-one-at-a-time',
  claim: 'no control plane loses two machines at once',
  failureClass: 'invariant',
  source: 'cluster-api controlplane/kubeadm/reconcilers/kubeadmcontrolplane/preflight.go',
  begin() {
    const findings: ReturnType<typeof fail>[] = []
    let checked = 0
    return {
      observe({ event, seq }, state) {
        if (event.type !== 'object.changed' || event.ref.kind !== 'Machine' || event.change === 'deleted') return
        const { facts, ref } = event
        if (facts['role'] !== 'control-plane') return
        if (event.change === 'added') checked++
        const before = state.get(ref)
        if (facts['deleting'] !== true || before?.facts['deleting'] === true) return
        const cluster = facts['cluster'] as string
        const ending = [
          ...state.ofCluster(cluster, 'Cluster'),
          ...state.ofCluster(cluster, 'KubeadmControlPlane'),
        ].some((owner) => owner.facts['deleting'] === true)
        if (ending || state.ofCluster(cluster, 'KubeadmControlPlane').length === 0) return
        const others = state
          .ofCluster(cluster, 'Machine')
          .filter(
            (other) =>
              other.ref.name !== ref.name &&
              other.facts['role'] === 'control-plane' &&
              other.facts['deleting'] === true,
          )
        for (const other of others)
          findings.push(
            fail(
              `CONCURRENT: ${cluster} deletes control-plane machine ${ref.name} while ${other.ref.name} is still being deleted`,
              seq,
            ),
          )
      },
      conclude: () => ({ findings, checked }),
    }
  },
}
