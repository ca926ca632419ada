import { fail, type Invariant } from './invariant.ts'

/** After every faults phase, with everything healed, the whole fleet comes to rest in time. Source: TigerBeetle's liveness mode. */
export const fleetConverges: Invariant = {
  id: 'fleet-converges',
  claim: 'once healed, the fleet converges in time and stays so',
  failureClass: 'recovery',
  source: 'capstorm: quiet phase of the profile',
  begin() {
    const findings: ReturnType<typeof fail>[] = []
    let checked = 0
    return {
      observe({ event, seq }) {
        if (event.type !== 'checkpoint') return
        checked++
        if (!event.converged)
          findings.push(fail(`cycle ${event.cycle}: not converged: ${event.waiting.slice(0, 3).join('; ')}`, seq))
      },
      conclude: () => ({ findings, checked }),
    }
  },
}
