import { checkControlPlaneRemovals } from '../control-plane-removal.ts'
import type { Invariant } from './invariant.ts'

/**
 * A control plane that lives never has two machines being deleted at once.
 * Source: V9 of the audit, cluster-api kubeadm preflight.go and remediation.go.
 */
export const controlPlaneGoesOneAtATime: Invariant = {
  id: 'control-plane-goes-one-at-a-time',
  claim: 'no control plane loses two machines at once',
  failureClass: 'invariant',
  source: 'cluster-api controlplane/kubeadm/reconcilers/kubeadmcontrolplane/preflight.go',
  begin: () =>
    checkControlPlaneRemovals(({ cluster, name, others }) =>
      others
        .filter(({ facts }) => facts['deleting'] === true)
        .map(
          ({ ref }) =>
            `CONCURRENT: ${cluster} deletes control-plane machine ${name} while ${ref.name} is still being deleted`,
        ),
    ),
}
