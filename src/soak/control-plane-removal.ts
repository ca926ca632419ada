/** What both control-plane invariants look at: a machine removed from a control plane that is there to stay. */
import type { FleetState, Observed } from './fleet-state.ts'
import { fail, type InvariantCheck } from './invariants/invariant.ts'

export interface ControlPlaneRemoval {
  readonly cluster: string
  /** The machine whose deletion begins. */
  readonly name: string
  readonly initialized: boolean
  /** The other control-plane machines, as they are at that moment. */
  readonly others: readonly Observed[]
}

/** Counts control-plane machines, and fails with every sentence that `risksOf` has to say of a removal. */
export function checkControlPlaneRemovals(
  risksOf: (removal: ControlPlaneRemoval) => readonly string[],
): InvariantCheck {
  const findings: ReturnType<typeof fail>[] = []
  let checked = 0
  return {
    observe({ event, seq }, state) {
      if (event.type !== 'object.changed' || event.ref.kind !== 'Machine' || event.change === 'deleted') return
      const { facts, ref } = event
      if (facts['role'] !== 'control-plane') return
      if (event.change === 'added') checked++
      if (facts['deleting'] !== true || state.get(ref)?.facts['deleting'] === true) return
      const removal = removalOf(state, facts['cluster'] as string, ref.name)
      if (removal !== undefined) for (const risk of risksOf(removal)) findings.push(fail(risk, seq))
    },
    conclude: () => ({ findings, checked }),
  }
}

/** Undefined when the whole cluster or its control plane is going: then nothing has to be kept. */
function removalOf(state: FleetState, cluster: string, name: string): ControlPlaneRemoval | undefined {
  const owners = state.ofCluster(cluster, 'Cluster')
  const controlPlanes = state.ofCluster(cluster, 'KubeadmControlPlane')
  if (controlPlanes.length === 0) return undefined
  if ([...owners, ...controlPlanes].some(({ facts }) => facts['deleting'] === true)) return undefined
  return {
    cluster,
    name,
    initialized: owners[0]?.facts['initialized'] === 'True',
    others: state
      .ofCluster(cluster, 'Machine')
      .filter(({ ref, facts }) => ref.name !== name && facts['role'] === 'control-plane'),
  }
}
