/** Every invariant: the table of contents of this folder. */
import { controlPlaneGoesOneAtATime } from './control-plane-goes-one-at-a-time.ts'
import { controlPlaneKeepsQuorum } from './control-plane-keeps-quorum.ts'
import { deadMachineIsReplaced } from './dead-machine-is-replaced.ts'
import { drainLeavesNothing } from './drain-leaves-nothing.ts'
import { fleetConverges } from './fleet-converges.ts'
import { healthCheckLimitIsRespected } from './health-check-limit-is-respected.ts'
import { healthyMachineIsNeverRemediated } from './healthy-machine-is-never-remediated.ts'
import type { Invariant } from './invariant.ts'
import { ledgerBalances } from './ledger-balances.ts'
import { nothingIsOrphaned } from './nothing-is-orphaned.ts'
import { providerIdsAreUnique } from './provider-ids-are-unique.ts'

export const invariantCatalogue: readonly Invariant[] = [
  controlPlaneGoesOneAtATime,
  controlPlaneKeepsQuorum,
  deadMachineIsReplaced,
  drainLeavesNothing,
  fleetConverges,
  healthCheckLimitIsRespected,
  healthyMachineIsNeverRemediated,
  ledgerBalances,
  nothingIsOrphaned,
  providerIdsAreUnique,
]
