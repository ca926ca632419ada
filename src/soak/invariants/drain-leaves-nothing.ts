import { fail, firstOf, type Invariant } from './invariant.ts'

/**
 * When every cluster has been deleted, whatever belonged to one goes too, within the drain's time: what has no finalizer
 * of a controller goes by the garbage collector. Source: INV-OWN-1; Kubernetes garbage collection.
 */
export const drainLeavesNothing: Invariant = {
  id: 'drain-leaves-nothing',
  claim: 'once every cluster is deleted, no object of theirs is left',
  failureClass: 'leak',
  source: 'cluster-api core/reconcilers/cluster/cluster_controller.go (deletion); owner references of its objects',
  begin() {
    const findings: ReturnType<typeof fail>[] = []
    let checked = 0
    let draining = false
    return {
      observe({ event, seq }, state) {
        if (event.type === 'phase.entered') draining = event.phase === 'drain'
        if (event.type !== 'ledger' || !draining) return
        checked++
        if (state.size === 0) return
        const left = [...state.all()].map(
          ({ ref }) => `${ref.kind} ${ref.namespace === '' ? ref.cluster : ref.namespace}/${ref.name}`,
        )
        const advice = [...state.ofKind('Cluster')].length === 0 ? '; does a garbage collector run?' : ''
        findings.push(fail(`LEFT: ${firstOf(left)}${advice}`, seq))
      },
      conclude: () => ({ findings, checked }),
    }
  },
}
