import { fail, type Invariant } from './invariant.ts'

/** No two machines that live have the same providerID, and a machine's never changes. Source: INV-ID-1. */
export const providerIdsAreUnique: Invariant = {
  id: 'provider-ids-are-unique',
  claim: 'no two machines share a providerID, and none changes its own',
  failureClass: 'invariant',
  source: 'cluster-api contract: InfraMachine spec.providerID',
  begin() {
    const owners = new Map<string, string>()
    const findings: ReturnType<typeof fail>[] = []
    let checked = 0
    return {
      observe({ event, seq }, state) {
        if (event.type !== 'object.changed' || event.ref.kind !== 'Machine') return
        const { facts, ref } = event
        const providerID = facts['providerID'] as string
        if (providerID === '') return
        const id = `${facts['cluster'] as string} ${providerID}`
        if (event.change === 'deleted') {
          if (owners.get(id) === ref.uid) owners.delete(id)
          return
        }
        checked++
        const owner = owners.get(id)
        if (owner !== undefined && owner !== ref.uid)
          findings.push(fail(`two machines have providerID ${providerID}: ${ref.name} is the second`, seq))
        owners.set(id, ref.uid)
        const before = state.get(ref)?.facts['providerID'] as string | undefined
        if (before !== undefined && before !== '' && before !== providerID && state.get(ref)?.ref.uid === ref.uid)
          findings.push(fail(`${ref.name} changed its providerID from ${before} to ${providerID}`, seq))
      },
      conclude: () => ({ findings, checked }),
    }
  },
}
