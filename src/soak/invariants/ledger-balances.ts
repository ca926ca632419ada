import { fail, type Invariant } from './invariant.ts'

/** At every checkpoint, listeners and ports are exactly those of the clusters that exist. Source: INV-LEAK-2, INV-ID-3. */
export const ledgerBalances: Invariant = {
  id: 'ledger-balances',
  claim: 'our own listeners and ports are those of the clusters that exist',
  failureClass: 'leak',
  source: 'capstorm: what a process opens for a cluster it closes with it',
  begin() {
    const findings: ReturnType<typeof fail>[] = []
    let checked = 0
    return {
      observe({ event, seq }) {
        if (event.type !== 'ledger') return
        checked++
        const { clusters, listeners } = event.ledger
        const known = new Set(clusters)
        const left = listeners.filter(({ cluster }) => !known.has(cluster))
        if (left.length > 0)
          findings.push(
            fail(
              `LEAK: ${left.length} listener${left.length === 1 ? '' : 's'} of clusters that are gone: ${left
                .slice(0, 3)
                .map(({ cluster, port }) => `${cluster} on port ${port}`)
                .join(', ')}`,
              seq,
            ),
          )
        const ports = new Map<number, string>()
        for (const { cluster, port } of listeners) {
          const other = ports.get(port)
          if (other !== undefined) findings.push(fail(`port ${port} serves ${other} and ${cluster}`, seq))
          ports.set(port, cluster)
        }
      },
      conclude: () => ({ findings, checked }),
    }
  },
}
