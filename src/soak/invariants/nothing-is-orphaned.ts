import { fail, firstOf, type Invariant } from './invariant.ts'

/**
 * At a checkpoint every virtual machine, infrastructure object, node and etcd member belongs to a Machine.
 * Source: INV-OWN-2 to 5; Cluster API machine deletion order.
 */
export const nothingIsOrphaned: Invariant = {
  id: 'nothing-is-orphaned',
  claim: 'no virtual machine, DevMachine, node or etcd member outlives its Machine',
  failureClass: 'invariant',
  source: 'cluster-api core/reconcilers/machine/machine_controller.go (deletion order)',
  begin() {
    const findings: ReturnType<typeof fail>[] = []
    let checked = 0
    return {
      observe({ event, seq }, state) {
        if (event.type !== 'ledger') return
        checked++
        const machines = new Set<string>()
        const providerIDs = new Set<string>()
        const controlPlanes = new Set<string>()
        for (const { ref, facts } of state.ofKind('Machine')) {
          const key = `${facts['cluster'] as string}/${ref.name}`
          machines.add(key)
          providerIDs.add(`${facts['cluster'] as string} ${facts['providerID'] as string}`)
          if (facts['role'] === 'control-plane') controlPlanes.add(key)
        }
        const infra = new Set(
          [...state.ofKind('DevMachine')].map(({ ref, facts }) => `${facts['cluster'] as string}/${ref.name}`),
        )
        const lost: string[] = []
        for (const key of infra) if (!machines.has(key)) lost.push(`DevMachine ${key}`)
        for (const machine of event.ledger.machines)
          if (!infra.has(`${machine.cluster}/${machine.name}`))
            lost.push(`virtual machine ${machine.cluster}/${machine.name}`)
        for (const { ref, facts } of state.ofKind('Node'))
          if (!providerIDs.has(`${ref.cluster} ${facts['providerID'] as string}`))
            lost.push(`node ${ref.cluster}/${ref.name}`)
        for (const member of event.ledger.etcdMembers)
          if (!controlPlanes.has(`${member.cluster}/${member.name}`))
            lost.push(`etcd member ${member.cluster}/${member.name}`)
        if (lost.length > 0) findings.push(fail(`ORPHANED: ${firstOf(lost)}`, seq))
      },
      conclude: () => ({ findings, checked }),
    }
  },
}
